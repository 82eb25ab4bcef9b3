using SimStack;

namespace SimNet.Bridge;

/// <summary>How well virtual time kept to the wall clock.</summary>
public sealed class BridgeStatistics
{
    /// <summary>How long the session has run by the wall clock.</summary>
    public Duration Elapsed { get; internal set; }

    /// <summary>How far behind the wall clock the last event began that was late.</summary>
    public Duration Lag { get; internal set; }

    /// <summary>The most that an event was behind.</summary>
    public Duration LongestLag { get; internal set; }

    /// <summary>The longest time in which no device was looked at although frames may have come: the machine was busy, or asleep.</summary>
    public Duration LongestStall { get; internal set; }

    /// <summary>How long virtual time stood still in all, because <see cref="BridgeOptions.MaxLag"/> was passed.</summary>
    public Duration Slipped { get; internal set; }

    /// <summary>How often it did.</summary>
    public long Slips { get; internal set; }

    /// <summary>Times that devices were looked at.</summary>
    public long Rounds { get; internal set; }

    /// <summary>Times that the thread slept.</summary>
    public long Sleeps { get; internal set; }
}
