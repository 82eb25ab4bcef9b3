using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Makes the checksums of a frame right again after a change.</summary>
internal static class ChecksumMender
{
    /// <summary>Mends IPv4's header checksum, and TCP's, UDP's or ICMP's where the packet is whole.</summary>
    public static void Mend(Span<byte> frame)
    {
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return;
        }

        Span<byte> packet = frame[EthernetView.HeaderLength..];
        if (ethernet.EtherType == EtherType.Ipv4 && packet.Length >= Ipv4View.MinHeaderLength)
        {
            int length = Math.Min((packet[0] & 0xF) * 4, packet.Length);
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], 0);
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Compute(packet[..length]));
            if (Ipv4View.TryParse(packet, out Ipv4View v4, out _) && !v4.IsFragment)
            {
                MendTransport(packet[v4.HeaderLength..v4.TotalLength], v4.Protocol, v4.Source, v4.Destination);
            }
        }
        else if (ethernet.EtherType == EtherType.Ipv6 && Ipv6View.TryParse(packet, out Ipv6View v6, out _) && !v6.IsFragment)
        {
            Span<byte> whole = packet[..v6.Bytes.Length];
            MendTransport(whole[^v6.Payload.Length..], v6.Protocol, v6.Source, v6.Destination);
        }
    }

    /// <summary>Where TCP's, UDP's or ICMP's checksum stands in its header; -1 when there is none.</summary>
    public static int FieldOffset(IpProtocol protocol, int length) => protocol switch
    {
        IpProtocol.Tcp when length >= TcpView.MinHeaderLength => 16,
        IpProtocol.Udp when length >= UdpView.HeaderLength => 6,
        IpProtocol.Icmp or IpProtocol.IcmpV6 when length >= IcmpView.HeaderLength => 2,
        _ => -1,
    };

    private static void MendTransport(Span<byte> bytes, IpProtocol protocol, in IpAddress source, in IpAddress destination)
    {
        int field = FieldOffset(protocol, bytes.Length);
        if (field < 0)
        {
            return;
        }

        if (protocol == IpProtocol.Udp)
        {
            // RFC 768: over IPv4 zero says that the sender made none. What lies behind the UDP length is not in the sum.
            bool none = source.IsV4 && BinaryPrimitives.ReadUInt16BigEndian(bytes[field..]) == 0;
            if (none || !UdpView.TryParse(bytes, out UdpView datagram, out _))
            {
                return;
            }

            bytes = bytes[..datagram.Length];
        }

        BinaryPrimitives.WriteUInt16BigEndian(bytes[field..], 0);
        ulong pseudo = protocol == IpProtocol.Icmp ? 0 : InternetChecksum.PseudoHeader(source, destination, protocol, bytes.Length);
        ushort sum = InternetChecksum.Fold(InternetChecksum.Sum(bytes, pseudo));
        // RFC 768: a UDP checksum of zero would say that there is none.
        BinaryPrimitives.WriteUInt16BigEndian(bytes[field..], sum == 0 && protocol == IpProtocol.Udp ? (ushort)0xFFFF : sum);
    }
}
