using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Cuts a super-frame, in which a sender's system or a receiver's joined packets of one flow, into packets as they are on a wire (generic
/// segmentation offload, Linux's tcp_gso_segment and __udp_gso_segment), and completes checksums that were left to a network card.
/// </summary>
internal static class SegmentCutter
{
    private const int MostSegments = 1024;
    private const int TcpChecksum = 16;
    private const int UdpChecksum = 6;
    private const byte LastOnly = (byte)(TcpFlags.Fin | TcpFlags.Psh);

    /// <summary>Cuts; false when the frame is not what it is said to be.</summary>
    /// <param name="pool">Where frames come from.</param>
    /// <param name="frame">Ethernet, IPv4 or IPv6, TCP or UDP.</param>
    /// <param name="transport">Where the transport header begins.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="segmentSize">Bytes of data in each packet but the last.</param>
    /// <param name="packets">Gets them, in order.</param>
    public static bool TryCut(
        FramePool pool, ReadOnlySpan<byte> frame, int transport, IpProtocol protocol, int segmentSize, ref FrameQueue packets)
    {
        if (!TryMeasure(frame, transport, protocol, out int headers) || segmentSize < 1)
        {
            return false;
        }

        int data = frame.Length - headers;
        if (data > (long)segmentSize * MostSegments)
        {
            return false;
        }

        int at = 0;
        for (int i = 0; i == 0 || at < data; i++)
        {
            int length = Math.Min(segmentSize, data - at);
            Frame packet = pool.Rent(headers + length);
            frame[..headers].CopyTo(packet.Buffer);
            frame.Slice(headers + at, length).CopyTo(packet.Buffer.AsSpan(headers));
            Rewrite(packet.Bytes, transport, protocol, i, at, isLast: at + length == data);
            packets.Enqueue(packet);
            at += length;
        }

        return true;
    }

    /// <summary>Cuts into packets as long as an MTU allows, where nothing tells how long they were.</summary>
    public static bool TryCutTo(
        FramePool pool, ReadOnlySpan<byte> frame, int transport, IpProtocol protocol, int mtu, ref FrameQueue packets) =>
        TryMeasure(frame, transport, protocol, out int headers)
        && TryCut(pool, frame, transport, protocol, mtu + EthernetView.HeaderLength - headers, ref packets);

    /// <summary>
    /// Where no header tells it, as from libpcap: completes the checksum of a TCP or UDP packet that has only the pseudo header's sum in its place, as
    /// a system leaves it to a network card. Damage on a real wire looks like that once in 65,536 times.
    /// </summary>
    public static void CompletePartial(Span<byte> frame)
    {
        if (TryFindTransport(frame, out int transport, out IpProtocol protocol, out int end))
        {
            Span<byte> segment = frame[transport..end];
            int offset = protocol == IpProtocol.Tcp ? TcpChecksum : UdpChecksum;
            if (segment.Length >= offset + 2
                && BinaryPrimitives.ReadUInt16BigEndian(segment[offset..]) == (ushort)~InternetChecksum.Fold(PseudoHeader(frame, protocol, segment.Length)))
            {
                Seal(segment, offset);
            }
        }
    }

    /// <summary>Where a frame's TCP or UDP header begins and its IP packet ends; false for anything else, fragments too.</summary>
    public static bool TryFindTransport(ReadOnlySpan<byte> frame, out int transport, out IpProtocol protocol, out int end)
    {
        transport = end = 0;
        protocol = default;
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return false;
        }

        if (ethernet.EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _) && !v4.IsFragment)
        {
            transport = EthernetView.HeaderLength + v4.HeaderLength;
            protocol = v4.Protocol;
            end = EthernetView.HeaderLength + v4.TotalLength;
        }
        else if (ethernet.EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _) && !v6.IsFragment)
        {
            end = EthernetView.HeaderLength + Ipv6View.HeaderLength + v6.PayloadLength;
            transport = end - v6.Payload.Length;
            protocol = v6.Protocol;
        }

        return protocol is IpProtocol.Tcp or IpProtocol.Udp;
    }

    /// <summary>Completes a checksum whose place has the sum of the pseudo header.</summary>
    /// <param name="segment">From the transport header on.</param>
    /// <param name="offset">Of the checksum, from there.</param>
    public static void Seal(Span<byte> segment, int offset)
    {
        ushort checksum = InternetChecksum.Compute(segment);
        // RFC 768: a UDP checksum of 0 says that there is none.
        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], checksum == 0 && offset == UdpChecksum ? ushort.MaxValue : checksum);
    }

    private static bool TryMeasure(ReadOnlySpan<byte> frame, int transport, IpProtocol protocol, out int headers)
    {
        headers = 0;
        bool v4 = frame.Length >= EthernetView.HeaderLength && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == (ushort)EtherType.Ipv4;
        bool v6 = frame.Length >= EthernetView.HeaderLength && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == (ushort)EtherType.Ipv6;
        int least = EthernetView.HeaderLength + (v4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength);
        if ((!v4 && !v6) || transport < least || transport + (protocol == IpProtocol.Tcp ? 20 : 8) > frame.Length
            || (v4 && EthernetView.HeaderLength + (frame[EthernetView.HeaderLength] & 0xF) * 4 != transport))
        {
            return false;
        }

        int length = protocol == IpProtocol.Tcp ? frame[transport + 12] >> 4 << 2 : 8;
        headers = transport + length;
        return length >= 8 && (protocol != IpProtocol.Tcp || length >= 20) && headers <= frame.Length;
    }

    private static void Rewrite(Span<byte> packet, int transport, IpProtocol protocol, int index, int at, bool isLast)
    {
        Span<byte> ip = packet[EthernetView.HeaderLength..];
        Span<byte> segment = packet[transport..];
        if (BinaryPrimitives.ReadUInt16BigEndian(packet[12..]) == (ushort)EtherType.Ipv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) + index));
            ip.Slice(10, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(packet[EthernetView.HeaderLength..transport]));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - Ipv6View.HeaderLength));
        }

        int offset = UdpChecksum;
        if (protocol == IpProtocol.Tcp)
        {
            offset = TcpChecksum;
            BinaryPrimitives.WriteUInt32BigEndian(segment[4..], BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + (uint)at);
            // RFC 3168 §6.1.2: a reduction is told once.
            segment[13] &= (byte)((isLast ? 0xFF : ~LastOnly) & (index == 0 ? 0xFF : ~(byte)TcpFlags.Cwr));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)segment.Length);
        }

        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], (ushort)~InternetChecksum.Fold(PseudoHeader(packet, protocol, segment.Length)));
        Seal(segment, offset);
    }

    private static ulong PseudoHeader(ReadOnlySpan<byte> packet, IpProtocol protocol, int length)
    {
        ReadOnlySpan<byte> ip = packet[EthernetView.HeaderLength..];
        bool v4 = ip[0] >> 4 == 4;
        IpAddress source = IpAddress.FromBytes(v4 ? ip.Slice(12, 4) : ip.Slice(8, 16));
        IpAddress destination = IpAddress.FromBytes(v4 ? ip.Slice(16, 4) : ip.Slice(24, 16));
        return InternetChecksum.PseudoHeader(source, destination, protocol, length);
    }
}
