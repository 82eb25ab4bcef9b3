using System.Buffers.Binary;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Matching;

/// <summary>
/// The fields of one packet, apart from its addresses: of a live one as it was on the wire, or with its numbers turned into those of the
/// script; or of one that the script describes. An ICMP error's quote is part of its payload.
/// </summary>
internal sealed class PacketImage
{
    private const int TcpHeaderLength = 20;

    public bool IsV6 { get; set; }

    public IpProtocol Protocol { get; set; }

    public IpAddress Source { get; set; }

    public IpAddress Destination { get; set; }

    /// <summary>Of the IPv4 header in bytes, options included; 40 for IPv6.</summary>
    public int IpHeaderLength { get; set; }

    /// <summary>TOS of IPv4, traffic class of IPv6: DSCP and ECN.</summary>
    public byte TrafficClass { get; set; }

    /// <summary>TTL or hop limit.</summary>
    public byte Ttl { get; set; }

    public uint FlowLabel { get; set; }

    public ushort SourcePort { get; set; }

    public ushort DestinationPort { get; set; }

    public uint Sequence { get; set; }

    public uint Acknowledgment { get; set; }

    /// <summary>The nine control bits.</summary>
    public TcpFlags Flags { get; set; }

    /// <summary>The three bits between data offset and control bits.</summary>
    public int ReservedBits { get; set; }

    /// <summary>As in the header: not scaled.</summary>
    public ushort Window { get; set; }

    public ushort UrgentPointer { get; set; }

    /// <summary>TCP's options, padding included; a multiple of four bytes in a valid header.</summary>
    public byte[] Options { get; set; } = [];

    /// <summary>UDP's length field.</summary>
    public int UdpLength { get; set; }

    public byte IcmpType { get; set; }

    public byte IcmpCode { get; set; }

    /// <summary>The second word of an ICMP header.</summary>
    public uint IcmpRest { get; set; }

    /// <summary>What follows the TCP, UDP or ICMP header.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    public bool IsTcp => Protocol == IpProtocol.Tcp;

    public bool IsUdp => Protocol == IpProtocol.Udp;

    public bool IsIcmp => Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;

    public bool Has(TcpFlags flags) => (Flags & flags) == flags;

    /// <summary>Three bits: AE, CWR and ECE, as AccECN counts in them.</summary>
    public int AceField => (Has(TcpFlags.Ae) ? 4 : 0) | (Has(TcpFlags.Cwr) ? 2 : 0) | (Has(TcpFlags.Ece) ? 1 : 0);

    /// <summary>A copy to change; the options are copied too.</summary>
    public PacketImage Copy()
    {
        var copy = (PacketImage)MemberwiseClone();
        copy.Options = [.. Options];
        return copy;
    }

    /// <summary>Reads an IP packet; null when it is no whole TCP, UDP or ICMP packet.</summary>
    public static PacketImage? Parse(ReadOnlyMemory<byte> packet)
    {
        ReadOnlySpan<byte> bytes = packet.Span;
        if (bytes.Length > 0 && bytes[0] >> 4 == 4 && Ipv4View.TryParse(bytes, out Ipv4View v4, out _) && !v4.IsFragment)
        {
            var image = new PacketImage
            {
                Protocol = v4.Protocol,
                Source = v4.Source,
                Destination = v4.Destination,
                IpHeaderLength = v4.HeaderLength,
                TrafficClass = v4.TrafficClass,
                Ttl = v4.Ttl,
            };
            return image.ParseTransport(packet.Slice(v4.HeaderLength, v4.TotalLength - v4.HeaderLength)) ? image : null;
        }

        if (bytes.Length > 0 && bytes[0] >> 4 == 6 && Ipv6View.TryParse(bytes, out Ipv6View v6, out _) && !v6.IsFragment)
        {
            var image = new PacketImage
            {
                IsV6 = true,
                Protocol = v6.Protocol,
                Source = v6.Source,
                Destination = v6.Destination,
                IpHeaderLength = Ipv6View.HeaderLength,
                TrafficClass = v6.TrafficClass,
                Ttl = v6.HopLimit,
                FlowLabel = v6.FlowLabel,
            };
            return image.ParseTransport(packet.Slice(v6.Bytes.Length - v6.Payload.Length, v6.Payload.Length)) ? image : null;
        }

        return null;
    }

