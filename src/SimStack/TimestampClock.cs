namespace SimStack;

/// <summary>A host's TCP timestamp clock (RFC 7323 §5.4): one tick a millisecond, as Linux's.</summary>
/// <param name="Offset">The value at the simulation's start.</param>
/// <param name="Phase">How long after the start of a tick the simulation begins: 0 to 1 ms.</param>
public readonly record struct TimestampClock(uint Offset, Duration Phase)
{
    public uint At(Instant now) => unchecked(Offset + (uint)((now.Nanoseconds + Phase.Nanoseconds) / 1_000_000));
}
