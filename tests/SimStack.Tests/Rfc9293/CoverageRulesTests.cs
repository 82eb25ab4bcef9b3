using System.Reflection;
using Xunit;

namespace SimStack.Tests.Rfc9293;

/// <summary>What is wrong in a list, in the attributes of tests or in a script's comment is found.</summary>
public sealed class CoverageRulesTests
{
    private static readonly IReadOnlyList<Requirement> List = RequirementList.Parse(
    [
        "# a comment", "",
        "MUST-1 | 3.1 | One", "SHLD-1 | 3.2 | Two", "  departs linux: why", "MAY-1 | 3.10.7.4 | Three", "  absent all: why",
    ]);

    private static readonly string[] All = [.. RequirementList.Profiles];

    [Fact]
    public void A_list_that_is_shown_has_no_faults()
    {
        Evidence[] shown = [new("MUST-1", "T.A", All, []), new("SHLD-1", "T.B", ["rfc9293"], ["linux"])];
        Assert.Empty(CoverageRules.UnknownIds(List, shown));
        Assert.Empty(CoverageRules.NotShown(List, shown));
        Assert.Empty(CoverageRules.Contradictions(List, shown));
    }

    [Theory]
    [InlineData("MUST-1", "linux linux26 windows freebsd", "", "MUST-1 (One): no test shows that rfc9293 does so")]
    [InlineData("MUST-1", "linux linux26 windows rfc9293", "", "MUST-1 (One): no test shows that freebsd does so")]
    [InlineData("SHLD-1", "", "linux", "SHLD-1 (Two): no test shows that rfc9293 does so")]
    [InlineData("SHLD-1", "rfc9293", "", "SHLD-1 (Two): no test shows that linux departs")]
    public void What_no_test_shows_is_told(string id, string conforming, string departing, string fault)
    {
        Evidence[] shown = [new(id, "T.A", RequirementList.ProfilesIn(conforming), RequirementList.ProfilesIn(departing))];
        Assert.Contains(fault, CoverageRules.NotShown(List, shown));
    }

    [Theory]
    [InlineData("SHLD-1", "linux", "")]
    [InlineData("MUST-1", "", "windows")]
    [InlineData("MAY-1", "freebsd", "")]
    public void What_a_test_shows_against_the_list_is_told(string id, string conforming, string departing)
    {
        Evidence[] shown = [new(id, "T.A", RequirementList.ProfilesIn(conforming), RequirementList.ProfilesIn(departing))];
        Assert.Equal([$"T.A shows something else of {conforming}{departing} than the list says of {id}"], CoverageRules.Contradictions(List, shown));
    }

    [Fact]
    public void An_id_that_is_not_in_the_list_is_told() => Assert.Single(CoverageRules.UnknownIds(List, [new("MUST-2", "T.A", All, [])]));

    [Theory]
    [InlineData("MUST-1: One")]
    [InlineData("MUST-1 | 3.1 |")]
    [InlineData("MUST | 3.1 | One")]
    [InlineData("  departs linux: why")]
    public void A_line_that_is_none_is_told(string line) => Assert.Contains("line 1:", Assert.Throws<FormatException>(() => RequirementList.Parse([line])).Message);

    [Theory]
    [InlineData("  departs solaris: why", "'solaris' is no profile")]
    [InlineData("  departs linux", "line 2:")]
    [InlineData("  fails linux: why", "line 2:")]
    public void A_verdict_that_is_none_is_told(string line, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => RequirementList.Parse(["MUST-1 | 3.1 | One", line])).Message);

    /// <summary>The first comment counts and nothing else.</summary>
    [Fact]
    public void A_script_names_requirements_in_its_first_comment()
    {
        Evidence[] shown =
        [
            .. Evidence.OfScript("Scripts/a.pkt", ["// What it shows.", "// requirement: MUST-1, SHLD-3", "// departs: MAY-7", "// profiles: linux, rfc9293", "", "// requirement: MUST-2"], "linux"),
            .. Evidence.OfScript("Scripts/b.pkt", ["// requirement: MUST-1"], "linux"),
        ];
        Assert.Equal(["MUST-1", "SHLD-3", "MAY-7", "MUST-1"], shown.Select(evidence => evidence.Id));
        Assert.Equal(["linux", "rfc9293"], shown[0].Conforming);
        Assert.Equal(["linux"], shown[3].Conforming);
        Assert.Equal(["linux", "rfc9293"], shown[2].Departing);
        Assert.Empty(shown[2].Conforming);
    }

    [Theory]
    [InlineData(nameof(Plain), "linux", "")]
    [InlineData(nameof(Several), "linux26 rfc9293", "windows")]
    [InlineData(nameof(Stated), "freebsd", "")]
    [InlineData(nameof(Only), "", "linux")]
    public void Attributes_say_under_which_profiles(string method, string conforming, string departing)
    {
        Evidence shown = Assert.Single(Evidence.Of(typeof(CoverageRulesTests), typeof(CoverageRulesTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!));
        Assert.Equal(("MUST-1", $"Rfc9293.CoverageRulesTests.{method}"), (shown.Id, shown.Test));
        Assert.Equal(conforming, string.Join(' ', shown.Conforming));
        Assert.Equal(departing, string.Join(' ', shown.Departing));
    }

    [Trait("RFC9293", "MUST-1")]
    private static void Plain()
    {
    }

#pragma warning disable xUnit1008 // No test: its attributes are what is tested.
    [InProfiles("linux26", "windows", "rfc9293")]
    [Requirement("MUST-1")]
    [Departs("MUST-1", "windows")]
    private static void Several()
    {
    }
#pragma warning restore xUnit1008

    [Requirement("MUST-1", In = "freebsd")]
    private static void Stated()
    {
    }

    [Departs("MUST-1", "linux")]
    private static void Only()
    {
    }
}
