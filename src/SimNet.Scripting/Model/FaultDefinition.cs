using SimNet.Links;

namespace SimNet.Scripting.Model;

/// <summary>A scripted fault on one direction of a link.</summary>
public sealed class FaultDefinition
{
    /// <summary>Its name, on which its random stream hangs; null: its place among the scenario's faults.</summary>
    public string? Name { get; init; }

    /// <summary>The sending end.</summary>
    public required InterfaceName From { get; init; }

    /// <summary>The receiving end.</summary>
    public required InterfaceName To { get; init; }

    /// <summary>Which frames.</summary>
    public FrameMatch Match { get; init; } = new();

    /// <summary>Among the matching frames only these, counted from 1; empty: all.</summary>
    public IReadOnlyList<long> Nth { get; init; } = [];

    /// <summary>Among the matching frames only each so-manieth.</summary>
    public long Every { get; init; } = 1;

    /// <summary>Probability of acting on a frame that is chosen otherwise.</summary>
    public Probability Chance { get; init; } = Probability.Always;

    /// <summary>What happens to them.</summary>
    public required FaultAction Action { get; init; }

    /// <summary>
    /// For an action that injects: when, since the start, in place of on a match; the last frame that matched before gives what the
    /// injected packets don't say. Null: on each match.
    /// </summary>
    public Duration? At { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }
}
