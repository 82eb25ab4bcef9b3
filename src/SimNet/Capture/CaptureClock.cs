using SimStack;

namespace SimNet.Capture;

/// <summary>
/// Maps virtual time to the calendar of capture files: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
/// </summary>
/// <param name="StartUnixNanoseconds">What the simulation's <see cref="Instant.Zero"/> is on the calendar.</param>
public readonly record struct CaptureClock(long StartUnixNanoseconds)
{
    /// <summary>A simulation that begins at a calendar time, exact to its 100 ns ticks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Before 1970, or too late for 64-bit nanoseconds (2262).</exception>
    public static CaptureClock StartingAt(DateTimeOffset start)
    {
        long ticks = start.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        if (ticks is < 0 or > long.MaxValue / 100)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, "A capture starts between the years 1970 and 2262.");
        }

        return new(ticks * 100);
    }

    /// <summary>The calendar time of a point in virtual time; stays at the largest value rather than wrapping.</summary>
    public long ToUnixNanoseconds(Instant at)
    {
        long sum = unchecked(StartUnixNanoseconds + at.Nanoseconds);
        return at.Nanoseconds > 0 && sum < StartUnixNanoseconds ? long.MaxValue : sum;
    }

    /// <summary>The point in virtual time of a calendar time; negative when it is before the start.</summary>
    public Instant ToInstant(long unixNanoseconds) => new(unixNanoseconds - StartUnixNanoseconds);
}
