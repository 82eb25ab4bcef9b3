using SimStack;

namespace SimNet.Time;

/// <summary>
/// What an event of the <see cref="EventLoop"/> calls. One long-lived object per link direction, host or timer: events allocate
/// nothing.
/// </summary>
public abstract class EventTarget
{
    /// <summary>What this is, in a few words, for the message of a <see cref="SimulationLimitException"/>.</summary>
    public virtual string Description => GetType().Name;

    /// <summary>Called by the loop at the scheduled instant.</summary>
    /// <param name="now">The event's instant, which is also <see cref="EventLoop.Now"/>.</param>
    /// <param name="argument">What was given to <see cref="EventLoop.Schedule"/>.</param>
    public abstract void Run(Instant now, long argument);
}
