using SimNet.Bridge;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Recording;

/// <summary>What came of a replay.</summary>
public sealed class ReplayResult
{
    /// <summary>What happened at the hosts, with the verdicts on the scenario's expectations.</summary>
    public required RunResult Run { get; init; }

    /// <summary>Frames that came in.</summary>
    public required long FramesIn { get; init; }

    /// <summary>Frames that left.</summary>
    public required long FramesOut { get; init; }

    /// <summary>Frames that left by the recording.</summary>
    public long RecordedFramesOut { get; init; }

    /// <summary>True when what left was compared.</summary>
    public bool Compared { get; init; }

    /// <summary>The first difference; null when there is none, or nothing was compared.</summary>
    public ReplayDifference? Difference { get; init; }

    /// <summary>Frames that were alike, up to the first difference.</summary>
    public long Identical { get; init; }

    /// <summary>Where the file is cut off, in a line; null when it is not.</summary>
    public string? Truncation { get; init; }

    /// <summary>True when the recording tells when the session ended; one of a session that was killed does not, and is compared as far as it goes.</summary>
    public bool HasEnd { get; init; }
}
