namespace SimNet.Time;

/// <summary>Names one scheduled event so that it can be cancelled. The default value names none.</summary>
public readonly record struct EventHandle
{
    internal EventHandle(int slot, long number)
    {
        Slot = slot;
        Number = number;
    }

    internal int Slot { get; }

    /// <summary>
    /// The event's insertion number, from 1: no two events of a loop share one, so a handle can't cancel a later event.
    /// </summary>
    internal long Number { get; }
}
