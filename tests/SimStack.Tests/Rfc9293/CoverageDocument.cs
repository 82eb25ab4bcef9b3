using System.Text;

namespace SimStack.Tests.Rfc9293;

/// <summary>docs/rfc9293-coverage.md, made of the list of requirements and what tests show.</summary>
internal static class CoverageDocument
{
    private static readonly string[] Profiles = ["linux", "linux26", "windows", "freebsd", "rfc9293"];

    private static readonly (string Level, string Name)[] Levels = [("MUST", "MUST, MUST NOT"), ("SHLD", "SHOULD, SHOULD NOT"), ("REC", "RECOMMENDED"), ("MAY", "MAY")];

    private static readonly Dictionary<string, string> Sections = new()
    {
        ["3.1"] = "Header format",
        ["3.2"] = "Options",
        ["3.4"] = "Sequence numbers",
        ["3.5"] = "Establishing a connection",
        ["3.6"] = "Closing a connection",
        ["3.7"] = "Segmentation",
        ["3.8"] = "Data communication",
        ["3.9"] = "Interfaces",
        ["3.10"] = "Event processing",
    };

    public static string Write(IReadOnlyList<Requirement> requirements, IReadOnlyList<Evidence> evidence)
    {
        StringBuilder text = new(Introduction);
        WriteTotals(text, requirements);
        foreach (IGrouping<string, Requirement> section in requirements.GroupBy(requirement => SectionOf(requirement)))
        {
            text.Append($"\n## {section.Key} {Sections[section.Key]}\n\n| | § | | {string.Join(" | ", Profiles)} | shown by |\n");
            text.Append("|---|---|---|").Append(string.Concat(Enumerable.Repeat(":-:|", Profiles.Length))).Append("---|\n");
            foreach (Requirement requirement in section)
            {
                string verdicts = string.Join(" | ", Profiles.Select(profile => Word(requirement[profile])));
                string tests = string.Join("<br>", evidence.Where(shown => shown.Id == requirement.Id).Select(shown => $"`{shown.Test}`").Distinct());
                text.Append($"| {requirement.Id} | {requirement.Section} | {requirement.Words} | {verdicts} | {tests} |\n");
            }

            foreach (Requirement requirement in section.Where(requirement => requirement.Reasons.Count > 0))
            {
                text.Append($"\n{requirement.Id}: {string.Join("; ", requirement.Reasons)}.\n");
            }
        }

        return text.ToString();
    }

    private static string SectionOf(Requirement requirement) => string.Join('.', requirement.Section.Split('.').Take(2));

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Passes => "yes",
        Verdict.Departs => "departs",
        Verdict.Absent => "no",
        _ => "–",
    };

    private static void WriteTotals(StringBuilder text, IReadOnlyList<Requirement> requirements)
    {
        text.Append($"\n| | in all | {string.Join(" | ", Profiles)} |\n|---|---|").Append(string.Concat(Enumerable.Repeat("---|", Profiles.Length))).Append('\n');
        foreach ((string level, string name) in Levels)
        {
            Requirement[] those = [.. requirements.Where(requirement => requirement.Level == level)];
            string counts = string.Join(" | ", Profiles.Select(profile => Totals(those, profile)));
            text.Append($"| {name} | {those.Length} | {counts} |\n");
        }
    }

    private static string Totals(Requirement[] requirements, string profile)
    {
        List<string> parts = [];
        foreach (Verdict verdict in Enum.GetValues<Verdict>())
        {
            int count = requirements.Count(requirement => requirement[profile] == verdict);
            if (count > 0)
            {
                parts.Add($"{count} {Word(verdict)}");
            }
        }

        return string.Join(", ", parts);
    }

    private const string Introduction = """
        # What RFC 9293 requires, and what this stack does

        Every requirement of RFC 9293 appendix B, what each profile does about it, and the tests and scripts that show it. This document is written
        by a test from `tests/SimStack.Tests/Rfc9293/requirements.txt` (the list and the verdicts), from the traits of the tests, and from the first
        comments of the scripts. After a change to any of them:

            UPDATE_COVERAGE=1 dotnet test tests/SimStack.Tests --filter FullyQualifiedName~CoverageTests

        In the tables *yes* means that the profile does what is asked, *departs* that it does something else (why stands below the table), *no* that a
        MAY is not used, and – that it is not TCP's to do. What `docs/profiles.md` says of profiles holds here too: `rfc9293` is the one to the letter.

        A test names what it shows by `[Requirement("MUST-13")]`, which is the trait `RFC9293`, a script by `// requirement: MUST-13` in its first
        comment; a departure by `[Departs("MUST-13", "linux freebsd")]` and `// departs: MUST-13`. Scripts in `tests/Scripts` are run with `linux`, those in
        `tests/Scripts.Rfc9293` with `rfc9293`, one that says `// profiles: linux, rfc9293` with both. The tests fail when an id is unknown or missing,
        when a *yes* of a MUST has no test in that profile, or that of a SHOULD none in `linux` and `rfc9293`, when a *departs* has no test that shows it,
        when a test shows something else than the verdict says, and when this document is not what would be written.

        `dotnet test tests/SimStack.Tests --filter RFC9293=MUST-13` runs the tests of one requirement; scripts are run by `sim test`.

        """;
}
