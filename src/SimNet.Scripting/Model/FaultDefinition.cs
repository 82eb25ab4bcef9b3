namespace SimNet.Scripting.Model;

/// <summary>What a fault does to a frame that it matches.</summary>
public enum FaultEffect
{
    /// <summary>The frame is lost.</summary>
    Drop,

    /// <summary>The frame is held back.</summary>
    Delay,

    /// <summary>The frame arrives twice.</summary>
    Duplicate,

    /// <summary>A bit of the frame is flipped.</summary>
    Corrupt,
}

/// <summary>A scripted fault on one direction of a link.</summary>
public sealed class FaultDefinition
{
    /// <summary>The sending end.</summary>
    public required InterfaceName From { get; init; }

    /// <summary>The receiving end.</summary>
    public required InterfaceName To { get; init; }

    /// <summary>Which frames.</summary>
    public FrameFilter Match { get; init; } = new();

    /// <summary>What happens to them.</summary>
    public required FaultEffect Action { get; init; }

    /// <summary>For <see cref="FaultEffect.Delay"/>: how long.</summary>
    public Duration Delay { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>Which frames a fault is for. What is not said matches everything.</summary>
public sealed class FrameFilter
{
    /// <summary>
    /// Flags that must be set. SYN without ACK does not match a SYN-ACK; ACK alone matches pure acknowledgements only.
    /// </summary>
    public TcpFlags? Flags { get; init; }

    /// <summary>True: only TCP segments with data; false: only those without.</summary>
    public bool? Payload { get; init; }

    /// <summary>Among the matching frames only these, counted from 1; empty: all.</summary>
    public IReadOnlyList<int> Nth { get; init; } = [];

    /// <summary><c>tcp</c>, <c>udp</c>, <c>icmp</c>, <c>arp</c>; null: any.</summary>
    public string? Protocol { get; init; }

    /// <summary>TCP or UDP source port.</summary>
    public int? SourcePort { get; init; }

    /// <summary>TCP or UDP destination port.</summary>
    public int? DestinationPort { get; init; }

    /// <summary>Not before this time since the start.</summary>
    public Duration? After { get; init; }

    /// <summary>Not at or after this time since the start.</summary>
    public Duration? Before { get; init; }
}
