using System.Buffers.Binary;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>Writes IPv4 headers without options (RFC 791).</summary>
public static class Ipv4Writer
{
    /// <summary>Writes 20 bytes with the header checksum and returns 20.</summary>
    /// <param name="destination">At least 20 bytes.</param>
    /// <param name="source">An IPv4 address.</param>
    /// <param name="target">An IPv4 address.</param>
    /// <param name="protocol">What the payload is.</param>
    /// <param name="payloadLength">0 to 65,515 bytes.</param>
    /// <param name="ttl">Time to live.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="id">Identification, for reassembly.</param>
    /// <param name="dontFragment">The DF flag.</param>
    /// <param name="fragmentOffset">In bytes, a multiple of 8.</param>
    /// <param name="moreFragments">The MF flag.</param>
    public static int Write(
        Span<byte> destination,
        in IpAddress source,
        in IpAddress target,
        IpProtocol protocol,
        int payloadLength,
        byte ttl = 64,
        byte trafficClass = 0,
        ushort id = 0,
        bool dontFragment = true,
        int fragmentOffset = 0,
        bool moreFragments = false)
    {
        destination = destination[..Ipv4View.MinHeaderLength];
        int flags = (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | fragmentOffset / 8 & 0x1FFF;
        uint first = (uint)(0x4500_0000 | trafficClass << 16 | (ushort)(payloadLength + Ipv4View.MinHeaderLength));
        uint second = (uint)(id << 16 | flags);
        uint third = (uint)(ttl << 24 | (byte)protocol << 16);

        // Summed from the fields themselves: cheaper than reading the header back.
        ulong sum = (ulong)first + second + third + source.V4 + target.V4;
        sum = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt64BigEndian(destination, (ulong)first << 32 | second);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], (ulong)(third | (ushort)~sum) << 32 | source.V4);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], target.V4);
        return Ipv4View.MinHeaderLength;
    }
}
