using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>Every catalogue script, run and judged by its own expectations.</summary>
public class CatalogueTests
{
    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Repository.Root, "src", "Scenarios", "Catalogue");

    [Theory]
    [MemberData(nameof(Names))]
    public void All_expectations_hold(string name)
    {
        RunResult result = Run(name);
        Assert.True(result.Passed, string.Join("\n", result.Verdicts));
        Assert.NotEmpty(result.Verdicts);
        Assert.Equal(name, result.Scenario.Name);
        Assert.NotEqual("", result.Scenario.Title);
    }

    private static RunResult Run(string name) => ScenarioRunner.Run(ScenarioScript.Load(Path.Combine(Folder, name + ".yaml")));
}
