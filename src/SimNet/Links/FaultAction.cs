using SimStack;

namespace SimNet.Links;

/// <summary>What a fault rule decided.</summary>
public readonly record struct FaultAction
{
    /// <summary>Leave the packet alone.</summary>
    public static readonly FaultAction None;

    /// <summary>Lose it.</summary>
    public static readonly FaultAction Drop = new() { Kind = FaultKind.Drop };

    /// <summary>Change one bit of it, chosen by the link's random stream for rules.</summary>
    public static readonly FaultAction Corrupt = new() { Kind = FaultKind.Corrupt };

    /// <summary>What to do.</summary>
    public FaultKind Kind { get; private init; }

    /// <summary>For <see cref="FaultKind.Delay"/>: by how much.</summary>
    public Duration Extra { get; private init; }

    /// <summary>For <see cref="FaultKind.Duplicate"/>: how many.</summary>
    public int Copies { get; private init; }

    /// <summary>Make it arrive that much later.</summary>
    public static FaultAction DelayBy(Duration extra)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(extra, Duration.Zero);
        return new FaultAction { Kind = FaultKind.Delay, Extra = extra };
    }

    /// <summary>Let that many copies follow it.</summary>
    public static FaultAction Duplicate(int copies = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        return new FaultAction { Kind = FaultKind.Duplicate, Copies = copies };
    }
}
