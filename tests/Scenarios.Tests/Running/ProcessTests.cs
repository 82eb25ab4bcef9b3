using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SimNet.Capture;
using SimNet.Tests;

namespace Scenarios.Tests.Running;

/// <summary>The program as a process: signals, pipes, terminals, the environment.</summary>
public sealed class ProcessTests : IDisposable
{
    private const string Endless = """
        name: endless
        title: More data than anybody waits for
        hosts:
          client: 10.0.0.1/24
          server: 10.0.0.2/24
        links:
          - between: [client, server]
            rate: 1Gbit
            delay: 1ms
            queue: {packets: 1000}
        applications:
          server:
            - bind: 80
            - listen: 5
            - accept
            - read: until-eof
          client:
            - connect: server:80
            - write: {size: 900GiB}
        limits: {events: 1000000000000}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CtrlCStopsAndLeavesEveryFileValid()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs kill");
        _folder.Write("endless.yaml", Endless);
        using Process process = Sim.Start(_folder.Path, null, "run", "endless.yaml");
        var clock = Stopwatch.StartNew();
        while (!(File.Exists(_folder["endless.pcapng"]) && new FileInfo(_folder["endless.pcapng"]).Length > 1_000_000))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60) && !process.HasExited, "no capture grows");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Sim.Result result = (await Sim.End(process)).Ended(ExitStatus.Interrupted);
        Assert.Contains("stopped", result.ErrorLines[^1], StringComparison.Ordinal);
        using var document = JsonDocument.Parse(File.ReadAllText(_folder["endless.json"]));
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
        using (CaptureReader reader = CaptureReader.Open(_folder["endless.pcapng"]))
        {
            while (reader.TryRead(out CapturedPacket _))
            {
                // A block that is cut off would throw.
            }
        }

        ExternalTool.Run("capinfos", _folder["endless.pcapng"]);
    }

    [Fact]
    public async Task AReaderThatGoesAwayIsNoCrash()
    {
        Sim.Result result = await Sim.Shell(_folder.Path, "sim list | true; echo ${PIPESTATUS[0]}; sim run lossy-transfer --capture - --ladder all | head -c 100 | wc -c; echo ${PIPESTATUS[0]}");
        Assert.Equal(["0", "100", "0"], result.Ended(0).Lines);
        Assert.DoesNotContain("xception", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TcpdumpReadsTheCaptureFromThePipe()
    {
        ExternalTool.Require("tcpdump");
        Sim.Result result = (await Sim.Shell(_folder.Path, "sim run handshake --capture - | TZ=UTC tcpdump -n -r - 2>/dev/null | grep -c Flags")).Ended(0);
        Assert.Equal("10", result.Output.Trim());
    }

    [Fact]
    public async Task WithoutATerminalThereIsNoColour()
    {
        using Process process = Sim.Start(_folder.Path, null, "run", "lossy-transfer");
        Sim.Result result = (await Sim.End(process)).Ended(0);
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
    }

    [Fact]
    public async Task OnATerminalThereIsColourUnlessNoColorIsSet()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "needs script(1)");
        const string Line = "env -u NO_COLOR TERM=xterm {0} script -qec \"$SIM run handshake\" /dev/null </dev/null";
        Sim.Result coloured = (await Sim.Shell(_folder.Path, Line.Replace("{0}", "", StringComparison.Ordinal))).Ended(0);
        Assert.Contains("\u001b[32mPASS\u001b[0m", coloured.Output, StringComparison.Ordinal);
        Sim.Result plain = (await Sim.Shell(_folder.Path, Line.Replace("{0}", "NO_COLOR=1", StringComparison.Ordinal))).Ended(0);
        Assert.Contains("PASS", plain.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[3", plain.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationComesFromFileEnvironmentAndCommandLineInThisOrder()
    {
        _folder.Write("appsettings.json", """{ "Out": "from-file", "Format": "pcap" }""");
        (await Start([])).Ended(0);
        Assert.True(File.Exists(_folder["from-file/handshake.pcap"]));
        (await Start(new() { ["SIM_OUT"] = "from-environment" })).Ended(0);
        Assert.True(File.Exists(_folder["from-environment/handshake.pcap"]));
        (await Start(new() { ["SIM_OUT"] = "from-environment" }, "--out", "from-command-line", "--format", "pcapng")).Ended(0);
        Assert.True(File.Exists(_folder["from-command-line/handshake.pcapng"]));
        Sim.Result wrong = (await Start(new() { ["SIM_FORMAT"] = "pcapx" })).Ended(2);
        Assert.Equal("sim: configuration (SIM_FORMAT or appsettings.json): Format: `pcapx` is not pcapng or pcap", Assert.Single(wrong.ErrorLines));
        _folder.Write("appsettings.json", "{ nonsense");
        Assert.Contains("appsettings.json", Assert.Single((await Start([])).Ended(2).ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoggingGoesToStandardError()
    {
        Sim.Result result = (await Start(new() { ["SIM_LOGGING__LOGLEVEL__SCENARIOS"] = "Information" }, "--json")).Ended(0);
        Assert.Contains("handshake, seed 1", result.Error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(result.Output);
    }

    private async Task<Sim.Result> Start(Dictionary<string, string?> environment, params string[] args)
    {
        using Process process = Sim.Start(_folder.Path, environment, ["run", "handshake", "--quiet", .. args]);
        return await Sim.End(process);
    }
}
