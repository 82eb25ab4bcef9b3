using SimStack;

namespace SimNet.Bridge;

/// <summary>How virtual time is held to the wall clock.</summary>
public sealed record BridgeOptions
{
    /// <summary>
    /// How far behind the wall clock an event may run. When the machine does not keep up, virtual time stands still for the rest, and the run
    /// counts as unfaithful: timers and rates were not those of the real time. 100 ms unless set.
    /// </summary>
    public Duration MaxLag { get; init; } = Duration.FromMilliseconds(100);

    /// <summary>Frames read from a device before the simulation runs. 64 unless set.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>How long to look for frames again and again before the thread sleeps: less delay, for a processor's whole time. 0 unless set.</summary>
    public Duration Spin { get; init; }
}
