using System.Text.Json.Nodes;

namespace Scenarios.Tests.Running;

/// <summary><c>sim run</c> on a sweep: table, CSV, JSON, captures, and requests that do not fit.</summary>
public sealed class SweepCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheBacklogSweepPrintsHowManyWereEstablished()
    {
        Sim.Result result = (await Sim.Run("run", "backlog-sweep", "--csv", "--verify", "--out", _folder.Path)).Ended(0);
        Assert.Equal("established (connects across):", result.Lines[0]);
        Assert.Equal("profile  backlog  1  2  3  4  5  6  7  8", result.Lines[1]);
        Assert.Contains("linux          2  1  2  3  3  3  3  3  3", result.Lines);
        Assert.Contains("windows        2  1  2  2  2  2  2  2  2", result.Lines);
        Assert.Contains("freebsd        2  1  2  3  4  4  4  4  4", result.Lines);
        Assert.Contains("rfc9293        2  1  2  2  2  2  2  2  2", result.Lines);
        string[] csv = await File.ReadAllLinesAsync(_folder["backlog-sweep.csv"], TestContext.Current.CancellationToken);
        Assert.Equal(193, csv.Length);
        Assert.Contains("windows,2,6,2,0", csv);
        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(_folder["backlog-sweep.json"], TestContext.Current.CancellationToken))!;
        Assert.Equal(192, json["sweep"]!["cells"]!.AsArray().Count);
        Assert.Equal("1", json["sweep"]!["cells"]![0]!["values"]!["connects"]!.GetValue<string>());
        Assert.Equal(1, json["sweep"]!["cells"]![0]!["measured"]!["established"]!.GetValue<int>());
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.pcapng"));
    }

    [Fact]
    public async Task EachRunIsCapturedWhereThatIsAskedFor()
    {
        await Sim.Run(
            "run", "backlog-sweep", "--set", "sweep.axes.profile=[windows]", "--set", "sweep.axes.backlog=[1, 2]", "--set", "sweep.axes.connects=[3]",
            "--capture", "server", "--quiet", "--out", _folder.Path);
        Assert.Equal(
            ["backlog-sweep.windows.1.3.pcapng", "backlog-sweep.windows.2.3.pcapng"],
            Directory.GetFiles(_folder.Path, "*.pcapng").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("is a sweep of 192 runs", "backlog-sweep", "--capture", "-")]
    [InlineData("--profile would overrule the axis `profile`", "backlog-sweep", "--profile", "linux")]
    [InlineData("--csv writes the table of a sweep", "handshake", "--csv")]
    [InlineData("axis `backlogs` is no variable; did you mean `backlog`?", "backlog-sweep", "--set", "sweep.axes.backlogs=[1]")]
    public async Task WhatDoesNotFitIsToldInOneLine(string message, params string[] args)
    {
        Sim.Result result = (await Sim.Run(["run", .. args, "--out", _folder.Path])).Ended(2);
        Assert.Contains(message, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }
}
