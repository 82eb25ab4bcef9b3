using System.Text.RegularExpressions;
using SimStack.Profiles;

namespace SimStack.Tests.Rfc9293;

/// <summary>What a profile does about a requirement.</summary>
internal enum Verdict
{
    Passes,

    /// <summary>It does something else.</summary>
    Departs,

    /// <summary>A MAY that is not used.</summary>
    Absent,

    /// <summary>It asks something of applications.</summary>
    NotOurs,
}

/// <summary>A requirement of RFC 9293 appendix B.</summary>
/// <param name="Id">For example <c>MUST-13</c>.</param>
/// <param name="Section">Where the RFC states it.</param>
/// <param name="Words">What it asks, in few words.</param>
internal sealed record Requirement(string Id, string Section, string Words)
{
    private readonly Dictionary<string, Verdict> _verdicts = [];

    /// <summary><c>MUST</c>, <c>SHLD</c>, <c>REC</c> or <c>MAY</c>.</summary>
    public string Level => Id[..Id.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>Reasons for verdicts other than passing, as they are written down.</summary>
    public List<string> Reasons { get; } = [];

    public Verdict this[string profile]
    {
        get => _verdicts.GetValueOrDefault(profile);
        set => _verdicts.Add(profile, value);
    }
}

/// <summary>The list in requirements.txt.</summary>
internal static partial class RequirementList
{
    private static readonly (string Word, Verdict Verdict)[] Verdicts =
        [("departs ", Verdict.Departs), ("absent ", Verdict.Absent), ("not ours", Verdict.NotOurs)];

    public static IReadOnlyList<string> Profiles { get; } = [.. Profile.All.Select(profile => profile.Name)];

    /// <summary>Names of profiles separated by blanks; <c>all</c> for all of them.</summary>
    /// <exception cref="FormatException">One of them is no profile.</exception>
    public static IReadOnlyList<string> ProfilesIn(string names)
    {
        string[] found = [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(name => name == "all" ? Profiles : [name])];
        return found.FirstOrDefault(name => !Profiles.Contains(name)) is { } wrong
            ? throw new FormatException($"'{wrong}' is no profile; there are {string.Join(", ", Profiles)}")
            : found;
    }

    /// <exception cref="FormatException">A line is none of the forms; the message has its number.</exception>
    public static IReadOnlyList<Requirement> Parse(IEnumerable<string> lines)
    {
        List<Requirement> all = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == ' ' && all.Count > 0)
            {
                AddVerdict(all[^1], line.Trim(), number);
                continue;
            }

            Match match = Form().Match(line);
            if (!match.Success)
            {
                throw new FormatException($"line {number}: 'ID | section | words' expected, not '{line}'");
            }

            all.Add(new Requirement(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value));
        }

        return all;
    }

    private static void AddVerdict(Requirement requirement, string text, int line)
    {
        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        (string word, Verdict verdict) = Verdicts.FirstOrDefault(known => text.StartsWith(known.Word, StringComparison.Ordinal));
        if (word is null || colon < 0)
        {
            throw new FormatException($"line {line}: 'departs PROFILES: why', 'absent PROFILES: why' or 'not ours: why' expected, not '{text}'");
        }

        foreach (string profile in ProfilesIn(verdict is Verdict.NotOurs ? "all" : text[word.Length..colon]))
        {
            requirement[profile] = verdict;
        }

        requirement.Reasons.Add(text);
    }

    [GeneratedRegex(@"^((?:MUST|SHLD|REC|MAY)-\d+) \| (\d+(?:\.\d+)*) \| (\S.*)$")]
    private static partial Regex Form();
}
