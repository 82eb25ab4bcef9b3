using SimNet.Time;

namespace SimNet;

/// <summary>What a simulation starts from. The same options and the same program give the same run.</summary>
public sealed record SimulationOptions
{
    /// <summary>The root of all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The date and time of instant zero: what captures and applications see. 2024-01-01T00:00:00Z unless set.</summary>
    public DateTimeOffset Start { get; init; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Bounds of the run.</summary>
    public SimulationLimits Limits { get; init; } = new();
}
