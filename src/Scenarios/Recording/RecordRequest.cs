using SimNet.Scripting.Packetdrill.Recording;
using SimStack;

namespace Scenarios.Recording;

/// <summary>What <c>sim record</c> was asked to do.</summary>
internal sealed record RecordRequest
{
    /// <summary>A name of the catalogue, a scenario file, or a capture.</summary>
    public required string Source { get; init; }

    /// <summary>Counted from 1; null: the first, with a word about the others.</summary>
    public int? Connection { get; init; }

    /// <summary>Null: of the host whose interface was captured at.</summary>
    public RecordingSide? Side { get; init; }

    /// <summary>A folder, a file that ends with <c>.pkt</c>, or <c>-</c> for standard output.</summary>
    public string Out { get; init; } = ".";

    /// <summary>Null: as little as it takes.</summary>
    public Duration? Tolerance { get; init; }

    /// <summary>The machine's profile; null: linux, or else that of the scenario's host.</summary>
    public string? Profile { get; init; }

    /// <summary>In place of a scenario's seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Changes of a scenario, path=value.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
