using System.Buffers.Binary;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>A packet of the script with the bytes it stands for, in the script's numbers.</summary>
/// <param name="Spec">What is written, which says what is compared.</param>
/// <param name="Image">Its fields; ports 0 where the connection's are meant.</param>
internal sealed record ScriptPacket(PacketSpec Spec, PacketImage Image)
{
    /// <summary>What real ones of it are made with; nothing is compared with it.</summary>
    private const byte DefaultTtl = 255;

    /// <summary>The TCP line; null for UDP and ICMP.</summary>
    public TcpSpec? Tcp => Spec.Transport as TcpSpec;

    /// <summary>False for <c>&lt;...&gt;</c>.</summary>
    public bool ChecksOptions => Tcp?.Options is not null;

    /// <summary>The key of <c>md5 "key"</c>; null without one.</summary>
    public byte[]? SignatureKey => Tcp?.Options?.OfType<Md5Option>().FirstOrDefault(option => option.Key is not null)?.Key!.ToBytes();

    /// <summary>True where the script writes <c>win</c>.</summary>
    public bool ChecksWindow => Tcp?.Window is not null;

    /// <summary>True where the three ECN flags are written as AccECN's counter. A counter of zero is written as no flag at all.</summary>
    public bool ChecksAce => Tcp?.Flags.Ace is > 0;

    /// <summary>Makes the fields.</summary>
    /// <param name="spec">The line.</param>
    /// <param name="isV6">Which IP the machine's packets have.</param>
    /// <param name="refusal">Why it cannot be made.</param>
    /// <returns>Null where it cannot.</returns>
    public static ScriptPacket? Make(PacketSpec spec, bool isV6, out PacketRefusal? refusal)
    {
        refusal = Refuse(spec, isV6);
        if (refusal is not null)
        {
            return null;
        }

        var image = new PacketImage
        {
            IsV6 = isV6,
            IpHeaderLength = isV6 ? Ipv6View.HeaderLength : Ipv4View.MinHeaderLength,
            TrafficClass = spec.Ip.TypeOfService ?? EcnBits(spec.Ip.Ecn),
            Ttl = spec.Ip.Ttl ?? DefaultTtl,
            FlowLabel = spec.Ip.FlowLabel ?? 0,
        };
        switch (spec.Transport)
        {
            case TcpSpec tcp:
                Fill(image, tcp);
                break;
            case UdpSpec udp:
                image.Protocol = IpProtocol.Udp;
                (image.SourcePort, image.DestinationPort) = (udp.Ports?.Source ?? 0, udp.Ports?.Destination ?? 0);
                image.Payload = new byte[udp.Length];
                image.UdpLength = UdpView.HeaderLength + udp.Length;
                break;
            case IcmpSpec icmp:
                refusal = IcmpBuilder.Fill(image, icmp);
                break;
        }

        return refusal is null ? new ScriptPacket(spec, image) : null;
    }

    /// <summary>The line as the script writes it, from the brackets or flags on.</summary>
    public string Text() => Brackets(Image) + PacketNotation.Of(Image, ChecksWindow, ChecksOptions, ChecksAce);

    /// <summary>A live packet, in the script's numbers, with as much as the script says of its own.</summary>
    public string TextOf(PacketImage actual) =>
        Brackets(actual) + PacketNotation.Of(actual, ChecksWindow, ChecksOptions, ChecksAce && actual.IsTcp);

