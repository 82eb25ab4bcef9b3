using System.Text.Json;
using System.Xml.Linq;
using SimNet.Capture;

namespace Scenarios.Tests.Testing;

/// <summary><c>sim test</c> as a user meets it.</summary>
public sealed class TestCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ALineForEachScriptAndTheCount()
    {
        string good = _folder.Write("good.pkt", Scripts.Good);
        string bad = _folder.Write("bad.pkt", Scripts.Bad);
        Sim.Result result = (await Sim.Run("test", good, bad)).Ended(1);
        Assert.Equal(3, result.Lines.Length);
        Assert.Equal($"PASS {good}", result.Lines[0]);
        Assert.Equal($"FAIL {bad}:10: expected `P. 1:101(100) ack 2` got `P. 1:101(100) ack 1`: ack", result.Lines[1]);
        Assert.Equal("1 passed, 1 failed", result.Lines[2]);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task AllPassedIsStatusZero() =>
        Assert.Equal("1 passed, 0 failed", (await Sim.Run("test", _folder.Write("good.pkt", Scripts.Good))).Ended(0).Lines[^1]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task TheOrderIsTheSameWithAnyNumberOfJobs(int jobs)
    {
        Directory.CreateDirectory(_folder["b/c"]);
        string[] names = ["B.pkt", "a.pkt", "b/a.pkt", "b/c/z.pkt", "b/d.pkt", "b-.pkt", "c.pkt", "c0.pkt"];
        foreach (string name in names)
        {
            _folder.Write(name, name.Contains('d', StringComparison.Ordinal) ? Scripts.Bad : Scripts.Good);
        }

        _folder.Write("b/note.txt", "no script");
        Sim.Result result = (await Sim.Run("test", _folder.Path, "--jobs", $"{jobs}")).Ended(1);
        string[] order = ["B.pkt", "a.pkt", "b-.pkt", "b/a.pkt", "b/c/z.pkt", "b/d.pkt", "c.pkt", "c0.pkt"];
        Assert.Equal(order.Select(n => _folder[n]), result.Lines[..^1].Select(l => l.Split(' ')[1].Split(".pkt:")[0] + (l.Contains(".pkt:", StringComparison.Ordinal) ? ".pkt" : "")));
        Assert.Equal("7 passed, 1 failed", result.Lines[^1]);
    }

    [Fact]
    public async Task AScriptThatIsNoneIsStatusTwoAndTheOthersRunAllTheSame()
    {
        string wrong = _folder.Write("a.pkt", Scripts.Wrong);
        string good = _folder.Write("b.pkt", Scripts.Good);
        string bad = _folder.Write("c.pkt", Scripts.Bad);
        Sim.Result result = (await Sim.Run("test", _folder.Path, "--ip-version", "all")).Ended(2);
        Assert.Equal(2, result.ErrorLines.Length);
        Assert.StartsWith($"{wrong}:3:", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal("sim test: 1 script could not be read and was not run", result.ErrorLines[1]);
        Assert.StartsWith($"FAIL {wrong}:3:24 (ipv6): found `=`", result.Lines[2], StringComparison.Ordinal);
        Assert.Equal($"PASS {good} (ipv4)", result.Lines[3]);
        Assert.StartsWith($"FAIL {bad}:10 (ipv6): ", result.Lines[8], StringComparison.Ordinal);
        Assert.Equal("3 passed, 6 failed", result.Lines[^1]);
    }

    [Theory]
    [InlineData("sim test: PATH is missing; an example: sim test ")]
    [InlineData("sim test: {0}/none: there is no such file or folder", "{0}/none")]
    [InlineData("sim test: {0}/god.pkt: there is no such file or folder; did you mean `good.pkt`?", "{0}/god.pkt", "{0}/good.pkt")]
    [InlineData("sim test: {0}/empty: there is no script in this folder; their names end with .pkt", "{0}/empty")]
    [InlineData("sim test: --jobs: `0` is not a whole number from 1 to 1024, like --jobs 4", "{0}/good.pkt", "--jobs", "0")]
    [InlineData("sim test: --ip-version: `ipv5` is not ipv4, ipv6, ipv4-mapped-ipv6 or all", "{0}/good.pkt", "--ip-version", "ipv5")]
    [InlineData("sim test: --profile: unknown name `linx`; did you mean `linux`?", "{0}/good.pkt", "--profile", "linx")]
    [InlineData("sim test: --tolerance: `0` is not a time like 4ms or 500us", "{0}/good.pkt", "--tolerance", "0")]
    [InlineData("sim test: -D: `9=1` is not a name and a value like -D CODE=net_unreachable", "{0}/good.pkt", "-D", "9=1")]
    [InlineData("sim test: --watch goes on and --json is one document", "{0}/good.pkt", "--watch", "--json")]
    [InlineData("sim test: unknown option `--verbos`; did you mean `--verbose`?", "{0}/good.pkt", "--verbos")]
    public async Task AWrongRequestIsOneLineAndStatusTwo(string line, params string[] args)
    {
        _folder.Write("good.pkt", Scripts.Good);
        Directory.CreateDirectory(_folder["empty"]);
        Sim.Result result = (await Sim.Run(["test", .. args.Select(a => a.Replace("{0}", _folder.Path, StringComparison.Ordinal))])).Ended(2);
        Assert.StartsWith(line.Replace("{0}", _folder.Path, StringComparison.Ordinal), Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task NamesOfTheCommandLineArePutIn()
    {
        string script = _folder.Write("macro.pkt", Scripts.WithMacro);
        (await Sim.Run("test", script)).Ended(1);
        (await Sim.Run("test", script, "-D", "BACKLOG=5")).Ended(0);
    }

    [Fact]
    public async Task VerboseShowsBothSidesThePacketsAndTheLine()
    {
        string bad = _folder.Write("bad.pkt", Scripts.Bad);
        string good = _folder.Write("good.pkt", Scripts.Good);
        Sim.Result result = (await Sim.Run("test", bad, good, "--verbose")).Ended(1);
        Assert.Contains("    expected  P. 1:101(100) ack 2", result.Lines);
        Assert.Contains("    got       P. 1:101(100) ack 1", result.Lines);
        Assert.Contains(result.Lines, l => l.Contains("SYN,ACK seq 0 ack 1", StringComparison.Ordinal) && l.EndsWith('▶'));
        Assert.Contains("    >>> line 10: +0 > P. 1:101(100) ack 2", result.Lines);
        Assert.Contains("    the script says: 1", result.Lines);
        Assert.Equal("1 passed, 1 failed", result.Lines[^1]);
    }

    [Fact]
    public async Task EveryRunHasACaptureOfItsOwn()
    {
        Directory.CreateDirectory(_folder["s/deep"]);
        _folder.Write("s/a.pkt", Scripts.Good);
        _folder.Write("s/deep/a.pkt", Scripts.Bad);
        _folder.Write("a.pkt", Scripts.Good);
        string captures = _folder["captures"];
        (await Sim.Run("test", _folder["s"], _folder["a.pkt"], _folder["s/a.pkt"], "--ip-version", "all", "--out", captures)).Ended(1);
        string[] files = [.. Directory.EnumerateFiles(captures, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(captures, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        Assert.Equal(9, files.Length);
        Assert.Contains("a.ipv6.pcapng", files);
        Assert.Contains("a-2.ipv4.pcapng", files);
        Assert.Contains("deep/a.ipv4-mapped-ipv6.pcapng", files);
        using CaptureReader reader = CaptureReader.Open(Path.Combine(captures, "a.ipv4.pcapng"));
        int packets = 0;
        while (reader.TryRead(out _))
        {
            packets++;
        }

        Assert.Equal(4, packets);
    }

    [Fact]
    public async Task AFolderThatCannotBeWrittenIsStatusThree()
    {
        string good = _folder.Write("good.pkt", Scripts.Good);
        Sim.Result result = (await Sim.Run("test", good, "--out", good)).Ended(3);
        Assert.Contains(good, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Sim.Result noReport = (await Sim.Run("test", good, "--junit", Path.Combine(good, "j.xml"), $"--json={_folder["new/o.json"]}")).Ended(3);
        Assert.Contains("--junit FILE", Assert.Single(noReport.ErrorLines), StringComparison.Ordinal);
        // The other report is there all the same, and its folder is made.
        Assert.Contains("\"schema\"", File.ReadAllText(_folder["new/o.json"]), StringComparison.Ordinal);
        Assert.Equal("1 passed, 0 failed", noReport.Lines[^1]);
    }

    [Fact]
    public async Task ReportsSayTheSame()
    {
        _folder.Write("a.pkt", Scripts.Wrong);
        _folder.Write("b.pkt", Scripts.Good);
        _folder.Write("c.pkt", Scripts.Bad);
        Sim.Result result = (await Sim.Run("test", _folder.Path, "--json", "--junit", _folder["j.xml"])).Ended(2);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(["error", "passed", "failed"], document.RootElement.GetProperty("scripts").EnumerateArray().Select(s => s.GetProperty("verdict").GetString()));
        Assert.Equal((1, 1, 1), (Number("passed"), Number("failed"), Number("errors")));
        XElement suites = XDocument.Load(_folder["j.xml"]).Root!;
        Assert.Equal(("3", "1", "1"), (suites.Attribute("tests")?.Value, suites.Attribute("failures")?.Value, suites.Attribute("errors")?.Value));
        int Number(string name) => document.RootElement.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task NothingInAFileIsACrash()
    {
        File.WriteAllBytes(_folder["bytes.pkt"], [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 37))]);
        File.WriteAllBytes(_folder["empty.pkt"], []);
        _folder.Write("deep.pkt", Scripts.Good + "+0 write(4, " + new string('[', 100_000) + "\n");
        for (int cut = 10; cut < Scripts.Good.Length; cut += 13)
        {
            _folder.Write($"cut{cut}.pkt", Scripts.Good[..cut]);
            _folder.Write($"hole{cut}.pkt", Scripts.Good.Remove(cut - 10, 7));
        }

        Sim.Result result = (await Sim.Run("test", _folder.Path)).Ended(2);
        Assert.DoesNotContain("mistake in sim", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCStopsAndCountsWhatWasRun()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        _folder.Write("good.pkt", Scripts.Good);
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        int status = new Scenarios.Testing.TestSession(new SimConsole(output, error), new Scenarios.Testing.TestRequest { Paths = [_folder.Path] }).Run(stopped.Token);
        Assert.Equal(ExitStatus.Interrupted, status);
        Assert.Equal("0 passed, 0 failed\n", output.ToString());
        Assert.Contains("stopped", error.ToString(), StringComparison.Ordinal);
    }
}
