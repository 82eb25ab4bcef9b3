using Scenarios.Running;
using SimNet.Bridge;

namespace Scenarios.Replay;

/// <summary>What <c>sim replay</c> is asked for.</summary>
internal sealed record ReplayRequest
{
    /// <summary>The capture.</summary>
    public required string File { get; init; }

    /// <summary>The scenario whose hosts the capture is fed to; null: the one that the recording tells.</summary>
    public string? Host { get; init; }

    /// <summary>The bridge of that scenario where the packets enter; null: the first.</summary>
    public string? To { get; init; }

    /// <summary>How the capture is fed to that scenario's hosts.</summary>
    public CaptureFeedOptions Feed { get; init; } = new();

    /// <summary>In place of the recorded seed, or the script's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Further changes of the form path=value.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>In place of every host's profile.</summary>
    public string? Profile { get; init; }

    /// <summary>Compare with the recording although something was changed.</summary>
    public bool Compare { get; init; }

    /// <summary>Judge the scenario's expectations, too.</summary>
    public bool Expect { get; init; }

    /// <summary>Where to capture; null: nowhere.</summary>
    public string? Capture { get; init; }

    /// <summary>How much of the ladder to print; null: nothing was said.</summary>
    public LadderAmount? Ladder { get; init; }

    /// <summary>Folder of the output files.</summary>
    public string Out { get; init; } = ".";

    /// <summary>Print only what is wrong.</summary>
    public bool Quiet { get; init; }

    /// <summary>See <see cref="CommandLine.JsonOption"/>.</summary>
    public string? Json { get; init; }

    /// <summary>True when the run is meant to be another than the recorded one.</summary>
    public bool IsChanged => Seed is not null || Settings.Count > 0 || Profile is not null;
}
