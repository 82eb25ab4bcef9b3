using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>
/// Joins the frames of an offload group into the one packet that a packet socket on the device sees: the first frame's header with
/// the flags of all, and all the data.
/// </summary>
internal sealed class GroupJoiner
{
    private readonly List<byte> _bytes = [];
    private int _frames;

    /// <summary>Takes a frame's IP packet; returns the whole packet with the last frame of its group, else null.</summary>
    public LivePacket? Add(Instant now, ReadOnlySpan<byte> packet, bool follows)
    {
        packet = Trim(packet);
        if (_frames == 0 && !follows)
        {
            return new LivePacket(now, Outbound: true, packet.ToArray());
        }

        if (_frames == 0)
        {
            _bytes.AddRange(packet);
        }
        else
        {
            Append(packet);
        }

        _frames++;
        if (follows)
        {
            return null;
        }

        byte[] whole = [.. _bytes];
        MendLengths(whole);
        LivePacket joined = new(now, Outbound: true, whole, _frames);
        _bytes.Clear();
        _frames = 0;
        return joined;
    }

    // Ethernet pads short frames; the packet's own length is what counts.
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> packet)
    {
        int length = packet.Length >= 20 && packet[0] >> 4 == 4 ? BinaryPrimitives.ReadUInt16BigEndian(packet[2..])
            : packet.Length >= Ipv6View.HeaderLength ? Ipv6View.HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(packet[4..])
            : packet.Length;
        return packet[..Math.Min(length, packet.Length)];
    }

    private void Append(ReadOnlySpan<byte> packet)
    {
        int tcp = TransportOffset(packet);
        int first = TransportOffset(CollectionsMarshal.AsSpan(_bytes));
        _bytes[first + 13] |= packet[tcp + 13];
        _bytes.AddRange(packet[(tcp + (packet[tcp + 12] >> 4 << 2))..]);
    }

    private static int TransportOffset(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 4 ? (packet[0] & 0xF) << 2 : Ipv6View.HeaderLength;

    private static void MendLengths(byte[] packet)
    {
        int tcp = TransportOffset(packet);
        if (packet[0] >> 4 == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet.AsSpan(10, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), InternetChecksum.Compute(packet.AsSpan(0, tcp)));
            _ = Ipv4View.TryParse(packet, out Ipv4View ip, out _);
            TcpWriter.WriteChecksum(packet.AsSpan(tcp), ip.Source, ip.Destination);
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - Ipv6View.HeaderLength));
        _ = Ipv6View.TryParse(packet, out Ipv6View ip6, out _);
        TcpWriter.WriteChecksum(packet.AsSpan(tcp), ip6.Source, ip6.Destination);
    }
}
