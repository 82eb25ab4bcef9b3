using System.Text.Json.Nodes;

namespace Scenarios.Tests.Commands;

/// <summary><c>sim diff</c> as a user meets it.</summary>
public sealed class DiffCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ACaptureIsLikeItselfInEitherFormat()
    {
        (await Sim.Run("run", "handshake", "--quiet", "--out", _folder.Path)).Ended(0);
        (await Sim.Run("run", "handshake", "--quiet", "--format", "pcap", "--out", _folder.Path)).Ended(0);
        Sim.Result result = (await Sim.Run("diff", _folder["handshake.pcap"], _folder["handshake.pcapng"], "--windows", "--times", "0")).Ended(0);
        Assert.Equal("no difference: 1 conversation, 10 packets side by side", Assert.Single(result.Lines));
    }

    [Fact]
    public async Task TheFirstDifferenceIsNamedOnBothSides()
    {
        (await Sim.Run("run", "three-segment-close", "--quiet", "--out", _folder.Path)).Ended(0);
        (await Sim.Run("run", "four-segment-close", "--quiet", "--out", _folder.Path)).Ended(0);
        string a = _folder["three-segment-close.pcapng"];
        string b = _folder["four-segment-close.pcapng"];
        string[] lines = (await Sim.Run("diff", a, b)).Ended(1).Lines;
        Assert.StartsWith("first difference: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(", in TCP connection 1: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"  {a}  next: frame ", lines[1], StringComparison.Ordinal);
        Assert.Contains("FIN,ACK seq 267 ack 1468 win 67 <nop,nop,TS>", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"  {b}   frame ", lines[2], StringComparison.Ordinal);
        Assert.Contains(" ACK seq 267 ack 1468 win 67 <nop,nop,TS>", lines[2], StringComparison.Ordinal);

        JsonNode json = JsonNode.Parse((await Sim.Run("diff", a, b, "--json")).Ended(1).Output)!;
        Assert.Equal(1, (int)json["schema"]!);
        Assert.False((bool)json["alike"]!);
        Assert.Equal((int)json["differenceCount"]!, json["differences"]!.AsArray().Count);
    }

    [Fact]
    public async Task FieldsAreIgnoredBySeveralSpellings()
    {
        (await Sim.Run("run", "handshake", "--quiet", "--out", _folder["a"])).Ended(0);
        await Sim.Run("run", "handshake", "--quiet", "--out", _folder["b"], "--set", "hosts.server.sysctls.net.ipv4.ip_default_ttl=32", "--set", "links.0.delay=80ms");
        string[] files = [_folder["a/handshake.pcapng"], _folder["b/handshake.pcapng"]];
        (await Sim.Run(["diff", .. files])).Ended(1);
        (await Sim.Run(["diff", .. files, "--ignore", "ttl"])).Ended(1);
        (await Sim.Run(["diff", .. files, "--ignore", "ttl,time"])).Ended(0);
        (await Sim.Run(["diff", .. files, "--ignore", "ttl", "--ignore", "time"])).Ended(0);
        (await Sim.Run(["diff", .. files, "--ignore", "ttl", "time"])).Ended(0);
        (await Sim.Run(["diff", "--ignore", "ttl", "time", .. files])).Ended(0);
        (await Sim.Run(["diff", .. files, "--ignore", "ttl", "--times", "400ms"])).Ended(0);
    }

    [Theory]
    [InlineData("sim diff: the second capture is missing;", "here.pcap")]
    [InlineData("sim diff: `there.pcap` is one word too many;", "here.pcap", "here.pcap", "there.pcap")]
    [InlineData("there is no such file", "nowhere.pcap", "here.pcap")]
    [InlineData("it is a folder;", ".", "here.pcap")]
    [InlineData("no capture; pcapng begins with", "text.txt", "here.pcap")]
    [InlineData("the file ends after 0 bytes", "nothing.pcap", "here.pcap")]
    [InlineData("without any packet", "empty.pcap", "here.pcap")]
    [InlineData("the file ends inside the packet record at byte 24", "cut.pcap", "here.pcap")]
    [InlineData("unknown option `--wndows`; did you mean `--windows`?", "here.pcap", "here.pcap", "--wndows")]
    [InlineData("unknown field `flag`; did you mean `flags`?", "here.pcap", "here.pcap", "--ignore", "flag")]
    [InlineData("unknown field `nonsense`; fields: flags, psh,", "here.pcap", "here.pcap", "--ignore", "nonsense")]
    [InlineData("`fast` is not a tolerance like 5ms,3% or 10ms", "here.pcap", "here.pcap", "--times", "fast")]
    public async Task AMistakeIsAnsweredWithALine(string line, params string[] args)
    {
        (await Sim.Run("run", "handshake", "--quiet", "--format", "pcap", "--out", _folder.Path)).Ended(0);
        byte[] capture = File.ReadAllBytes(_folder["handshake.pcap"]);
        File.WriteAllBytes(_folder["here.pcap"], capture);
        File.WriteAllBytes(_folder["empty.pcap"], capture[..24]);
        File.WriteAllBytes(_folder["cut.pcap"], capture[..50]);
        File.WriteAllText(_folder["text.txt"], "no capture at all, but some text");
        File.WriteAllText(_folder["nothing.pcap"], "");
        string[] full = [.. args.Select((a, i) => a.Contains('.', StringComparison.Ordinal) ? (a == "." ? _folder.Path : _folder[a]) : a)];
        Sim.Result result = (await Sim.Run(["diff", .. full])).Ended(2);
        Assert.Contains(line.Replace("there.pcap", _folder["there.pcap"], StringComparison.Ordinal), Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }
}
