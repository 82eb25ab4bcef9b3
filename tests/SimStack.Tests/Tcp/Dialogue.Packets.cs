using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tests.Tcp;

/// <summary>What lies below TCP: whole packets of the host, and IPv4 options of the peers'.</summary>
internal sealed partial class Dialogue
{
    /// <summary>When set, every packet with TCP that the host sends is put here, from its IP header on.</summary>
    public List<byte[]>? Packets { get; set; }

    /// <summary>Sockets that became ready are left for the test to take.</summary>
    public bool KeepsReady { get; set; }

    /// <summary>IPv4 options of what the peers send from now on; a multiple of four bytes.</summary>
    public byte[] PeersIpOptions { get; set; } = [];

    /// <summary>Gives the host a segment of the first peer as these bytes are; the checksum is put in, and then <paramref name="wrong"/> added.</summary>
    public void DeliverRaw(ReadOnlySpan<byte> tcp, int wrong = 0)
    {
        int ip = IsIpv6 ? 40 : 20;
        byte[] frame = new byte[14 + ip + tcp.Length];
        tcp.CopyTo(frame.AsSpan(14 + ip));
        TcpWriter.WriteChecksum(frame.AsSpan(14 + ip), PeerAddress, HostAddress);
        frame[14 + ip + 16] += (byte)wrong;
        EthernetWriter.Write(frame, HostMac, PeerMac, IsIpv6 ? EtherType.Ipv6 : EtherType.Ipv4);
        _ = IsIpv6
            ? Ipv6Writer.Write(frame.AsSpan(14), PeerAddress, HostAddress, IpProtocol.Tcp, tcp.Length)
            : Ipv4Writer.Write(frame.AsSpan(14), PeerAddress, HostAddress, IpProtocol.Tcp, tcp.Length);
        DeliverFrame(frame);
    }

    /// <summary>A segment of the first peer whose options are these bytes, padded with zeros, whatever they mean.</summary>
    public void DeliverWithOptions(SegmentPattern segment, params ReadOnlySpan<byte> options)
    {
        int header = 20 + ((options.Length + 3) & ~3);
        byte[] data = segment.Data ?? Bytes(segment.Seq ?? 0, segment.Length ?? 0);
        byte[] tcp = new byte[header + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, Peer.Endpoint.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), Peer.Host.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), segment.Seq ?? 0);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(8), segment.Ack ?? 0);
        tcp[12] = (byte)(header / 4 << 4);
        tcp[13] = (byte)segment.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(14), segment.Window ?? 65_535);
        options.CopyTo(tcp.AsSpan(20));
        data.CopyTo(tcp.AsSpan(header));
        DeliverRaw(tcp);
    }

    private ReadOnlySpan<byte> WithPeersIpOptions(ReadOnlySpan<byte> frame)
    {
        if (PeersIpOptions.Length == 0 || IsIpv6)
        {
            return frame;
        }

        byte[] longer = [.. frame[..34], .. PeersIpOptions, .. frame[34..]];
        Span<byte> header = longer.AsSpan(14, 20 + PeersIpOptions.Length);
        header[0] = (byte)(0x40 | header.Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(longer.Length - 14));
        header[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
        return longer;
    }

    /// <summary>A source route's last address, else the packet's own destination.</summary>
    private static IpAddress LastDestination(ReadOnlySpan<byte> packet)
    {
        int header = (packet[0] & 0xF) * 4;
        for (int at = 20; at < header && packet[at] != 0; at += packet[at] == 1 ? 1 : packet[at + 1])
        {
            if (packet[at] is 0x83 or 0x89)
            {
                return IpAddress.FromBytes(packet.Slice(at + packet[at + 1] - 4, 4));
            }
        }

        return IpAddress.FromBytes(packet.Slice(16, 4));
    }
}
