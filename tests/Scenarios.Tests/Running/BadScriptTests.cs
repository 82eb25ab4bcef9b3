namespace Scenarios.Tests.Running;

/// <summary>Mistakes in a script: status 2, and a line with the place, what was found and what would be right.</summary>
public sealed class BadScriptTests : IDisposable
{
    private const string Good = """
        name: mine
        title: A mistake to be made
        hosts:
          client: 10.0.0.1/24
          server: 10.0.0.2/24
        links:
          - between: [client, server]
            delay: 5ms
            loss: 1%
        applications:
          server:
            - bind: 80
            - listen: 5
            - accept
          client:
            - connect: server:80
            - close

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("    delay: 5ms", "    dealy: 5ms", "8:5", "`dealy`", "`delay`")]
    [InlineData("delay: 5ms", "delay: 5parsec", "8:12", "5parsec", "5ms")]
    [InlineData("loss: 1%", "loss: 120%", "9:11", "120%", "100%")]
    [InlineData("server: 10.0.0.2/24", "server: 10.0.0.1/24", "5:11", "10.0.0.1", "client")]
    [InlineData("between: [client, server]", "between: [clinet, server]", "7:15", "`clinet`", "did you mean `client`?")]
    [InlineData("connect: server:80", "conect: server:80", "16:7", "conect", "connect")]
    [InlineData("  client: 10.0.0.1/24", "  client: 10.0.0.1/24\n client: x", "5:", "", "")]
    [InlineData("between: [client, server]", "between: [client, server", "", "", "")]
    public async Task AMistakeIsShownWithItsPlace(string good, string bad, string place, string found, string right)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        string path = _folder.Write("mine.yaml", Good.Replace(good, bad, StringComparison.Ordinal));
        Sim.Result result = (await Sim.Run("run", path, "--out", _folder.Path)).Ended(2);
        string line = result.ErrorLines[0];
        Assert.Matches($"^{System.Text.RegularExpressions.Regex.Escape(path)}:\\d+:\\d+: ", line);
        Assert.StartsWith($"{path}:{place}", line, StringComparison.Ordinal);
        Assert.Contains(found, line, StringComparison.Ordinal);
        Assert.Contains(right, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Equal(["mine.yaml"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task TheGoodScriptRuns() => (await Sim.Run("run", _folder.Write("mine.yaml", Good), "--set", "links.0.loss=0", "--out", _folder.Path)).Ended(0);

    [Theory]
    [InlineData("daytme", "sim: unknown scenario `daytme`; did you mean `daytime`?")]
    [InlineData("no-such-thing", "sim: unknown scenario `no-such-thing`; give a name that `sim list` shows, or a .yaml file")]
    public async Task AnUnknownScenarioIsNamed(string name, string message) =>
        Assert.Equal(message, Assert.Single((await Sim.Run("run", name)).Ended(2).ErrorLines));

    [Fact]
    public async Task AMissingFileIsNamedWithTheNearest()
    {
        _folder.Write("mine.yaml", Good);
        Sim.Result result = (await Sim.Run("run", _folder["mien.yaml"])).Ended(2);
        Assert.Equal($"sim: {_folder["mien.yaml"]}: there is no such file; did you mean `mine.yaml`?", Assert.Single(result.ErrorLines));
    }

    [Fact]
    public async Task AFolderIsNoScript() =>
        Assert.Contains("is a folder", Assert.Single((await Sim.Run("run", _folder.Path)).Ended(2).ErrorLines), StringComparison.Ordinal);

    [Fact]
    public async Task AnUnreachableHostIsAResult()
    {
        string script = """
            name: unreachable
            title: Nobody is there
            hosts:
              client: 10.0.0.1/24
              server: 10.0.0.2/24
            links:
              - between: [client, server]
            applications:
              client:
                - {connect: "192.0.2.1:80", expect: ENETUNREACH}
            """;
        Sim.Result result = (await Sim.Run("run", _folder.Write("unreachable.yaml", script), "--out", _folder.Path)).Ended(0);
        Assert.Contains("PASS  client: connect(192.0.2.1:80)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunThatNeverEndsIsStopped()
    {
        string script = Good + "limits: {time: 2ms}\n";
        Sim.Result result = (await Sim.Run("run", _folder.Write("mine.yaml", script), "--out", _folder.Path)).Ended(1);
        Assert.Contains("FAIL  the run comes to its end", result.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["mine.json"]));
    }
}
