using System.Text.Json;
using Scenarios.Tests.Testing;
using SimNet.Capture;

namespace Scenarios.Tests.Running;

/// <summary><c>sim run FILE.pkt</c>.</summary>
public sealed class RunScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ALadderACaptureAResultAndTheVerdict()
    {
        string script = _folder.Write("good.pkt", Scripts.Good);
        Sim.Result result = (await Sim.Run("run", script, "--out", _folder.Path, "--verify")).Ended(0);
        Assert.Matches("^ *time +machine +script$", result.Lines[0]);
        Assert.Contains("PSH,ACK seq 1 ack 1 len 100", result.Output, StringComparison.Ordinal);
        Assert.Equal($"PASS {script}", result.Lines[^1]);
        Assert.Contains("sim: --verify: the second run gave the same bytes", result.ErrorLines);
        using var document = JsonDocument.Parse(File.ReadAllText(_folder["good.json"]));
        Assert.True(document.RootElement.GetProperty("passed").GetBoolean());
        Assert.Equal(["inbound", "outbound", "inbound", "outbound"], document.RootElement.GetProperty("packets").EnumerateArray().Select(p => p.GetProperty("direction").GetString()));
        using CaptureReader reader = CaptureReader.Open(_folder["good.pcapng"]);
        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal(CaptureDirection.Inbound, packet.Direction);
    }

    [Fact]
    public async Task AFailureIsStatusOne()
    {
        string script = _folder.Write("bad.pkt", Scripts.Bad);
        Sim.Result result = (await Sim.Run("run", script, "--out", _folder.Path, "--quiet")).Ended(1);
        Assert.StartsWith($"FAIL {script}:10: expected ", Assert.Single(result.Lines), StringComparison.Ordinal);
        using var document = JsonDocument.Parse(File.ReadAllText(_folder["bad.json"]));
        Assert.Equal(10, document.RootElement.GetProperty("failure").GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("{0}/wrong.pkt:3:")]
    [InlineData("sim run: {0}/god.pkt: there is no such file; did you mean `good.pkt`?", "{0}/god.pkt")]
    [InlineData("sim run: {0}/good.pkt: --set changes scenarios", "{0}/good.pkt", "--set", "a=b")]
    [InlineData("sim run: {0}/good.pkt: --csv writes the table of a sweep", "{0}/good.pkt", "--csv")]
    [InlineData("sim run: {0}/good.pkt: --capture: a script has one point, tun0, and not `client`", "{0}/good.pkt", "--capture", "client")]
    [InlineData("sim run: {0}/good.pkt: --format: captures of scripts are pcapng", "{0}/good.pkt", "--format", "pcap")]
    public async Task AWrongRequestIsOneLineAndStatusTwo(string line, params string[] args)
    {
        _folder.Write("good.pkt", Scripts.Good);
        _folder.Write("wrong.pkt", Scripts.Wrong);
        string[] words = args.Length > 0 ? args : ["{0}/wrong.pkt"];
        Sim.Result result = (await Sim.Run(["run", .. words.Select(a => a.Replace("{0}", _folder.Path, StringComparison.Ordinal)), "--out", _folder["out"]])).Ended(2);
        Assert.StartsWith(line.Replace("{0}", _folder.Path, StringComparison.Ordinal), Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }
}
