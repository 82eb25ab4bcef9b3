using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>Writes IPv6 headers (RFC 8200 §3).</summary>
public static class Ipv6Writer
{
    /// <summary>Writes 40 bytes and returns 40.</summary>
    /// <param name="destination">At least 40 bytes.</param>
    /// <param name="source">An IPv6 address.</param>
    /// <param name="target">An IPv6 address.</param>
    /// <param name="nextHeader">What the payload is.</param>
    /// <param name="payloadLength">0 to 65,535 bytes.</param>
    /// <param name="hopLimit">Hop limit.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="flowLabel">20 bits.</param>
    public static int Write(
        Span<byte> destination,
        in IpAddress source,
        in IpAddress target,
        IpProtocol nextHeader,
        int payloadLength,
        byte hopLimit = 64,
        byte trafficClass = 0,
        uint flowLabel = 0)
    {
        destination = destination[..Ipv6View.HeaderLength];
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0x6000_0000u | (uint)trafficClass << 20 | flowLabel & 0xF_FFFF);
        BinaryPrimitives.WriteUInt32BigEndian(
            destination[4..], (uint)((ushort)payloadLength << 16 | (byte)nextHeader << 8 | hopLimit));
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], source.High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], source.Low);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], target.High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[32..], target.Low);
        return Ipv6View.HeaderLength;
    }
}
