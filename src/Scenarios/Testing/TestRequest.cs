using SimNet.Scripting.Packetdrill;
using SimStack;
using SimStack.Profiles;

namespace Scenarios.Testing;

/// <summary>What <c>sim test</c> was asked to do.</summary>
internal sealed record TestRequest
{
    /// <summary>Files and folders.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>How many scripts run side by side.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Of the machine under test.</summary>
    public Profile Profile { get; init; } = Profile.Linux;

    /// <summary>Every script is run once with each.</summary>
    public IReadOnlyList<PacketdrillIpVersion> IpVersions { get; init; } = [PacketdrillIpVersion.Ipv4];

    /// <summary>Values for names in the scripts.</summary>
    public IReadOnlyDictionary<string, string> Macros { get; init; } = new Dictionary<string, string>();

    /// <summary>In place of 4 ms, where the script says nothing.</summary>
    public Duration? Tolerance { get; init; }

    /// <summary>Print what led to a failure.</summary>
    public bool Verbose { get; init; }

    /// <summary>Folder for a capture of each run; null: none.</summary>
    public string? Out { get; init; }

    /// <summary>File for the JUnit report; null: none.</summary>
    public string? Junit { get; init; }

    /// <summary>See <see cref="CommandLine.JsonOption"/>.</summary>
    public string? Json { get; init; }

    /// <summary>Run again what is saved.</summary>
    public bool Watch { get; init; }
}
