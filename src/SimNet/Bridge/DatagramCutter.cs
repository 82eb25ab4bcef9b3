using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Cuts a packet of many UDP datagrams into these (Linux: UDP_SEGMENT, __udp_gso_segment). A socket on a sender's own interface sees them so; unlike TCP's
/// segments they can't enter the stack as one.
/// </summary>
internal static class DatagramCutter
{
    private const int MostDatagrams = 1024;
    private const int UdpHeader = 8;

    /// <summary>Cuts; false when the frame is not what its header says.</summary>
    public static bool TryCut(FramePool pool, in VirtioHeader header, ReadOnlySpan<byte> frame, ref FrameQueue datagrams)
    {
        int udp = header.ChecksumStart, headers = udp + UdpHeader, size = header.SegmentSize;
        if ((header.Flags & VirtioHeader.NeedsChecksum) == 0 || size == 0 || headers > frame.Length || !IsUdp(frame, udp)
            || frame.Length - headers > size * MostDatagrams)
        {
            return false;
        }

        int at = headers;
        for (int i = 0; i == 0 || at < frame.Length; i++)
        {
            int length = Math.Min(size, frame.Length - at);
            Frame datagram = pool.Rent(headers + length);
            frame[..headers].CopyTo(datagram.Buffer);
            frame.Slice(at, length).CopyTo(datagram.Buffer.AsSpan(headers));
            Finish(datagram.Bytes, udp, i);
            datagrams.Enqueue(datagram);
            at += length;
        }

        return true;
    }

    // No IP options, no extension headers: nobody sends datagrams by the dozen with these.
    private static bool IsUdp(ReadOnlySpan<byte> frame, int udp) => (EtherType)BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
    {
        EtherType.Ipv4 => udp == EthernetView.HeaderLength + Ipv4View.MinHeaderLength && frame[EthernetView.HeaderLength] == 0x45
            && frame[EthernetView.HeaderLength + 9] == (byte)IpProtocol.Udp,
        EtherType.Ipv6 => udp == EthernetView.HeaderLength + Ipv6View.HeaderLength && frame[EthernetView.HeaderLength] >> 4 == 6
            && frame[EthernetView.HeaderLength + 6] == (byte)IpProtocol.Udp,
        _ => false,
    };

    private static void Finish(Span<byte> frame, int udp, int index)
    {
        Span<byte> ip = frame[EthernetView.HeaderLength..udp], datagram = frame[udp..];
        bool v4 = ip.Length == Ipv4View.MinHeaderLength;
        if (v4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(ip.Length + datagram.Length));
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) + index));
            ip.Slice(10, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)datagram.Length);
        }

        IpAddress source = IpAddress.FromBytes(v4 ? ip.Slice(12, 4) : ip.Slice(8, 16));
        IpAddress destination = IpAddress.FromBytes(v4 ? ip.Slice(16, 4) : ip.Slice(24, 16));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        datagram.Slice(6, 2).Clear();
        ushort checksum = InternetChecksum.Fold(InternetChecksum.Sum(
            datagram, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, datagram.Length)));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? ushort.MaxValue : checksum);
    }
}
