using SimNet.Capture;

namespace Scenarios.Running;

/// <summary>What <c>sim run</c> was asked to do.</summary>
internal sealed record RunRequest
{
    /// <summary>A name of the catalogue, or a file.</summary>
    public required string Target { get; init; }

    /// <summary>In place of the script's seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Changes of the script, path=value.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>In place of every host's profile.</summary>
    public string? Profile { get; init; }

    /// <summary>Print only what failed.</summary>
    public bool Quiet { get; init; }

    /// <summary>Run twice and compare.</summary>
    public bool Verify { get; init; }

    /// <summary>Write a sweep's table as CSV.</summary>
    public bool Csv { get; init; }

    /// <summary>A point, <c>all</c>, <c>-</c> for standard output; null for the script's own point.</summary>
    public string? Capture { get; init; }

    /// <summary>Of the capture files.</summary>
    public CaptureFormat Format { get; init; } = CaptureFormat.Pcapng;

    /// <summary>How much of the ladder to print.</summary>
    public LadderAmount Ladder { get; init; } = LadderAmount.Automatic;

    /// <summary>Folder of the output files.</summary>
    public string Out { get; init; } = ".";

    /// <summary>See <see cref="CommandLine.JsonOption"/>.</summary>
    public string? Json { get; init; }

    /// <summary>True when standard output carries the capture.</summary>
    public bool CaptureToOutput => Capture == "-";
}
