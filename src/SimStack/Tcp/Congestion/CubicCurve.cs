using System.Numerics;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// W(t) = C (t - K)^3 + Wmax (RFC 9438 §4.2) in integers, rounded exactly as Linux's tcp_cubic.c does: time in 1/1024 s, and C = 0.4 as
/// 410/1024.
/// </summary>
internal static class CubicCurve
{
    /// <summary>Ticks of the curve's time in a second, as a power of two (Linux: BICTCP_HZ).</summary>
    public const int TimeShift = 10;

    private const int DistanceShift = 10 + 3 * TimeShift;

    // C · 1024 (Linux: bic_scale · 10, bic_scale being fixed when the module is loaded).
    private const uint Scale = 410;

    // For x below 64, 64 times the cube root of x · 2^18 in units of 64, less what is added before the shift.
    private static ReadOnlySpan<byte> Roots =>
    [
        0, 54, 54, 54, 118, 118, 118, 118, 123, 129, 134, 138, 143, 147, 151, 156,
        157, 161, 164, 168, 170, 173, 176, 179, 181, 185, 187, 190, 192, 194, 197, 199,
        200, 202, 204, 206, 209, 211, 213, 215, 217, 219, 221, 222, 224, 225, 227, 229,
        231, 232, 234, 236, 237, 239, 240, 242, 244, 245, 246, 248, 250, 251, 252, 254,
    ];

    /// <summary>K: the time from the start of the curve until it is back at the window before the loss (RFC 9438 §4.2, figure 2).</summary>
    /// <param name="missing">Segments that the window is below it.</param>
    public static uint TimeToPlateau(uint missing) => Root(unchecked((1UL << DistanceShift) / Scale * missing));

    /// <summary>C · time³, in segments.</summary>
    /// <param name="time">In 1/1024 s.</param>
    public static uint Distance(ulong time) => unchecked((uint)(Scale * time * time * time >> DistanceShift));

    /// <summary>A cube root with an error of about 0.2 %: a table, and one step of Newton's (Linux: cubic_root).</summary>
    public static uint Root(ulong a)
    {
        int bits = 64 - BitOperations.LeadingZeroCount(a);
        if (bits < 7)
        {
            return (Roots[(int)a] + 35u) >> 6;
        }

        int third = (bits * 84 >> 8) - 1;
        uint leading = (uint)(a >> (third * 3));
        uint guess = ((Roots[(int)leading] + 10u) << third) >> 6;

        // (2x + a / x²) / 3, with x (x - 1) below and 341/1024 for the third.
        uint refined = 2 * guess + (uint)(a / ((ulong)guess * (guess - 1)));
        return unchecked(refined * 341) >> 10;
    }
}
