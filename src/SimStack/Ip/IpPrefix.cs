using System.Numerics;

namespace SimStack.Ip;

/// <summary>Arithmetic on prefixes; lengths count from the address's own first bit, 0 to 32 or 0 to 128.</summary>
internal static class IpPrefix
{
    /// <summary>Number of equal leading bits of two addresses of one family.</summary>
    internal static int CommonBits(in IpAddress a, in IpAddress b)
    {
        if (a.IsV4)
        {
            return BitOperations.LeadingZeroCount(a.V4 ^ b.V4);
        }

        ulong high = a.High ^ b.High;
        return high != 0 ? BitOperations.LeadingZeroCount(high) : 64 + BitOperations.LeadingZeroCount(a.Low ^ b.Low);
    }

    /// <summary>The address with all bits behind the prefix cleared.</summary>
    internal static IpAddress Mask(in IpAddress address, int length)
    {
        if (address.IsV4)
        {
            return IpAddress.FromV4(length == 0 ? 0 : address.V4 & uint.MaxValue << 32 - length);
        }

        ulong high = length == 0 ? 0 : length >= 64 ? address.High : address.High & ulong.MaxValue << 64 - length;
        ulong low = length <= 64 ? 0 : address.Low & ulong.MaxValue << 128 - length;
        return new IpAddress(high, low);
    }
}