    /// <summary>The packet's bytes with valid lengths and checksums.</summary>
    public byte[] ToBytes()
    {
        int transport = IsTcp ? TcpHeaderLength + Options.Length : 8;
        int header = IsV6 ? Ipv6View.HeaderLength : Ipv4View.MinHeaderLength;
        byte[] bytes = new byte[header + transport + Payload.Length];
        int length = transport + Payload.Length;
        _ = IsV6
            ? Ipv6Writer.Write(bytes, Source, Destination, Protocol, length, Ttl, TrafficClass, FlowLabel)
            : Ipv4Writer.Write(bytes, Source, Destination, Protocol, length, Ttl, TrafficClass);
        Span<byte> rest = bytes.AsSpan(header);
        Payload.Span.CopyTo(rest[transport..]);
        if (IsTcp)
        {
            WriteTcp(rest);
        }
        else if (IsUdp)
        {
            WriteUdp(rest);
        }
        else
        {
            WriteIcmp(rest);
        }

        return bytes;
    }

    private bool ParseTransport(ReadOnlyMemory<byte> transport)
    {
        ReadOnlySpan<byte> bytes = transport.Span;
        switch (Protocol)
        {
            case IpProtocol.Tcp when TcpView.TryParse(bytes, out TcpView tcp, out _):
                (SourcePort, DestinationPort) = (tcp.SourcePort, tcp.DestinationPort);
                (Sequence, Acknowledgment) = (tcp.Sequence.Value, tcp.Acknowledgment.Value);
                (Flags, Window, UrgentPointer) = (tcp.Flags, tcp.Window, tcp.UrgentPointer);
                ReservedBits = bytes[12] >> 1 & 7;
                Options = tcp.OptionBytes.ToArray();
                Payload = transport[tcp.HeaderLength..];
                return true;
            case IpProtocol.Udp when bytes.Length >= UdpView.HeaderLength:
                SourcePort = BinaryPrimitives.ReadUInt16BigEndian(bytes);
                DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
                UdpLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
                Payload = transport[UdpView.HeaderLength..];
                return true;
            case IpProtocol.Icmp or IpProtocol.IcmpV6 when bytes.Length >= 8:
                (IcmpType, IcmpCode) = (bytes[0], bytes[1]);
                IcmpRest = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
                Payload = transport[8..];
                return true;
            default:
                return false;
        }
    }

    private void WriteTcp(Span<byte> segment)
    {
        int header = TcpWriter.Write(
            segment, SourcePort, DestinationPort, new SequenceNumber(Sequence), new SequenceNumber(Acknowledgment), Flags, Window,
            UrgentPointer, default, TcpOptionLayout.Linux) + Options.Length;
        Options.CopyTo(segment[TcpHeaderLength..]);
        segment[12] = (byte)(header << 2 | ReservedBits << 1 | segment[12] & 1);
        TcpWriter.WriteChecksum(segment, Source, Destination);
    }

    private void WriteUdp(Span<byte> datagram)
    {
        BinaryPrimitives.WriteUInt16BigEndian(datagram, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)UdpLength);
        ulong sum = InternetChecksum.PseudoHeader(Source, Destination, IpProtocol.Udp, datagram.Length);
        ushort checksum = InternetChecksum.Fold(InternetChecksum.Sum(datagram, sum));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
    }

    private void WriteIcmp(Span<byte> message)
    {
        (message[0], message[1]) = (IcmpType, IcmpCode);
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], IcmpRest);
        ulong sum = Protocol == IpProtocol.IcmpV6
            ? InternetChecksum.PseudoHeader(Source, Destination, IpProtocol.IcmpV6, message.Length)
            : 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.Fold(InternetChecksum.Sum(message, sum)));
    }
}
