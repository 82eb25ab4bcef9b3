using Xunit;

namespace SimStack.Tests.Rfc9293;

/// <summary>
/// The list of requirements, what tests show of them, and docs/rfc9293-coverage.md fit together.
/// <c>UPDATE_COVERAGE=1 dotnet test tests/SimStack.Tests --filter FullyQualifiedName~CoverageTests</c> writes the document.
/// </summary>
public sealed class CoverageTests
{
    // Appendix B: MUST-1 to MUST-69, SHLD-1 to SHLD-31, MAY-1 to MAY-18, REC-1.
    private static readonly (string Level, int Count)[] Appendix = [("MUST", 69), ("SHLD", 31), ("MAY", 18), ("REC", 1)];

    private static readonly string Root = FindRoot();

    private static readonly IReadOnlyList<Requirement> Requirements =
        RequirementList.Parse(File.ReadLines(Path.Combine(Root, "tests/SimStack.Tests/Rfc9293/requirements.txt")));

    private static readonly IReadOnlyList<Evidence> Shown = [.. Evidence.OfTests(), .. Evidence.OfScripts(Path.Combine(Root, "tests"))];

    [Fact]
    public void The_list_has_every_requirement_of_appendix_B_once()
    {
        string[] expected = [.. Appendix.SelectMany(level => Enumerable.Range(1, level.Count).Select(i => $"{level.Level}-{i}")).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Requirements.Select(requirement => requirement.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_id_that_a_test_or_script_names_is_in_the_list() => Assert.Empty(CoverageRules.UnknownIds(Requirements, Shown));

    [Fact]
    public void Every_verdict_is_shown_by_a_test() => Assert.Empty(CoverageRules.NotShown(Requirements, Shown));

    [Fact]
    public void No_test_shows_something_else_than_the_verdict() => Assert.Empty(CoverageRules.Contradictions(Requirements, Shown));

    [Fact]
    public void Only_a_MAY_is_absent_and_a_MUST_is_ours() =>
        Assert.Empty(Requirements.Where(requirement => RequirementList.Profiles.Any(profile =>
            (requirement[profile] is Verdict.Absent && requirement.Level != "MAY") || (requirement[profile] is Verdict.NotOurs && requirement.Level == "MUST"))));

    [Fact]
    public void The_rfc9293_profile_keeps_every_MUST() =>
        Assert.Empty(Requirements.Where(requirement => requirement.Level == "MUST" && requirement["rfc9293"] is not Verdict.Passes));

    [Fact]
    public void The_document_is_what_the_tests_say()
    {
        string path = Path.Combine(Root, "docs/rfc9293-coverage.md");
        string text = CoverageDocument.Write(Requirements, Shown);
        if (Environment.GetEnvironmentVariable("UPDATE_COVERAGE") == "1")
        {
            File.WriteAllText(path, text);
            return;
        }

        string written = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        Assert.True(written == text, "docs/rfc9293-coverage.md is not what the tests say; UPDATE_COVERAGE=1 writes it.");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Simulator.sln was not found above the test.");
    }
}
