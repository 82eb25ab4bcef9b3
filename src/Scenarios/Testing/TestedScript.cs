using SimNet.Scripting;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Reports;

namespace Scenarios.Testing;

/// <summary>One run of one script.</summary>
internal sealed record TestedScript
{
    /// <summary>Which script.</summary>
    public required ScriptFile File { get; init; }

    /// <summary>Run with which packets.</summary>
    public required PacketdrillIpVersion IpVersion { get; init; }

    /// <summary>What came of it.</summary>
    public required ScriptOutcome Outcome { get; init; }

    /// <summary>For a failure: the line that did not hold; where the script's position is unknown, the script as a whole.</summary>
    public PacketdrillFailure? Failure { get; init; }

    /// <summary>What is wrong with a script that could not be run: one line each, <c>file:line:column: message</c>.</summary>
    public IReadOnlyList<ScriptError> Errors { get; init; } = [];

    /// <summary>Of a script that was run: its packets and what it printed.</summary>
    public PacketdrillResult? Result { get; init; }

    /// <summary>The script's own text, for a look at the line; null when it was not read.</summary>
    public string? Text { get; init; }

    /// <summary>How long it took, by the wall clock.</summary>
    public TimeSpan Elapsed { get; init; }
}
