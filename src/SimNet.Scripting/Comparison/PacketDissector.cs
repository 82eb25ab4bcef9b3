using System.Buffers.Binary;
using SimNet.Capture;
using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>
/// Reads the headers of a captured packet as far as they are there: captures cut frames, offloads leave checksums and lengths to the
/// card, and nothing here believes a length beyond the bytes it has.
/// </summary>
internal static class PacketDissector
{
    private const int ArpLength = 28;

    /// <summary>The packet's facts; null when the frame is neither IP nor ARP, or too short for its addresses.</summary>
    public static PacketFacts? Read(in CapturedPacket packet)
    {
        ReadOnlySpan<byte> frame = packet.Data.Span;
        if (!LinkLayer.TryStrip(packet.LinkType, frame, out EtherType type, out int offset))
        {
            return null;
        }

        int onWire = Math.Max(packet.OriginalLength, frame.Length) - offset;
        return type switch
        {
            EtherType.Ipv4 => ReadIpv4(frame[offset..], onWire),
            EtherType.Ipv6 => ReadIpv6(frame[offset..], onWire),
            EtherType.Arp => ReadArp(frame[offset..]),
            _ => null,
        };
    }

    private static PacketFacts? ReadArp(ReadOnlySpan<byte> bytes) => bytes.Length < ArpLength ? null : new PacketFacts
    {
        Kind = PacketKind.Neighbour,
        IcmpType = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
        Source = IpAddress.FromBytes(bytes.Slice(14, 4)),
        Destination = IpAddress.FromBytes(bytes.Slice(24, 4)),
    };

    private static PacketFacts? ReadIpv4(ReadOnlySpan<byte> bytes, int onWire, bool quoted = false)
    {
        if (!Ipv4View.TryParseQuoted(WithLength(bytes, onWire, out byte[]? patched), out Ipv4View ip))
        {
            return null;
        }

        // Segmentation offload leaves a total length of 0 for the card to set.
        int total = patched is null ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : onWire;
        var facts = new PacketFacts
        {
            Protocol = ip.Protocol,
            Source = ip.Source,
            Destination = ip.Destination,
            Ttl = ip.Ttl,
            DontFragment = ip.DontFragment,
            TrafficClass = ip.TrafficClass,
            Id = ip.Id,
            FragmentOffset = ip.FragmentOffset,
            MoreFragments = ip.MoreFragments,
        };
        ReadTransport(facts, ip.Payload, total - ip.HeaderLength, quoted);
        return facts;
    }

    private static ReadOnlySpan<byte> WithLength(ReadOnlySpan<byte> bytes, int onWire, out byte[]? patched)
    {
        patched = null;
        if (bytes.Length < Ipv4View.MinHeaderLength || bytes[2] != 0 || bytes[3] != 0)
        {
            return bytes;
        }

        patched = bytes.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(patched.AsSpan(2), (ushort)Math.Min(onWire, ushort.MaxValue));
        return patched;
    }

    private static PacketFacts? ReadIpv6(ReadOnlySpan<byte> bytes, int onWire, bool quoted = false)
    {
        if (!Ipv6View.TryParseQuoted(bytes, out Ipv6View ip))
        {
            return null;
        }

        int payloadOnWire = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        int chain = ip.Bytes.Length - Ipv6View.HeaderLength - ip.Payload.Length;
        var facts = new PacketFacts
        {
            IsV6 = true,
            Protocol = ip.Protocol,
            Source = ip.Source,
            Destination = ip.Destination,
            Ttl = ip.HopLimit,
            TrafficClass = ip.TrafficClass,
            FlowLabel = ip.FlowLabel,
            Id = ip.FragmentId,
            FragmentOffset = ip.FragmentOffset,
            MoreFragments = ip.MoreFragments,
        };
        ReadTransport(facts, ip.Payload, (payloadOnWire == 0 ? onWire - Ipv6View.HeaderLength : payloadOnWire) - chain, quoted);
        return facts;
    }

