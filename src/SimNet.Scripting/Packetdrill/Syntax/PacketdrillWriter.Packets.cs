namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Packets.</summary>
internal sealed partial class PacketdrillWriter
{
    private static readonly (TcpFlags Flag, char Letter)[] FlagLetters =
    [
        (TcpFlags.Syn, 'S'), (TcpFlags.Fin, 'F'), (TcpFlags.Rst, 'R'), (TcpFlags.Psh, 'P'), (TcpFlags.Urg, 'U'),
        (TcpFlags.Ece, 'E'), (TcpFlags.Cwr, 'W'), (TcpFlags.Ae, 'A'),
    ];

    private void WritePacket(PacketSpec packet)
    {
        _text.Append(packet.Direction == PacketDirection.Inbound ? "< " : "> ");
        foreach (EncapsulationLayer layer in packet.Encapsulations)
        {
            WriteLayer(layer);
            _text.Append(": ");
        }

        WriteIp(packet.Ip);
        if (packet.Psp is { } psp)
        {
            _text.Append("encap psp ");
            WritePsp(psp);
            _text.Append(' ');
        }

        switch (packet.Transport)
        {
            case TcpSpec tcp:
                WriteTcp(tcp);
                break;
            case UdpSpec udp:
                _text.Append("udp ");
                WritePorts(udp.Ports);
                _text.Append('(').Append(udp.Length).Append(')');
                break;
            case IcmpSpec icmp:
                WriteIcmp(icmp);
                break;
        }
    }

    private void WriteLayer(EncapsulationLayer layer)
    {
        _text.Append(layer.Name);
        switch (layer)
        {
            case IpLayer ip:
                _text.Append(' ');
                WriteIp(ip.Ip);
                _text.Append(VersionedText(ip.Source, ip.IsV6)).Append(" > ").Append(VersionedText(ip.Destination, ip.IsV6));
                break;
            case GreLayer { Header: { } header }:
                _text.Append(' ');
                WriteGre(header);
                break;
            case MplsLayer mpls:
                _text.Append(mpls.Entries.Count > 0 ? " " : "");
                WriteMpls(mpls.Entries);
                break;
            case PspLayer psp:
                _text.Append(' ');
                WritePsp(psp.Header);
                break;
        }
    }

    private void WriteIp(IpSpec ip)
    {
        if (ip.IsEmpty)
        {
            return;
        }

        List<string> facts = [];
        if (ip.Ecn != EcnCheck.Unspecified)
        {
            facts.Add(ip.Ecn.ToString().ToLowerInvariant());
        }

        if (ip.TypeOfService is { } typeOfService)
        {
            facts.Add($"tos 0x{typeOfService:x2}");
        }

        if (ip.FlowLabel is { } flowLabel)
        {
            facts.Add($"flowlabel 0x{flowLabel:x}");
        }

        if (ip.Ttl is { } ttl)
        {
            facts.Add($"ttl {ttl}");
        }

        _text.Append('[').AppendJoin(", ", facts).Append("] ");
    }

    private void WriteGre(GreHeader header)
    {
        const ushort known = GreHeader.ChecksumPresent | GreHeader.KeyPresent | GreHeader.SequencePresent;
        List<string> names = [];
        if ((header.Flags & GreHeader.ChecksumPresent) != 0)
        {
            names.Add("checksum present");
        }

        if ((header.Flags & GreHeader.KeyPresent) != 0)
        {
            names.Add("key present");
        }

        if ((header.Flags & GreHeader.SequencePresent) != 0)
        {
            names.Add("sequence# present");
        }

        string flags = (header.Flags & ~known) != 0 ? $"0x{header.Flags:x}" : names.Count > 0 ? $"[{string.Join(", ", names)}]" : "[none]";
        _text.Append($"flags {flags}, sum 0x{header.Checksum:x}, off 0x{header.Offset:x}, key=0x{header.Key:x}, seq {header.Sequence}");
    }

    private void WriteMpls(IReadOnlyList<MplsEntry> entries) => _text.AppendJoin(
        ' ', entries.Select(e => $"(label {e.Label}, tc {e.TrafficClass}, {(e.IsBottom ? "[S], " : "")}ttl {e.Ttl})"));

