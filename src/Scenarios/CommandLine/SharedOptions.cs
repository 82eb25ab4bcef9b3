using System.CommandLine;
using System.Globalization;
using SimNet.Scripting.Yaml;

namespace Scenarios.CommandLine;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    /// <summary><c>--seed N</c></summary>
    public static Option<ulong?> Seed(string description) => new("--seed")
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ulong.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : result.Wrong<ulong?>("--seed", "a whole number from 0 to 18446744073709551615, like --seed 7"),
    };

    /// <summary><c>--profile NAME</c>; its value is the name of a profile that there is.</summary>
    public static Option<string?> Profile(string description) => new("--profile")
    {
        Description = description,
        HelpName = "NAME",
        CustomParser = result => SimStack.Profiles.Profile.TryGet(result.Tokens[0].Value, out _)
            ? result.Tokens[0].Value
            : result.Wrong<string?>("--profile", null, Suggestions.For(result.Tokens[0].Value, ProfileNames, "profiles")),
    };

    /// <summary>The profiles, for a description.</summary>
    public static string ProfileList => string.Join(", ", ProfileNames);

    private static IEnumerable<string> ProfileNames => SimStack.Profiles.Profile.All.Select(p => p.Name);
}
