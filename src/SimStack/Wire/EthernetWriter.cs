using System.Buffers.Binary;

namespace SimStack.Wire;

/// <summary>Writes Ethernet II headers.</summary>
public static class EthernetWriter
{
    /// <summary>Writes 14 bytes and returns 14.</summary>
    public static int Write(Span<byte> destination, MacAddress to, MacAddress from, EtherType type)
    {
        destination = destination[..EthernetView.HeaderLength];
        BinaryPrimitives.WriteUInt64BigEndian(destination, to.Value << 16 | from.Value >> 32 & 0xFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)from.Value);
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], (ushort)type);
        return EthernetView.HeaderLength;
    }
}
