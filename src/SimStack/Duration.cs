namespace SimStack;

/// <summary>A span of virtual time in nanoseconds; may be negative.</summary>
/// <param name="Nanoseconds">The length in nanoseconds, about ±292 years.</param>
public readonly record struct Duration(long Nanoseconds) : IComparable<Duration>
{
    public static readonly Duration Zero;

    /// <summary>Longer than any run; used for "no limit".</summary>
    public static readonly Duration Infinite = new(long.MaxValue);

    public double TotalSeconds => Nanoseconds / 1e9;
    public double TotalMilliseconds => Nanoseconds / 1e6;
    public long WholeMicroseconds => Nanoseconds / 1_000;
    public long WholeMilliseconds => Nanoseconds / 1_000_000;

    public static Duration FromNanoseconds(long value) => new(value);
    public static Duration FromMicroseconds(long value) => new(value * 1_000);
    public static Duration FromMilliseconds(long value) => new(value * 1_000_000);
    public static Duration FromSeconds(long value) => new(value * 1_000_000_000);

    /// <summary>A whole number of 100 ns ticks.</summary>
    public static Duration FromTimeSpan(TimeSpan value) => new(value.Ticks * 100);

    /// <summary>Rounded towards zero to 100 ns ticks.</summary>
    public TimeSpan ToTimeSpan() => new(Nanoseconds / 100);

    public int CompareTo(Duration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    public static Duration operator +(Duration a, Duration b) => new(a.Nanoseconds + b.Nanoseconds);
    public static Duration operator -(Duration a, Duration b) => new(a.Nanoseconds - b.Nanoseconds);
    public static Duration operator -(Duration a) => new(-a.Nanoseconds);
    public static Duration operator *(Duration a, long b) => new(a.Nanoseconds * b);
    public static Duration operator /(Duration a, long b) => new(a.Nanoseconds / b);
    public static bool operator <(Duration a, Duration b) => a.Nanoseconds < b.Nanoseconds;
    public static bool operator >(Duration a, Duration b) => a.Nanoseconds > b.Nanoseconds;
    public static bool operator <=(Duration a, Duration b) => a.Nanoseconds <= b.Nanoseconds;
    public static bool operator >=(Duration a, Duration b) => a.Nanoseconds >= b.Nanoseconds;

    public static Duration Min(Duration a, Duration b) => a < b ? a : b;
    public static Duration Max(Duration a, Duration b) => a > b ? a : b;

    /// <summary>Seconds with up to nine decimals, invariant culture: <c>0.005s</c>.</summary>
    public override string ToString() =>
        (Nanoseconds / 1_000_000_000m).ToString("0.#########", System.Globalization.CultureInfo.InvariantCulture) + "s";
}
