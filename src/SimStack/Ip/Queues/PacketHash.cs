using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>What a queue discipline reads of packets that belong to no socket of the host.</summary>
internal static class PacketHash
{
    /// <summary>The same for all packets between two ports, or two addresses where there are no ports (Linux: skb_get_hash).</summary>
    public static uint Of(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> packet = frame[EthernetView.HeaderLength..];
        if (packet.Length >= Ipv4View.MinHeaderLength && packet[0] >> 4 == 4)
        {
            int header = (packet[0] & 0xF) << 2;
            bool fragment = (packet[6] & 0x3F | packet[7]) != 0;
            return Mix(Mix(packet[9], packet.Slice(12, 8)), fragment ? default : Ports(packet, header, packet[9]));
        }

        return packet.Length >= Ipv6View.HeaderLength && packet[0] >> 4 == 6
            ? Mix(Mix(packet[6], packet.Slice(8, 32)), Ports(packet, Ipv6View.HeaderLength, packet[6]))
            : Mix(0, frame[..EthernetView.HeaderLength]);
    }

    /// <summary>The priority that Linux gives to a forwarded IPv4 packet by its TOS (rt_tos2priority); IPv6 has none.</summary>
    public static int PriorityOf(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> packet = frame[EthernetView.HeaderLength..];
        return packet.Length >= Ipv4View.MinHeaderLength && packet[0] >> 4 == 4 ? PriorityOfTos(packet[1]) : 0;
    }

    /// <summary>TC_PRIO_BESTEFFORT 0, BULK 2, INTERACTIVE 6 or INTERACTIVE_BULK 4 by the bits of RFC 1349 (ip_tos2prio).</summary>
    public static int PriorityOfTos(int tos) => (tos & 0x18) switch
    {
        0x00 => 0,
        0x08 => 2,
        0x10 => 6,
        _ => 4,
    };

    private static ReadOnlySpan<byte> Ports(ReadOnlySpan<byte> packet, int header, byte protocol) =>
        protocol is (byte)IpProtocol.Tcp or (byte)IpProtocol.Udp && packet.Length >= header + 4 ? packet.Slice(header, 4) : default;

    // FNV-1a: the same on every machine.
    private static uint Mix(uint hash, ReadOnlySpan<byte> bytes)
    {
        hash ^= 2_166_136_261;
        foreach (byte b in bytes)
        {
            hash = unchecked((hash ^ b) * 16_777_619);
        }

        return hash ^ hash >> 16;
    }
}
