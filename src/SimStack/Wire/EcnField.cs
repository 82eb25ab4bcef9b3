using System.Buffers.Binary;

namespace SimStack.Wire;

/// <summary>The two bits of ECN in an IP header (RFC 3168 §5): of TOS or traffic class the lowest.</summary>
public static class EcnField
{
    /// <summary>The sender does not take marks.</summary>
    public const byte NotEct = 0;

    /// <summary>ECN-capable; for other algorithms than the usual ones (RFC 9331).</summary>
    public const byte Ect1 = 1;

    /// <summary>ECN-capable.</summary>
    public const byte Ect0 = 2;

    /// <summary>Congestion experienced.</summary>
    public const byte Ce = 3;

    /// <summary>Both bits.</summary>
    public const byte Mask = 3;

    /// <summary>True for IP packets with ECT(0), ECT(1) or CE.</summary>
    public static bool IsCapable(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetView.HeaderLength + Ipv4View.MinHeaderLength)
        {
            return false;
        }

        ReadOnlySpan<byte> packet = frame[EthernetView.HeaderLength..];
        return BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            (ushort)EtherType.Ipv4 => packet[0] >> 4 == 4 && (packet[1] & Ce) != 0,
            (ushort)EtherType.Ipv6 => packet[0] >> 4 == 6 && (packet[1] & Ce << 4) != 0,
            _ => false,
        };
    }

    /// <summary>Marks congestion on a packet that is ECN-capable; false when it isn't, or the frame is no IP packet.</summary>
    public static bool MarkCongestion(Span<byte> frame)
    {
        if (!IsCapable(frame))
        {
            return false;
        }

        Span<byte> packet = frame[EthernetView.HeaderLength..];
        if (packet[0] >> 4 == 6)
        {
            packet[1] |= Ce << 4;
            return true;
        }

        // RFC 1624 §3: the checksum follows from the old one and the change; it stays wrong where it was wrong.
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] |= Ce;
        int sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + (ushort)~before + BinaryPrimitives.ReadUInt16BigEndian(packet);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)~sum);
        return true;
    }
}
