using SimStack.Ip;

namespace SimStack.Tcp.Authentication;

/// <summary>Which peers a key is for.</summary>
internal static class PeerPrefix
{
    /// <summary>The longest prefix of that address's version, in bits.</summary>
    public static int Longest(in IpAddress address) => address.IsV4 ? 32 : 128;

    /// <summary>The first bits are the same; of IPv4 addresses those of the 32.</summary>
    public static bool Covers(in IpAddress prefix, int length, in IpAddress address)
    {
        if (prefix.IsV4 != address.IsV4)
        {
            return false;
        }

        (ulong high, ulong low) = Mask(prefix.IsV4 ? length + 96 : length);
        return ((prefix.High ^ address.High) & high) == 0 && ((prefix.Low ^ address.Low) & low) == 0;
    }

    /// <summary>Nothing is set behind the prefix.</summary>
    public static bool IsExact(in IpAddress prefix, int length)
    {
        (ulong high, ulong low) = Mask(prefix.IsV4 ? length + 96 : length);
        return (prefix.High & ~high) == 0 && (prefix.Low & ~low) == 0;
    }

    private static (ulong High, ulong Low) Mask(int bits) => (Ones(bits), Ones(bits - 64));

    private static ulong Ones(int bits) => bits <= 0 ? 0 : bits >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - bits);
}
