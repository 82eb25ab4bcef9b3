using SimNet.Bridge;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Recording;

/// <summary>What came of a capture that was fed to simulated hosts.</summary>
public sealed class FeedResult
{
    /// <summary>What happened at the hosts, with the verdicts on the scenario's expectations.</summary>
    public required RunResult Run { get; init; }

    /// <summary>What became of the capture's frames.</summary>
    public required CaptureFeedCounters Frames { get; init; }

    /// <summary>Frames that the simulated hosts sent.</summary>
    public required long FramesOut { get; init; }

    /// <summary>Whose part was played, and the simulated addresses in their place.</summary>
    public required IReadOnlyDictionary<IpAddress, IpAddress> Own { get; init; }

    /// <summary>How much later than captured the last packet came, because packets had to wait for what they answer.</summary>
    public required Duration Delay { get; init; }

    /// <summary>Where the file is cut off, in a line; null when it is not.</summary>
    public string? Truncation { get; init; }
}
