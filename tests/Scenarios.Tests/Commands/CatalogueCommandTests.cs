using System.Text.Json;
using Scenarios.Catalogue;
using SimNet.Scripting;
using SimNet.Scripting.Model;

namespace Scenarios.Tests.Commands;

/// <summary><c>sim list</c> and <c>sim show</c>.</summary>
public class CatalogueCommandTests
{
    private static readonly string[] Promised =
    [
        "daytime", "established-before-accept", "fin-with-data", "four-segment-close", "handshake", "lossy-transfer",
        "simultaneous-close", "simultaneous-open", "three-segment-close", "time-wait",
    ];

    [Fact]
    public void TheCatalogueHasWhatIsPromised() => Assert.Empty(Promised.Except(ScenarioCatalogue.Names));

    [Fact]
    public async Task ListNamesEveryScenarioWithItsPurpose()
    {
        Sim.Result result = (await Sim.Run("list")).Ended(0);
        foreach (string name in ScenarioCatalogue.Names)
        {
            string line = Assert.Single(result.Lines, l => l.StartsWith(name + " ", StringComparison.Ordinal));
            Assert.True(line.Length > 30, $"{name} has no purpose: {line}");
        }

        Assert.All(result.Lines, line => Assert.True(line.Length <= 100, line));
    }

    [Fact]
    public async Task ListAsJsonIsVersioned()
    {
        using var document = JsonDocument.Parse((await Sim.Run("list", "--json")).Ended(0).Output);
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(
            ScenarioCatalogue.Names,
            document.RootElement.GetProperty("scenarios").EnumerateArray().Select(s => s.GetProperty("name").GetString()!));
    }

    [Fact]
    public async Task JsonGoesToAFileWhenOneIsGiven()
    {
        using var folder = new TemporaryFolder();
        Sim.Result result = (await Sim.Run("list", $"--json={folder["list.json"]}")).Ended(0);
        Assert.NotEmpty(result.Output);
        using var document = JsonDocument.Parse(File.ReadAllText(folder["list.json"]));
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task WhatShowPrintsIsAScriptOfThatName(string name)
    {
        Sim.Result result = (await Sim.Run("show", name)).Ended(0);
        ScenarioDefinition scenario = ScenarioScript.Parse(result.Output, "mine.yaml");
        Assert.Equal(name, scenario.Name);
        Assert.NotEmpty(scenario.Description);
    }

    public static TheoryData<string> Names() => [.. ScenarioCatalogue.Names];
}
