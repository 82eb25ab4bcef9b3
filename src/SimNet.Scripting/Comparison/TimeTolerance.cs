using System.Globalization;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Comparison;

/// <summary>How far two intervals may be apart: the larger of an absolute and a relative bound.</summary>
public readonly record struct TimeTolerance
{
    private readonly Probability _relative;

    private TimeTolerance(Duration absolute, Probability relative)
    {
        Absolute = absolute;
        _relative = relative;
    }

    /// <summary>5 ms or 3 %, whichever is more.</summary>
    public static TimeTolerance Default { get; } = new(Duration.FromMilliseconds(5), Probability.FromParts(Probability.One / 100 * 3));

    /// <summary>The absolute bound.</summary>
    public Duration Absolute { get; }

    /// <summary>Reads <c>5ms,3%</c>, <c>5ms</c> or <c>3%</c>; a bound that is not given is 0.</summary>
    public static bool TryParse(string text, out TimeTolerance tolerance)
    {
        ArgumentNullException.ThrowIfNull(text);
        tolerance = default;
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        string? relativeText = Array.Find(parts, p => p.EndsWith('%'));
        string? absoluteText = Array.Find(parts, p => !p.EndsWith('%'));
        Duration absolute = default;
        Probability relative = default;
        if (parts.Length > 2 || parts.Length != (relativeText is null ? 0 : 1) + (absoluteText is null ? 0 : 1)
            || (absoluteText is not null && !Units.TryDuration(absoluteText, out absolute))
            || (relativeText is not null && !Units.TryProbability(relativeText, out relative)))
        {
            return false;
        }

        tolerance = new TimeTolerance(absolute, relative);
        return true;
    }

    /// <summary>How far two intervals may be apart, the longer of which has that many nanoseconds.</summary>
    internal long For(long interval)
    {
        long relative = (long)(Int128.Abs(interval) * _relative.Parts / Probability.One);
        return Math.Max(Absolute.Nanoseconds, relative);
    }

    /// <summary>True when the two intervals, in nanoseconds, are near enough.</summary>
    internal bool Allows(long a, long b)
    {
        Int128 apart = (Int128)a - b;
        return (apart < 0 ? -apart : apart) <= For(Int128.Abs(a) > Int128.Abs(b) ? a : b);
    }

    /// <summary>As it is written: <c>5ms,3%</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Absolute.Nanoseconds / 1e6:0.######}ms,{100.0 * _relative.Parts / Probability.One:0.####}%");
}
