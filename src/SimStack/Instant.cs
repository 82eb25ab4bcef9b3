namespace SimStack;

/// <summary>A point in virtual time: nanoseconds since the simulation began.</summary>
/// <param name="Nanoseconds">Nanoseconds since the start, never negative in a run.</param>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    public static readonly Instant Zero;

    /// <summary>Later than everything; what a timer that is not armed shows.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public bool IsNever => Nanoseconds == long.MaxValue;

    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Saturates at <see cref="Never"/>.</summary>
    public static Instant operator +(Instant a, Duration b)
    {
        long sum = unchecked(a.Nanoseconds + b.Nanoseconds);
        return b.Nanoseconds > 0 && sum < a.Nanoseconds ? Never : new(sum);
    }

    public static Instant operator -(Instant a, Duration b) => new(a.Nanoseconds - b.Nanoseconds);
    public static Duration operator -(Instant a, Instant b) => new(a.Nanoseconds - b.Nanoseconds);
    public static bool operator <(Instant a, Instant b) => a.Nanoseconds < b.Nanoseconds;
    public static bool operator >(Instant a, Instant b) => a.Nanoseconds > b.Nanoseconds;
    public static bool operator <=(Instant a, Instant b) => a.Nanoseconds <= b.Nanoseconds;
    public static bool operator >=(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds;

    public static Instant Min(Instant a, Instant b) => a < b ? a : b;
    public static Instant Max(Instant a, Instant b) => a > b ? a : b;

    /// <summary>Seconds with nine decimals, invariant culture; <c>never</c> for <see cref="Never"/>.</summary>
    public override string ToString() =>
        IsNever
            ? "never"
            : (Nanoseconds / 1_000_000_000m).ToString("0.000000000", System.Globalization.CultureInfo.InvariantCulture);
}