    private static void ReadTransport(PacketFacts facts, ReadOnlySpan<byte> bytes, int onWire, bool quoted)
    {
        facts.Kind = PacketKind.Other;
        facts.Length = onWire;
        if (facts.FragmentOffset > 0)
        {
            facts.Kind = PacketKind.Fragment;
            return;
        }

        switch (facts.Protocol)
        {
            case IpProtocol.Tcp:
                ReadTcp(facts, bytes, onWire, quoted);
                break;
            case IpProtocol.Udp when bytes.Length >= UdpView.HeaderLength:
                facts.Kind = PacketKind.Udp;
                facts.SourcePort = BinaryPrimitives.ReadUInt16BigEndian(bytes);
                facts.DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
                facts.Length = onWire - UdpView.HeaderLength;
                break;
            case IpProtocol.Icmp or IpProtocol.IcmpV6 when bytes.Length >= IcmpView.HeaderLength:
                ReadIcmp(facts, bytes, onWire, quoted);
                break;
        }
    }

    private static void ReadTcp(PacketFacts facts, ReadOnlySpan<byte> bytes, int onWire, bool quoted)
    {
        // The 8 bytes that every ICMP error quotes (RFC 792) have ports and sequence number.
        if (bytes.Length < (quoted ? 8 : TcpView.MinHeaderLength))
        {
            return;
        }

        facts.Kind = PacketKind.Tcp;
        facts.SourcePort = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        facts.DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        facts.Seq = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));
        if (bytes.Length < TcpView.MinHeaderLength)
        {
            facts.Length = 0;
            return;
        }

        int headerLength = bytes[12] >> 4 << 2;
        facts.Ack = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        facts.Flags = (TcpFlags)(BinaryPrimitives.ReadUInt16BigEndian(bytes[12..]) & 0x1FF);
        facts.Window = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        facts.Urgent = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]);
        facts.Length = Math.Max(0, onWire - Math.Max(headerLength, TcpView.MinHeaderLength));
        int optionsEnd = Math.Clamp(headerLength, TcpView.MinHeaderLength, bytes.Length);
        facts.OptionBytes = bytes[TcpView.MinHeaderLength..optionsEnd].ToArray();
    }

    private static void ReadIcmp(PacketFacts facts, ReadOnlySpan<byte> bytes, int onWire, bool quoted)
    {
        bool v6 = facts.Protocol == IpProtocol.IcmpV6;
        facts.IcmpType = bytes[0];
        facts.IcmpCode = bytes[1];
        facts.Length = onWire - IcmpView.HeaderLength;
        facts.Kind = v6 ? KindOfV6(bytes[0]) : KindOfV4(bytes[0]);
        if (facts.Kind == PacketKind.Echo)
        {
            facts.EchoId = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
            facts.EchoSequence = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        }
        else if (facts.Kind == PacketKind.IcmpError)
        {
            facts.Mtu = v6 && bytes[0] == (int)Icmpv6Type.PacketTooBig ? BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])
                : !v6 && bytes[0] == (int)IcmpType.DestinationUnreachable && bytes[1] == 4 ? (uint)BinaryPrimitives.ReadUInt16BigEndian(bytes[6..])
                : 0U;
            facts.QuoteLength = facts.Length;
            ReadOnlySpan<byte> quote = bytes[IcmpView.HeaderLength..];
            // What an error quotes may be an error itself, to no end: one level tells what there is to compare.
            facts.Quote = quoted ? null : v6 ? ReadIpv6(quote, facts.Length, quoted: true) : ReadIpv4(quote, facts.Length, quoted: true);
        }
    }

    private static PacketKind KindOfV4(byte type) => (IcmpType)type switch
    {
        IcmpType.Echo or IcmpType.EchoReply => PacketKind.Echo,
        IcmpType.DestinationUnreachable or IcmpType.SourceQuench or IcmpType.Redirect or IcmpType.TimeExceeded or IcmpType.ParameterProblem =>
            PacketKind.IcmpError,
        _ => PacketKind.Icmp,
    };

    private static PacketKind KindOfV6(byte type) => (Icmpv6Type)type switch
    {
        Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply => PacketKind.Echo,
        Icmpv6Type.DestinationUnreachable or Icmpv6Type.PacketTooBig or Icmpv6Type.TimeExceeded or Icmpv6Type.ParameterProblem => PacketKind.IcmpError,
        >= Icmpv6Type.MulticastListenerQuery and <= Icmpv6Type.Redirect or Icmpv6Type.MulticastListenerReportV2 => PacketKind.Neighbour,
        _ => PacketKind.Icmp,
    };
}