    private void WritePsp(PspHeader psp)
    {
        _text.Append($"spi 0x{psp.Spi:x}");
        if (psp.VirtualCookie is { } cookie)
        {
            _text.Append($", vc 0x{cookie:x}");
        }
    }

    private void WritePorts(PortPair? ports)
    {
        if (ports is not null)
        {
            _text.Append($"{ports.Source} > {ports.Destination} ");
        }
    }

    private void WriteSequence(SequenceSpec sequence) => _text.Append($"{sequence.Start}:{sequence.End}({sequence.Length})");

    private void WriteTcp(TcpSpec tcp)
    {
        WritePorts(tcp.Ports);
        WriteFlags(tcp.Flags);
        _text.Append(' ');
        WriteSequence(tcp.Sequence);
        WriteField("ack", tcp.Ack);
        WriteField("win", tcp.Window);
        WriteField("urg", tcp.UrgentPointer);
        if (tcp.Options is null)
        {
            _text.Append(" <...>");
        }
        else if (tcp.Options.Count > 0)
        {
            _text.Append(" <").AppendJoin(',', tcp.Options.Select(OptionText)).Append('>');
        }
    }

    private void WriteField(string name, uint? value)
    {
        if (value is not null)
        {
            _text.Append(' ').Append(name).Append(' ').Append(value);
        }
    }

    private void WriteFlags(TcpFlagsSpec spec)
    {
        const TcpFlags counter = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;
        if (spec.Flags == TcpFlags.None && spec.Ace is null)
        {
            _text.Append('-');
            return;
        }

        TcpFlags letters = spec.Ace is null ? spec.Flags : spec.Flags & ~counter;
        foreach ((TcpFlags flag, char letter) in FlagLetters)
        {
            if ((letters & flag) != 0)
            {
                _text.Append(letter);
            }
        }

        if ((letters & TcpFlags.Ack) != 0)
        {
            _text.Append('.');
        }

        _text.Append(spec.Ace);
    }

    private static string OptionText(TcpOptionSpec option) => option switch
    {
        NopOption => "nop",
        EndOfListOption => "eol",
        MssOption mss => $"mss {mss.Value}",
        WindowScaleOption scale => $"wscale {scale.Shift}",
        SackPermittedOption => "sackOK",
        SackOption sack => "sack " + string.Join(' ', sack.Blocks.Select(b => $"{b.Left}:{b.Right}")),
        TimestampOption timestamp => $"TS val {timestamp.Value} ecr {timestamp.EchoReply}",
        Md5Option { Key: { } key } => "md5 " + Quoted(key),
        Md5Option md5 => "md5 " + md5.Digest,
        FastOpenOption fastOpen => $"{(fastOpen.IsExperimental ? "FOEXP" : "FO")} {fastOpen.Cookie}".TrimEnd(),
        AccurateEcnOption ecn => "ECN" + string.Concat(ecn.Counters.Select((value, i) => $" {CounterName(ecn, i)} {value}")),
        ForeignOption foreign => $"{foreign.Name} {foreign.Text}".TrimEnd(),
        _ => throw new ArgumentOutOfRangeException(nameof(option), option.GetType().Name, "an option that the writer doesn't know"),
    };

    private static string CounterName(AccurateEcnOption option, int index) => index switch
    {
        1 => "ceb",
        0 => option.BeginsWithEct1 ? "e1b" : "e0b",
        _ => option.BeginsWithEct1 ? "e0b" : "e1b",
    };

    private void WriteIcmp(IcmpSpec icmp)
    {
        _text.Append("icmp ").Append(icmp.TypeName);
        if (icmp.CodeName is { } code)
        {
            _text.Append(' ').Append(code);
        }

        WriteField("mtu", icmp.Mtu);
        WriteField("id", icmp.EchoId);
        switch (icmp.Payload)
        {
            case EchoedTcp tcp:
                _text.Append(" [");
                WriteSequence(tcp.Sequence);
                _text.Append(']');
                break;
            case EchoedUdp udp:
                _text.Append($" [udp ({udp.Length})]");
                break;
            case RawPayload raw:
                _text.Append($" [raw ({raw.Length})]");
                break;
        }
    }
}