    private string Brackets(PacketImage packet)
    {
        IpSpec ip = Spec.Ip;
        List<string> parts = [];
        if (ip.TypeOfService is not null)
        {
            parts.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"tos 0x{packet.TrafficClass:x2}"));
        }
        else if (ip.Ecn != EcnCheck.Unspecified)
        {
            parts.Add(ip.Ecn == EcnCheck.Ect01 && packet == Image ? "ect01" : EcnName(packet.TrafficClass));
        }

        if (ip.FlowLabel is not null)
        {
            parts.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"flowlabel 0x{packet.FlowLabel:x}"));
        }

        if (ip.Ttl is not null)
        {
            parts.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ttl {packet.Ttl}"));
        }

        return parts.Count == 0 ? "" : $"[{string.Join(", ", parts)}] ";
    }

    /// <summary>The ECN field's name in scripts.</summary>
    public static string EcnName(byte trafficClass) => (trafficClass & 3) switch
    {
        0 => "noecn",
        1 => "ect1",
        2 => "ect0",
        _ => "ce",
    };

    private static byte EcnBits(EcnCheck check) => check switch
    {
        EcnCheck.Ect0 => 2,
        EcnCheck.Ect1 => 1,
        EcnCheck.Ce => 3,
        _ => 0,
    };

    private static PacketRefusal? Refuse(PacketSpec spec, bool isV6)
    {
        if (spec.Encapsulations.Count > 0)
        {
            return PacketRefusal.Unsupported(spec.Encapsulations[0].Position, $"{spec.Encapsulations[0].Name} encapsulation");
        }

        if (spec.Psp is { } psp)
        {
            return PacketRefusal.Unsupported(psp.Position, "psp encapsulation");
        }

        if (spec.Ip.FlowLabel is > 0 && !isV6)
        {
            return PacketRefusal.Wrong(spec.Ip.Position, "a flow label, but packets are IPv4: flow labels are IPv6's");
        }

        if (spec.Transport is TcpSpec { Options: { } options })
        {
            if (options.OfType<ForeignOption>().FirstOrDefault() is { } foreign)
            {
                return PacketRefusal.Unsupported(foreign.Position, $"TCP option {foreign.Name}");
            }

            int length = options.Sum(o => o.WireLength ?? 0);
            if (length % 4 != 0 || length > 40)
            {
                return PacketRefusal.Wrong(
                    spec.Transport.Position,
                    $"TCP options of {length} bytes: a header's are a multiple of 4, at most 40; fill up with nop or eol");
            }
        }

        return null;
    }

    private static void Fill(PacketImage image, TcpSpec tcp)
    {
        image.Protocol = IpProtocol.Tcp;
        (image.SourcePort, image.DestinationPort) = (tcp.Ports?.Source ?? 0, tcp.Ports?.Destination ?? 0);
        image.Sequence = tcp.Sequence.Start;
        image.Acknowledgment = tcp.Ack ?? 0;
        image.Flags = tcp.Flags.Flags;
        image.Window = tcp.Window ?? 0;
        image.UrgentPointer = tcp.UrgentPointer ?? 0;
        image.Payload = new byte[tcp.Sequence.Length];
        image.Options = tcp.Options is { } options ? Bytes(options) : [];
    }

    private static byte[] Bytes(IReadOnlyList<TcpOptionSpec> options)
    {
        List<byte> bytes = [];
        foreach (TcpOptionSpec option in options)
        {
            switch (option)
            {
                case NopOption:
                    bytes.Add((byte)TcpOptionKind.NoOperation);
                    break;
                case EndOfListOption:
                    bytes.Add((byte)TcpOptionKind.EndOfList);
                    break;
                default:
                    byte[] data = Data(option, out TcpOptionKind kind);
                    bytes.AddRange([(byte)kind, (byte)(data.Length + 2), .. data]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Data(TcpOptionSpec option, out TcpOptionKind kind)
    {
        switch (option)
        {
            case MssOption mss:
                kind = TcpOptionKind.MaximumSegmentSize;
                return [(byte)(mss.Value >> 8), (byte)mss.Value];
            case WindowScaleOption scale:
                kind = TcpOptionKind.WindowScale;
                return [scale.Shift];
            case SackPermittedOption:
                kind = TcpOptionKind.SackPermitted;
                return [];
            case TimestampOption timestamp:
                kind = TcpOptionKind.Timestamps;
                return Words(timestamp.Value, timestamp.EchoReply);
            case SackOption sack:
                kind = TcpOptionKind.Sack;
                return Words([.. sack.Blocks.SelectMany(b => (uint[])[b.Left, b.Right])]);
            case Md5Option md5:
                kind = TcpOptionKind.Md5Signature;
                return md5.Key is null ? Convert.FromHexString(md5.Digest) : new byte[16];
            case FastOpenOption { IsExperimental: true } experimental:
                kind = TcpOptionKind.Experimental;
                return [PacketNotation.FastOpenExperimentId >> 8, PacketNotation.FastOpenExperimentId & 0xFF, .. Convert.FromHexString(experimental.Cookie)];
            case FastOpenOption fastOpen:
                kind = TcpOptionKind.FastOpen;
                return Convert.FromHexString(fastOpen.Cookie);
            case AccurateEcnOption ecn:
                kind = (TcpOptionKind)(ecn.BeginsWithEct1 ? 174 : 172);
                return [.. ecn.Counters.SelectMany(n => (byte[])[(byte)(n >> 16), (byte)(n >> 8), (byte)n])];
            default:
                throw new InvalidOperationException($"{option.GetType().Name} has no bytes.");
        }
    }

    private static byte[] Words(params uint[] words)
    {
        byte[] bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * 4), words[i]);
        }

        return bytes;
    }
}
