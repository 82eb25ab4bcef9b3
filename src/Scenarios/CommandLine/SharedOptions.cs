using System.CommandLine;
using System.Globalization;
using Scenarios.Running;
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

    /// <summary><c>--set PATH=VALUE</c></summary>
    /// <param name="example">Paths and values, with `or` in between.</param>
    public static Option<string[]> Settings(string example) => new("--set")
    {
        Description = $"change a value of the script by its path before it is read, like {example}",
        HelpName = "PATH=VALUE",
    };

    /// <summary><c>--capture POINT|-</c>, and words of the command's own.</summary>
    /// <param name="what">What is captured where.</param>
    /// <param name="words">The command's words and what they mean.</param>
    /// <param name="helpName">The words, with POINT and -.</param>
    public static Option<string?> Capture(string what, string words, string helpName) => new("--capture")
    {
        Description = $"{what}: a host, host.interface, switch.port or bridge; {words}; -: to standard output",
        HelpName = helpName,
    };

    /// <summary><c>--format pcapng|pcap</c></summary>
    public static Option<string?> Format() => new("--format")
    {
        Description = "of captures; only pcapng has comments, holds several points and can be replayed; default: SIM_FORMAT, or pcapng",
        HelpName = "pcapng|pcap",
        CustomParser = result => result.Tokens[0].Value is "pcapng" or "pcap"
            ? result.Tokens[0].Value
            : result.Wrong<string?>("--format", "pcapng or pcap"),
    };

    /// <summary><c>--ladder all|N|none</c></summary>
    /// <param name="otherwise">What is printed without the option.</param>
    public static Option<string?> Ladder(string otherwise) => new("--ladder")
    {
        Description = $"how many packets of the ladder to print; default: {otherwise}",
        HelpName = "all|N|none",
        CustomParser = result => LadderAmount.TryParse(result.Tokens[0].Value, out _)
            ? result.Tokens[0].Value
            : result.Wrong<string?>("--ladder", "all, none, or a number of lines"),
    };

    /// <summary><c>--out DIR</c></summary>
    public static Option<string?> Out() => new("--out") { Description = "folder of the output files; default: SIM_OUT, or the current one", HelpName = "DIR" };

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
