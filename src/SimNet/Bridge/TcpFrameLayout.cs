using System.Buffers.Binary;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Where things are in a frame with a TCP segment that offload can work on: no IP options, no extension headers, no fragment.</summary>
internal readonly record struct TcpFrameLayout(bool IsV4, int Tcp, int Payload)
{
    /// <summary>The longest IP packet.</summary>
    public const int MaxPacketLength = ushort.MaxValue;

    /// <summary>Where the IP header is.</summary>
    public const int Ip = EthernetView.HeaderLength;

    private const int Ipv4Protocol = Ip + 9, Ipv6NextHeader = Ip + 6;

    /// <summary>Reads it; false for anything else, and for what is damaged before the TCP header. TCP's checksum is not looked at.</summary>
    public static bool TryParse(ReadOnlySpan<byte> frame, out TcpFrameLayout layout)
    {
        layout = default;
        if (frame.Length < Ip + Ipv4View.MinHeaderLength + TcpView.MinHeaderLength)
        {
            return false;
        }

        int tcp;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        if (type == (ushort)EtherType.Ipv4)
        {
            tcp = Ip + Ipv4View.MinHeaderLength;
            ReadOnlySpan<byte> ip = frame[Ip..tcp];
            if (ip[0] != 0x45 || frame[Ipv4Protocol] != (byte)IpProtocol.Tcp || BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) != frame.Length - Ip
                || (BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & 0x3FFF) != 0 || InternetChecksum.Compute(ip) != 0)
            {
                return false;
            }
        }
        else
        {
            tcp = Ip + Ipv6View.HeaderLength;
            if (type != (ushort)EtherType.Ipv6 || frame.Length < tcp + TcpView.MinHeaderLength || frame[Ip] >> 4 != 6
                || frame[Ipv6NextHeader] != (byte)IpProtocol.Tcp || BinaryPrimitives.ReadUInt16BigEndian(frame[(Ip + 4)..]) != frame.Length - tcp)
            {
                return false;
            }
        }

        int payload = tcp + (frame[tcp + 12] >> 4 << 2);
        layout = new TcpFrameLayout(type == (ushort)EtherType.Ipv4, tcp, payload);
        return payload >= tcp + TcpView.MinHeaderLength && payload <= frame.Length;
    }

    public static uint Sequence(ReadOnlySpan<byte> frame, int tcp) => BinaryPrimitives.ReadUInt32BigEndian(frame[(tcp + 4)..]);

    public static TcpFlags Flags(ReadOnlySpan<byte> frame, int tcp) => (TcpFlags)(BinaryPrimitives.ReadUInt16BigEndian(frame[(tcp + 12)..]) & 0x1FF);

    public static void SetFlags(Span<byte> frame, int tcp, TcpFlags flags) => BinaryPrimitives.WriteUInt16BigEndian(
        frame[(tcp + 12)..], (ushort)((BinaryPrimitives.ReadUInt16BigEndian(frame[(tcp + 12)..]) & ~0x1FF) | (int)flags));

    /// <summary>IPv4's identification; 0 in IPv6.</summary>
    public ushort Id(ReadOnlySpan<byte> frame) => IsV4 ? BinaryPrimitives.ReadUInt16BigEndian(frame[(Ip + 4)..]) : (ushort)0;

    /// <summary>Its IPv4 identification says nothing and stays 0 in all segments of a packet: DF is set (RFC 6864 §4.1).</summary>
    public bool HasNoId(ReadOnlySpan<byte> frame) => IsV4 && (frame[Ip + 6] & 0x40) != 0 && Id(frame) == 0;

    /// <summary>
    /// Whether two frames have the same headers but for lengths, checksums, IPv4's identification, the sequence number and PSH and FIN: as
    /// segments that one packet was cut into (RFC 9293 §3.1; Linux's inet_gro_receive and tcp_gro_receive).
    /// </summary>
    public bool HasHeadersOf(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> other, in TcpFrameLayout otherLayout)
    {
        const int Ports = 4, BeforeFlags = 8, Flags = 13, Window = 14, Urgent = 18;
        if (otherLayout != this || !SameIp(frame, other))
        {
            return false;
        }

        ReadOnlySpan<byte> a = frame[Tcp..Payload], b = other[Tcp..Payload];
        return a[..Ports].SequenceEqual(b[..Ports]) && a[BeforeFlags..Flags].SequenceEqual(b[BeforeFlags..Flags])
            && ((a[Flags] ^ b[Flags]) & ~(int)(TcpFlags.Psh | TcpFlags.Fin)) == 0
            && a[Window..(Window + 2)].SequenceEqual(b[Window..(Window + 2)]) && a[Urgent..].SequenceEqual(b[Urgent..]);
    }

    /// <summary>The sum of everything that TCP's checksum covers but the payload.</summary>
    public ulong SumOfHeaders(ReadOnlySpan<byte> frame, int length) =>
        InternetChecksum.Sum(frame[Tcp..Payload], SumOfPseudoHeader(frame, length - Tcp));

    /// <summary>The pseudo header's sum for a segment of that length.</summary>
    public ulong SumOfPseudoHeader(ReadOnlySpan<byte> frame, int segmentLength)
    {
        Span<byte> rest = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)IpProtocol.Tcp);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)segmentLength);
        ReadOnlySpan<byte> addresses = IsV4 ? frame.Slice(Ip + 12, 8) : frame.Slice(Ip + 8, 32);
        return InternetChecksum.Sum(addresses, InternetChecksum.Sum(rest));
    }

    /// <summary>Writes the lengths into the IP header, and IPv4's checksum.</summary>
    public void WriteLength(Span<byte> frame, int length)
    {
        if (!IsV4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame[(Ip + 4)..], (ushort)(length - Tcp));
            return;
        }

        Span<byte> ip = frame[Ip..Tcp];
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(length - Ip));
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip));
    }

    /// <summary>Writes TCP's checksum.</summary>
    /// <param name="frame">The frame, at least up to the payload.</param>
    /// <param name="length">Of the whole frame.</param>
    /// <param name="payloadSum">Of the payload.</param>
    public void WriteChecksum(Span<byte> frame, int length, ulong payloadSum)
    {
        Span<byte> field = frame.Slice(Tcp + 16, 2);
        field.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(field, InternetChecksum.Fold(SumOfHeaders(frame, length) + payloadSum));
    }

    /// <summary>The same with the payload in its place.</summary>
    public void WriteChecksum(Span<byte> frame) => WriteChecksum(frame, frame.Length, InternetChecksum.Sum(frame[Payload..]));

    private bool SameIp(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        // Addresses and all else of the Ethernet header, then IP without lengths, identification and checksum.
        return a[..(Ip + 2)].SequenceEqual(b[..(Ip + 2)]) && (IsV4
            ? a[(Ip + 6)..(Ip + 10)].SequenceEqual(b[(Ip + 6)..(Ip + 10)]) && a[(Ip + 12)..Tcp].SequenceEqual(b[(Ip + 12)..Tcp])
            : a[(Ip + 2)..(Ip + 4)].SequenceEqual(b[(Ip + 2)..(Ip + 4)]) && a[(Ip + 6)..Tcp].SequenceEqual(b[(Ip + 6)..Tcp]));
    }
}
