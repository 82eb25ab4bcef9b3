using System.Text.Json;
using SimNet.Capture;

namespace Scenarios.Tests.Running;

/// <summary>What <c>sim run</c> writes, where, and what its options change.</summary>
public sealed class RunFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ARunLeavesACaptureAndAResultAndPrintsALadder()
    {
        Sim.Result result = (await Run("handshake")).Ended(0);
        Assert.Equal(["handshake.json", "handshake.pcapng"], Files());
        Assert.Contains("── SYN seq 0", result.Output, StringComparison.Ordinal);
        Assert.Contains(" passed, 0 failed", result.Lines[^1], StringComparison.Ordinal);
        Assert.All(result.Lines, line => Assert.True(line.Length <= 100, line));
        Assert.Contains("packets at client.eth0", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExistingFilesAreReplaced()
    {
        _folder.Write("handshake.pcapng", new string('x', 100_000));
        _folder.Write("handshake.json", new string('x', 100_000));
        Sim.Result result = (await Run("handshake")).Ended(0);
        using JsonDocument document = Json("handshake.json");
        Assert.Equal(PacketsReported(result), Packets("handshake.pcapng"));
    }

    [Fact]
    public async Task TheResultSaysSeedVersionAndVerdicts()
    {
        (await Run("handshake", "--seed", "77")).Ended(0);
        using JsonDocument document = Json("handshake.json");
        JsonElement root = document.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.Equal(77, root.GetProperty("seed").GetInt32());
        Assert.StartsWith("0.", root.GetProperty("version").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(0, root.GetProperty("verdicts").GetArrayLength());
    }

    [Fact]
    public async Task JsonOnStandardOutputIsTheResultFile()
    {
        Sim.Result result = (await Run("handshake", "--json")).Ended(0);
        Assert.Equal(File.ReadAllText(_folder["handshake.json"]).TrimEnd(), result.Output.TrimEnd());
    }

    [Fact]
    public async Task QuietSaysNothingWhenAllHolds()
    {
        Sim.Result result = (await Run("handshake", "--quiet")).Ended(0);
        Assert.Empty(result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task AFailedExpectationIsStatus1WithWhatWasExpectedAndWhere()
    {
        string script = (await Sim.Run("show", "handshake")).Output.Replace("retransmissions: 0", "retransmissions: 3", StringComparison.Ordinal);
        string path = _folder.Write("mine.yaml", script);
        int line = Array.FindIndex(script.Split('\n'), l => l.Contains("retransmissions: 3", StringComparison.Ordinal)) + 1;
        foreach (string[] options in (string[][])[[], ["--quiet"]])
        {
            Sim.Result result = (await Sim.Run(["run", path, "--out", _folder.Path, .. options])).Ended(1);
            string failure = Assert.Single(result.Lines, l => l.StartsWith("FAIL", StringComparison.Ordinal));
            Assert.Contains($"{path}:{line}", failure, StringComparison.Ordinal);
            Assert.Contains("expected 3", failure, StringComparison.Ordinal);
            Assert.Contains("got 0", failure, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("all", 2)]
    [InlineData("none", 0)]
    [InlineData("9", 2)]
    public async Task TheLadderIsAsLongAsWanted(string amount, int heads)
    {
        Sim.Result result = (await Run("lossy-transfer", "--ladder", amount)).Ended(0);
        int arrows = result.Lines.Count(l => l.Contains("── ", StringComparison.Ordinal));
        Assert.Equal(heads > 0, result.Lines[0].Contains("time", StringComparison.Ordinal));
        Assert.True(amount == "all" ? arrows > 1000 : amount == "9" ? arrows is > 2 and <= 9 : arrows == 0, $"{arrows} arrows");
    }

    [Fact]
    public async Task EveryLinkedInterfaceHasACaptureOnRequest()
    {
        (await Run("handshake", "--capture", "all")).Ended(0);
        Assert.Equal(["handshake.json", "handshake.pcapng", "handshake.server.eth0.pcapng"], Files());
        Assert.Equal(Packets("handshake.pcapng"), Packets("handshake.server.eth0.pcapng"));
        Assert.NotEqual(File.ReadAllBytes(_folder["handshake.pcapng"]), File.ReadAllBytes(_folder["handshake.server.eth0.pcapng"]));
    }

    [Theory]
    [InlineData("server")]
    [InlineData("server.eth0")]
    public async Task AnotherPointCanBeCaptured(string point)
    {
        Sim.Result result = (await Run("handshake", "--capture", point)).Ended(0);
        Assert.Contains("at server.eth0", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnknownPointIsNamedWithTheNearest()
    {
        Sim.Result result = (await Run("handshake", "--capture", "servr.eth0")).Ended(2);
        Assert.Equal(
            "sim run: --capture: scenario handshake has no point `servr.eth0`; did you mean `server.eth0`?", Assert.Single(result.ErrorLines));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task ClassicPcapOnRequest()
    {
        Sim.Result result = (await Run("handshake", "--format", "pcap")).Ended(0);
        Assert.Equal(["handshake.json", "handshake.pcap"], Files());
        using CaptureReader reader = CaptureReader.Open(_folder["handshake.pcap"]);
        Assert.Equal(CaptureFormat.Pcap, reader.Format);
        Assert.Equal(PacketsReported(result), Packets("handshake.pcap"));
    }

    [Fact]
    public async Task TheCaptureCanGoToStandardOutput()
    {
        var stream = new MemoryStream();
        var error = new StringWriter();
        var output = new StringWriter();
        int status = await SimProgram.Run(
            ["run", "handshake", "--capture", "-", "--out", _folder.Path], new SimConsole(output, error, () => stream));
        Assert.Equal(0, status);
        Assert.Empty(output.ToString());
        Assert.Contains("SYN seq 0", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(["handshake.json"], Files());
        (await Run("handshake")).Ended(0);
        Assert.Equal(File.ReadAllBytes(_folder["handshake.pcapng"]), stream.ToArray());
    }

    [Theory]
    [InlineData("links.0.delay=40ms")]
    [InlineData("links[0].delay=40ms")]
    public async Task SettingsChangeTheScript(string setting)
    {
        Sim.Result result = await Run("four-segment-close", "--set", setting);
        Assert.Contains("0.040000", result.Output + File.ReadAllText(_folder["four-segment-close.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKernelSettingCanBeAddedToAHostInShortForm()
    {
        Sim.Result result = await Run("handshake", "--set", "hosts.client.sysctls.net.ipv4.tcp_sack=0");
        Assert.DoesNotContain("sackOK", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProfileIsForEveryHost()
    {
        Sim.Result result = await Run("handshake", "--profile", "linux26");
        Assert.Contains("── SYN seq 0 win 14600", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("── SYN seq 0 win 64240", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hosts.clinet.profile=linux26", "did you mean `client`?")]
    [InlineData("lniks.0.delay=1ms", "did you mean `links`?")]
    [InlineData("links.7.delay=1ms", "there is no item [7] here")]
    [InlineData("links.0.delay=1parsec", "1parsec")]
    [InlineData("delay", "path=value")]
    public async Task AWrongSettingIsOneLine(string setting, string hint)
    {
        Sim.Result result = (await Run("handshake", "--set", setting)).Ended(2);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith($"--set {setting}", line, StringComparison.Ordinal);
        Assert.Contains(hint, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyRunsTwiceAndFindsTheSameBytes()
    {
        Sim.Result result = (await Run("lossy-transfer", "--verify", "--capture", "all")).Ended(0);
        Assert.Equal("sim: --verify: the second run gave the same bytes", result.ErrorLines[^1]);
    }

    private Task<Sim.Result> Run(params string[] args) => Sim.Run(["run", .. args, "--out", _folder.Path]);

    private string[] Files() => [.. Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private JsonDocument Json(string name) => JsonDocument.Parse(File.ReadAllText(_folder[name]));

    // "sim: 12 packets at client.eth0 -> ..."
    private static int PacketsReported(Sim.Result result) =>
        int.Parse(result.ErrorLines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private int Packets(string name)
    {
        using CaptureReader reader = CaptureReader.Open(_folder[name]);
        int count = 0;
        while (reader.TryRead(out CapturedPacket _))
        {
            count++;
        }

        return count;
    }
}
