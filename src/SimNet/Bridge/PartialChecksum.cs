using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Checksums that a system left to its network card, found where no <see cref="VirtioHeader"/> tells of them, as with libpcap.</summary>
internal static class PartialChecksum
{
    /// <summary>
    /// Completes the checksum of a TCP or UDP packet that has only the pseudo header's sum in its place. Damage on a real wire looks like that once in
    /// 65,536 times.
    /// </summary>
    public static void Complete(Span<byte> frame)
    {
        if (!TryFind(frame, out Range range, out IpProtocol protocol, out ulong pseudo))
        {
            return;
        }

        Span<byte> segment = frame[range];
        int offset = protocol == IpProtocol.Tcp ? 16 : 6;
        if (segment.Length < offset + 2 || BinaryPrimitives.ReadUInt16BigEndian(segment[offset..]) != (ushort)~InternetChecksum.Fold(pseudo))
        {
            return;
        }

        ushort checksum = InternetChecksum.Compute(segment);
        // RFC 768: a UDP checksum of 0 says that there is none.
        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], checksum == 0 && protocol == IpProtocol.Udp ? ushort.MaxValue : checksum);
    }

    private static bool TryFind(ReadOnlySpan<byte> frame, out Range segment, out IpProtocol protocol, out ulong pseudo)
    {
        segment = default;
        protocol = default;
        pseudo = 0;
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return false;
        }

        // Fragments are made with complete checksums.
        if (ethernet.EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _) && !v4.IsFragment)
        {
            int start = EthernetView.HeaderLength + v4.HeaderLength, length = v4.TotalLength - v4.HeaderLength;
            segment = start..(start + length);
            protocol = v4.Protocol;
            pseudo = InternetChecksum.PseudoHeader(v4.Source, v4.Destination, protocol, length);
        }
        else if (ethernet.EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _) && !v6.IsFragment)
        {
            int end = EthernetView.HeaderLength + Ipv6View.HeaderLength + v6.PayloadLength;
            segment = (end - v6.Payload.Length)..end;
            protocol = v6.Protocol;
            pseudo = InternetChecksum.PseudoHeader(v6.Source, v6.Destination, protocol, v6.Payload.Length);
        }

        return protocol is IpProtocol.Tcp or IpProtocol.Udp;
    }
}
