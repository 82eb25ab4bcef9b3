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

    /// <summary>
    /// Change one bit behind the transport header, chosen by the link's random stream for rules, and mend the checksums: what the
    /// receiver can't notice. Packets without payload stay as they are.
    /// </summary>
    public static readonly FaultAction CorruptUnnoticed =
        new() { Kind = FaultKind.Edit, Change = new FrameEdit { FlipRandomPayloadBit = true } };

    /// <summary>What to do.</summary>
    public FaultKind Kind { get; private init; }

    /// <summary>
    /// For <see cref="FaultKind.Delay"/>: by how much. For <see cref="FaultKind.Duplicate"/>: from each copy to the next. For <see
    /// cref="FaultKind.Swap"/>: how long it waits at most.
    /// </summary>
    public Duration Extra { get; private init; }

    /// <summary>For <see cref="FaultKind.Duplicate"/>: how many.</summary>
    public int Copies { get; private init; }

    /// <summary>For <see cref="FaultKind.Edit"/>: what changes.</summary>
    public FrameEdit? Change { get; private init; }

    /// <summary>For <see cref="FaultKind.Inject"/> and <see cref="FaultKind.Replace"/>: what appears, in this order.</summary>
    public IReadOnlyList<InjectedPacket>? Packets { get; private init; }

    /// <summary>Make it arrive that much later.</summary>
    public static FaultAction DelayBy(Duration extra)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(extra, Duration.Zero);
        return new FaultAction { Kind = FaultKind.Delay, Extra = extra };
    }

    /// <summary>Let that many copies follow it.</summary>
    /// <param name="copies">1 or more.</param>
    /// <param name="spacing">Time from the packet to the first copy and from each to the next.</param>
    public static FaultAction Duplicate(int copies = 1, Duration spacing = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(spacing, Duration.Zero);
        return new FaultAction { Kind = FaultKind.Duplicate, Copies = copies, Extra = spacing };
    }

    /// <summary>Change fields of it.</summary>
    public static FaultAction Edit(FrameEdit change) => new() { Kind = FaultKind.Edit, Change = change };

    /// <summary>Put packets around it.</summary>
    public static FaultAction Inject(params IReadOnlyList<InjectedPacket> packets) => new() { Kind = FaultKind.Inject, Packets = packets };

    /// <summary>Lose it and put packets in its place.</summary>
    public static FaultAction Replace(params IReadOnlyList<InjectedPacket> packets) => new() { Kind = FaultKind.Replace, Packets = packets };

    /// <summary>
    /// Hold it until the next packet on which the rule acts; that one goes first. Every second packet that the rule chooses so
    /// changes places with the one before.
    /// </summary>
    /// <param name="atMost">After that it goes, if no other came.</param>
    public static FaultAction Swap(Duration atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, Duration.Zero);
        return new FaultAction { Kind = FaultKind.Swap, Extra = atMost };
    }
}
