using SimStack;

namespace SimNet.Time;

/// <summary>Bounds that turn a run without end into a <see cref="SimulationLimitException"/>.</summary>
public sealed record SimulationLimits
{
    /// <summary>The last instant, as time since the start, at which an event may run. 24 hours unless set.</summary>
    public Duration VirtualTime { get; init; } = Duration.FromSeconds(24 * 3600);

    /// <summary>How many events may run in all. 2 × 10^9 unless set.</summary>
    public long Events { get; init; } = 2_000_000_000;
}
