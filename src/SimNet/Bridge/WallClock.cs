using System.Diagnostics;
using SimStack;

namespace SimNet.Bridge;

/// <summary>The real time since a session began, as an instant of the simulation.</summary>
internal sealed class WallClock
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _first;
    private long _slipped;

    /// <param name="first">The simulation's present, which is now.</param>
    public WallClock(Instant first) => _first = first.Nanoseconds;

    /// <summary>Time by the wall, slips not taken off.</summary>
    public Duration Elapsed => new(Ticks);

    /// <summary>The present.</summary>
    public Instant Now => new(_first + Ticks - _slipped);

    private long Ticks
    {
        get
        {
            long ticks = Stopwatch.GetTimestamp() - _start;
            return Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));
        }
    }

    /// <summary>Virtual time stands still for so long.</summary>
    public void Slip(Duration time) => _slipped += time.Nanoseconds;
}
