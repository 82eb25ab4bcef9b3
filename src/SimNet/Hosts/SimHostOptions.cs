using SimStack;
using SimStack.Profiles;

namespace SimNet.Hosts;

/// <summary>What a simulated host is made with.</summary>
public sealed record SimHostOptions
{
    /// <summary>Unique in the simulation; also the name that captures show for its addresses.</summary>
    public required string Name { get; init; }

    /// <summary>Which system its stack behaves like.</summary>
    public Profile Profile { get; init; } = Profile.Linux;

    /// <summary>Time from a frame's arrival at the interface to the stack. Zero: none.</summary>
    public Duration ProcessingDelay { get; init; }

    /// <summary>Time from a socket's readiness to the application that waits for it. Zero: none.</summary>
    public Duration WakeupDelay { get; init; }

    /// <summary>
    /// Times at which no application that waited for a socket gets to run: what would wake then wakes at the end. One behind the other. Empty: none.
    /// </summary>
    public IReadOnlyList<BusyTime> BusyTimes { get; init; } = [];

    /// <summary>The timestamp clock; null: as the profile says.</summary>
    public TimestampClock? Timestamps { get; init; }

    /// <summary>
    /// The secret of initial sequence numbers (RFC 6528) and the like; null: from the simulation's seed and the host's name.
    /// </summary>
    public ulong? Secret { get; init; }
}
