using System.Numerics;

namespace SimNet.Links;

/// <summary>
/// Random deviates of mean 0 and standard deviation 1 from 64 random bits, in whole parts of 2^-32 and integer arithmetic
/// throughout: a machine's mathematical library would make captures differ.
/// </summary>
internal static class Deviates
{
    /// <summary>One.</summary>
    public const long One = 1L << 32;

    /// <summary>Octaves of tail probability in the table; what is less probable than 2^-32 counts as that.</summary>
    public const int Octaves = 32;

    /// <summary>Steps in an octave.</summary>
    public const int Steps = 64;

    // The bell curve is summed from x = 8 to 0 in steps of 1/1024.
    private const int Grid = 1024;
    private const int GridEnd = 8 * Grid;

    // 2/sqrt(3) in parts of 2^-32: 1 / (standard deviation of a Pareto distribution of shape 3 and least value 1).
    private const long ParetoScale = 4_959_401_049;

    // The cube of a larger number has more than 128 bits.
    private const ulong LargestCubeRoot = 6_981_463_658_331;

    private static readonly long[] Quantiles = MakeNormalQuantiles();

    /// <summary>
    /// For s from 0 to 2,048 the x that a normal deviate exceeds in absolute value with probability 2^-(k+1)·(1 + j/64), where
    /// s = 64·k + 64 - j.
    /// </summary>
    public static ReadOnlySpan<long> NormalQuantiles => Quantiles;

    /// <summary>A normal deviate: the lowest bit is the sign, the others are the probability of a larger one.</summary>
    public static long Normal(ulong bits)
    {
        ulong tail = bits >> 1 | 1;
        int octave = BitOperations.LeadingZeroCount(tail) - 1;
        if (octave >= Octaves)
        {
            return Signed(Quantiles[^1], bits);
        }

        ulong mantissa = tail << (octave + 1);
        int step = (int)(mantissa >> 57) & (Steps - 1);
        long rest = (long)(mantissa >> 25 & 0xFFFF_FFFF);
        int place = octave * Steps + Steps - step;
        long far = Quantiles[place];
        long near = Quantiles[place - 1];
        return Signed(far - (long)((Int128)(far - near) * rest >> 32), bits);
    }

    /// <summary>
    /// A Pareto deviate of shape 3, (u^(-1/3) - 3/2)·2/sqrt(3), u evenly from 2^-32 to 1: the upper half of the bits.
    /// </summary>
    public static long Pareto(ulong bits)
    {
        UInt128 inverse = UInt128.MaxValue / ((bits >> 32) + 1);
        long value = CubeRoot(inverse);
        return (long)((Int128)(value - 3 * (One / 2)) * ParetoScale >> 32);
    }

    /// <summary>The largest whole number whose cube is not larger.</summary>
    public static long CubeRoot(UInt128 value)
    {
        ulong root = 0;
        for (int bit = 42; bit >= 0; bit--)
        {
            ulong larger = root | 1UL << bit;
            if (larger <= LargestCubeRoot && (UInt128)larger * larger * larger <= value)
            {
                root = larger;
            }
        }

        return (long)root;
    }

    private static long Signed(long value, ulong bits) => (bits & 1) != 0 ? -value : value;

    /// <summary>
    /// f(x) = exp(-x²/2) in parts of 2^-62 by f(x+h) = f(x)·r(x), r(x+h) = r(x)·exp(-h²), r(0) = exp(-h²/2) with h = 2^-10, whose
    /// exponentials are a few terms of their series; its integral from each x to 8 by trapezoids; then the x for each
    /// probability by bisection and a straight line between neighbours.
    /// </summary>
    private static long[] MakeNormalQuantiles()
    {
        const ulong Unit = 1UL << 62;
        const ulong Ratio = Unit - (1UL << 42) + (1UL << 21) - 1;
        ulong[] curve = new ulong[GridEnd + 1];
        ulong step = Unit - (1UL << 41) + (1UL << 19);
        curve[0] = Unit;
        for (int i = 1; i <= GridEnd; i++)
        {
            curve[i] = Multiply(curve[i - 1], step);
            step = Multiply(step, Ratio);
        }

        UInt128[] tails = new UInt128[GridEnd + 1];
        for (int i = GridEnd - 1; i >= 0; i--)
        {
            tails[i] = tails[i + 1] + curve[i] + curve[i + 1];
        }

        long[] quantiles = new long[Octaves * Steps + 1];
        for (int s = 1; s < quantiles.Length; s++)
        {
            int octave = (s - 1) / Steps;
            int fraction = (octave + 1) * Steps - s;
            quantiles[s] = Invert(tails, tails[0] * (ulong)(Steps + fraction) >> (octave + 7));
        }

        return quantiles;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high << 2 | low >> 62;
    }

    private static long Invert(UInt128[] tails, UInt128 target)
    {
        (int below, int above) = (0, GridEnd);
        while (above - below > 1)
        {
            int middle = (below + above) / 2;
            (below, above) = tails[middle] >= target ? (middle, above) : (below, middle);
        }

        UInt128 part = (tails[below] - target) * (One / Grid) / (tails[below] - tails[above]);
        return below * (One / Grid) + (long)part;
    }
}
