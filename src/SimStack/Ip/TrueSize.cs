using System.Numerics;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// What a received packet costs in a socket's receive buffer: Linux accounts the memory of its buffers, not the bytes in them.
/// Measured on Linux 6.18 (x86-64, between two veth interfaces): 832 bytes for up to 197 bytes of UDP payload, 1,280 for up to
/// 645, 2,304 for a full Ethernet frame, and the sum over its fragments for a reassembled datagram.
/// </summary>
internal static class TrueSize
{
    private const int Descriptor = 256;
    private const int SharedInfo = 320;
    private const int SmallHead = 832;
    private const int Reserve = 31;
    private const int LargestLinear = 16_384 - SharedInfo;

    /// <param name="length">Transport header and payload in bytes.</param>
    /// <param name="v4">The IP version.</param>
    /// <param name="mtu">The MTU of the interface it came in by: what was longer came in fragments.</param>
    public static int Of(int length, bool v4, int mtu)
    {
        int header = v4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength;
        if (length + header <= mtu)
        {
            return OfBuffer(length + header);
        }

        int perFragment = Math.Max(8, (mtu - header - (v4 ? 0 : 8)) & ~7);
        int whole = length / perFragment;
        int rest = length % perFragment;
        return (whole * OfBuffer(perFragment + header)) + (rest > 0 ? OfBuffer(rest + header) : 0);
    }

    private static int OfBuffer(int packet)
    {
        int needed = packet + Reserve;
        return needed <= 256 ? SmallHead
            : needed > LargestLinear ? packet + SmallHead
            : (int)BitOperations.RoundUpToPowerOf2((uint)(needed + SharedInfo)) + Descriptor;
    }
}
