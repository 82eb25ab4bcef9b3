using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Scripting.Model;
using SimStack;

namespace Scenarios.Bridge;

/// <summary>What <c>sim bridge</c> is asked for.</summary>
internal sealed record BridgeRequest
{
    /// <summary>The scenario's script.</summary>
    public required string Script { get; init; }

    /// <summary>The name that its errors are reported under.</summary>
    public required string FileName { get; init; }

    /// <summary>Changes of the form path=value.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>In place of the script's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>In place of the script's.</summary>
    public string? Profile { get; init; }

    /// <summary>Opens the devices, one for each port to the real network, in the order of the scenario.</summary>
    public required Func<ScenarioDefinition, IReadOnlyList<FrameDevice>> OpenDevices { get; init; }

    /// <summary>At all devices, and not only where the scenario says so; <see cref="OpenDevices"/> sees to the devices themselves.</summary>
    public bool Offload { get; init; }

    /// <summary>Folder of the output files.</summary>
    public string Out { get; init; } = ".";

    /// <summary>Of captures.</summary>
    public CaptureFormat Format { get; init; } = CaptureFormat.Pcapng;

    /// <summary>Null: what passes the ports to the real network; a point or `all`: that too, in files of its own; `-`: to standard output; `none`.</summary>
    public string? Capture { get; init; }

    /// <summary>How long it lasts by the wall clock; null: until it is stopped.</summary>
    public Duration? For { get; init; }

    /// <summary>How virtual time is held to the wall clock.</summary>
    public BridgeOptions Options { get; init; } = new();

    /// <summary>True: no progress, and only what is wrong at the end.</summary>
    public bool Quiet { get; init; }

    /// <summary>True: a table on the terminal that follows what happens.</summary>
    public bool Live { get; init; }

    /// <summary>Where the result goes as JSON.</summary>
    public string? Json { get; init; }

    /// <summary>The capture goes to standard output.</summary>
    public bool CaptureToOutput => Capture == "-";
}
