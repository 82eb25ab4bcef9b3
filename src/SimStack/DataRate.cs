namespace SimStack;

/// <summary>A link or pacing rate in bits per second (1 Gbit = 10^9 bits).</summary>
/// <param name="BitsPerSecond">Bits per second; 0 means "no limit".</param>
public readonly record struct DataRate(long BitsPerSecond) : IComparable<DataRate>
{
    /// <summary>No limit: sending takes no time.</summary>
    public static readonly DataRate Unlimited;

    public bool IsUnlimited => BitsPerSecond <= 0;

    /// <summary>How long that many bytes take to send, rounded up to a nanosecond; zero when unlimited.</summary>
    public Duration TimeFor(int bytes)
    {
        if (BitsPerSecond <= 0)
        {
            return Duration.Zero;
        }

        long bits = (long)bytes * 8;
        long seconds = bits < BitsPerSecond ? 0 : bits / BitsPerSecond;
        long rest = bits - (seconds * BitsPerSecond);
        // rest * 1e9 fits 64 bits for every frame below 1 GB.
        return new Duration(seconds * 1_000_000_000 + (rest * 1_000_000_000 + BitsPerSecond - 1) / BitsPerSecond);
    }

    public int CompareTo(DataRate other) => BitsPerSecond.CompareTo(other.BitsPerSecond);

    public override string ToString() => IsUnlimited
        ? "unlimited"
        : BitsPerSecond % 1_000_000_000 == 0 ? $"{BitsPerSecond / 1_000_000_000}Gbit"
        : BitsPerSecond % 1_000_000 == 0 ? $"{BitsPerSecond / 1_000_000}Mbit"
        : BitsPerSecond % 1_000 == 0 ? $"{BitsPerSecond / 1_000}kbit"
        : $"{BitsPerSecond}bit";
}
