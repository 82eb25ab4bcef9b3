using SimStack.Profiles;

namespace SimNet.Scripting.Yaml;

/// <summary>Names that the stack knows and scripts may use.</summary>
internal sealed class ScriptVocabulary
{
    /// <summary>Behaviour profiles.</summary>
    public required IReadOnlyList<string> Profiles { get; init; }

    /// <summary>Tries a setting on a host of that profile; the reason when it does not take, otherwise null.</summary>
    public required Func<string, string, string, string?> CheckSysctl { get; init; }

    /// <summary>Kernel settings.</summary>
    public required IReadOnlyList<string> Sysctls { get; init; }

    /// <summary>Counters.</summary>
    public required IReadOnlyList<string> Counters { get; init; }

    /// <summary>What the stack of this version knows.</summary>
    public static ScriptVocabulary Stack { get; } = new()
    {
        Profiles = [.. Profile.All.Select(p => p.Name)],
        CheckSysctl = TrySysctl,
        Sysctls = SimStack.Profiles.Sysctls.Names,
        Counters = Enum.GetNames<SnmpCounter>(),
    };

    private static string? TrySysctl(string profile, string name, string value)
    {
        Profile.TryGet(profile, out Profile known);
        return known.Defaults.Clone().TrySet(name, value, out string? error) ? null : error;
    }
}
