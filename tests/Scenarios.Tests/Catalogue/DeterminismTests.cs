using System.Globalization;
using Scenarios.Catalogue;

namespace Scenarios.Tests.Catalogue;

/// <summary>The same scenario with the same seed gives the same bytes, wherever and however it is run.</summary>
public sealed class DeterminismTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Names() => [.. ScenarioCatalogue.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task OneSeedGivesTheSameBytes(string name)
    {
        byte[] first = await Capture(name, "first");
        byte[] second = await Capture(name, "second");
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
        Assert.Equal(File.ReadAllBytes(_folder[$"first/{name}.json"]), File.ReadAllBytes(_folder[$"second/{name}.json"]));
    }

    [Fact]
    public async Task TwoSeedsDifferWhereThereIsLoss() =>
        Assert.NotEqual(await Capture("lossy-transfer", "first", "--seed", "1"), await Capture("lossy-transfer", "second", "--seed", "2"));

    [Fact]
    public async Task RunsSideBySideDoNotDisturbEachOther()
    {
        byte[] alone = await Capture("lossy-transfer", "alone");
        byte[][] together = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => Task.Run(() => Capture("lossy-transfer", i.ToString(CultureInfo.InvariantCulture)))));
        Assert.All(together, capture => Assert.Equal(alone, capture));
    }

    [Fact]
    public async Task CultureAndTimeZoneChangeNothing()
    {
        byte[] here = await Capture("daytime", "here");
        Dictionary<string, string?> elsewhere = new() { ["TZ"] = "Pacific/Chatham", ["LC_ALL"] = "tr_TR.UTF-8", ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "0" };
        using System.Diagnostics.Process process = Sim.Start(_folder.Path, elsewhere, "run", "daytime", "--out", "there");
        (await Sim.End(process)).Ended(0);
        Assert.Equal(here, File.ReadAllBytes(_folder["there/daytime.pcapng"]));
        Assert.Equal(File.ReadAllBytes(_folder["here/daytime.json"]), File.ReadAllBytes(_folder["there/daytime.json"]));
    }

    private async Task<byte[]> Capture(string name, string folder, params string[] options)
    {
        (await Sim.Run(["run", name, .. CatalogueRuns.Once(name), "--quiet", "--out", _folder[folder], .. options])).Ended(0);
        return File.ReadAllBytes(_folder[$"{folder}/{name}.pcapng"]);
    }
}
