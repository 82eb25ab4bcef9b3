namespace SimNet.Capture;

/// <summary>The unit and origin of one interface's timestamps (<c>if_tsresol</c>, <c>if_tsoffset</c>).</summary>
internal readonly struct PcapngTimestamp
{
    /// <summary>Without the option, timestamps are in microseconds.</summary>
    public const byte DefaultResolution = 6;

    private const int FinestDecimal = 27;
    private const int FinestBinary = 63;
    private readonly UInt128 _multiplier;
    private readonly UInt128 _divisor;
    private readonly Int128 _offset;

    public PcapngTimestamp(byte resolution, long offsetSeconds)
    {
        int exponent = resolution & 0x7F;
        _offset = (Int128)offsetSeconds * 1_000_000_000;
        if (resolution >= 0x80)
        {
            _multiplier = 1_000_000_000;
            _divisor = UInt128.One << exponent;
        }
        else
        {
            _multiplier = exponent < 9 ? PowerOfTen(9 - exponent) : 1;
            _divisor = exponent > 9 ? PowerOfTen(exponent - 9) : 1;
        }
    }

    /// <summary>True for units whose whole range can be counted; finer ones than 10^-27 s or 2^-63 s are not real.</summary>
    public static bool IsPossible(byte resolution) =>
        resolution >= 0x80 ? (resolution & 0x7F) <= FinestBinary : resolution <= FinestDecimal;

    /// <summary>Whole nanoseconds since 1970; false when 64 bits cannot hold them.</summary>
    public bool TryToUnixNanoseconds(ulong units, out long nanoseconds)
    {
        Int128 sum = (Int128)(units * _multiplier / _divisor) + _offset;
        nanoseconds = unchecked((long)sum);
        return sum >= long.MinValue && sum <= long.MaxValue;
    }

    private static UInt128 PowerOfTen(int exponent)
    {
        UInt128 power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }
}
