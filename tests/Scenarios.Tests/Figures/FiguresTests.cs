using System.Text.Json;
using System.Xml.Linq;
using Scenarios.Figures;

namespace Scenarios.Tests.Figures;

/// <summary><c>sim figures</c>, and what its pictures claim, with shorter runs.</summary>
public class FiguresTests
{
    public static TheoryData<string> Names => [.. FigureList.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatAFigureClaimsHolds(string name)
    {
        Figure figure = FigureList.Make(name, brief: true);
        Assert.NotEmpty(figure.Claims);
        Assert.All(figure.Claims, claim => Assert.True(claim.Holds, $"{name}: {FiguresCommand.Describe(claim)}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheDocumentationHasEachFigure(string name)
    {
        string folder = Path.Combine(Repository(), "docs", "figures");
        Assert.Contains($"({name}.svg)", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal);
        Assert.NotNull(XDocument.Load(Path.Combine(folder, name + ".svg")).Root);
    }

    [Fact]
    public async Task APictureIsTheSameEachTime()
    {
        using TemporaryFolder folder = new();
        string[] args = ["figures", "dctcp-queue", "--brief", "--out", folder.Path];
        (await Sim.Run(args)).Ended(0);
        string first = File.ReadAllText(Path.Combine(folder.Path, "dctcp-queue.svg"));
        (await Sim.Run(args)).Ended(0);
        Assert.Equal(first, File.ReadAllText(Path.Combine(folder.Path, "dctcp-queue.svg")));
        Assert.Equal("svg", XDocument.Parse(first).Root!.Name.LocalName);
        Assert.False(File.Exists(Path.Combine(folder.Path, "README.md")), "one figure is not the page");
    }

    [Fact]
    public async Task AsJsonItTellsWhatWasMeasured()
    {
        using var document = JsonDocument.Parse((await Sim.Run("figures", "dctcp-queue", "--brief", "--json")).Ended(0).Output);
        JsonElement figure = Assert.Single(document.RootElement.GetProperty("figures").EnumerateArray());
        Assert.Equal("dctcp-queue", figure.GetProperty("name").GetString());
        Assert.All(figure.GetProperty("claims").EnumerateArray(), claim => Assert.True(claim.GetProperty("holds").GetBoolean()));
    }

    [Fact]
    public async Task AnUnknownFigureIsNamedWithThoseThereAre()
    {
        Sim.Result result = (await Sim.Run("figures", "tahoe")).Ended(2);
        Assert.Contains("'tahoe'", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("two-cubic", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AClaimOutsideItsBoundsDoesNotHold()
    {
        Assert.True(Claim.Near("window", "", 100, 91).Holds);
        Assert.False(Claim.Near("window", "", 100, 89).Holds);
        Assert.False(Claim.Between("window", "", double.NaN, 0, 1).Holds);
    }

    private static string Repository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Simulator.sln is above no folder of the tests");
        }

        return folder.FullName;
    }
}
