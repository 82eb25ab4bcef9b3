using SimNet.Capture;
using SimNet.Tests;

namespace Scenarios.Tests.Recording;

/// <summary><c>sim record</c>: what it writes passes in <c>sim test</c>, or it says what does not hold.</summary>
public sealed class RecordCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("daytime")]
    [InlineData("daytime", "--side", "client")]
    [InlineData("handshake")]
    [InlineData("half-close")]
    [InlineData("lost-syn")]
    [InlineData("lost-syn-ack")]
    [InlineData("simultaneous-open")]
    [InlineData("keep-alive-dies")]
    [InlineData("linger-zero")]
    [InlineData("closed-port")]
    [InlineData("four-segment-close-ipv6")]
    [InlineData("established-before-accept")]
    public async Task AScenariosRunIsAScriptThatPasses(string scenario, params string[] options)
    {
        Sim.Result result = (await Sim.Run(["record", scenario, "--out", _folder.Path, .. options])).Ended(0);
        string script = _folder[scenario + ".pkt"];
        Assert.Equal($"PASS {script}", result.Lines[^1]);
        Assert.Equal($"PASS {script}", (await Sim.Run("test", script)).Ended(0).Lines[0]);
    }

    [Fact]
    public async Task TheScriptHasTheRunsCallsTimesAndSegments()
    {
        Sim.Result result = (await Sim.Run("record", "daytime", "--out", "-")).Ended(0);
        Assert.Equal("PASS the script", Assert.Single(result.ErrorLines));
        string[] lines = [.. result.Lines.Select(l => l.Trim())];
        Assert.StartsWith("// TCP connection 1 of daytime, as its server saw it", lines[0], StringComparison.Ordinal);
        Assert.Contains("+.000022 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1000 ecr 5000,nop,wscale 7>", lines);
        int write = Array.IndexOf(lines, "+20 write(4, ..., 26) = 26");
        Assert.Equal("+0 > P. 1:27(26) ack 1 <nop,nop,TS val 21000 ecr 5001>", lines[write + 1]);
        Assert.Contains("+4.999226 close(4) = 0", lines);
    }

    /// <summary>From a capture the calls must be guessed: that of a run is a script as the run itself is.</summary>
    [Theory]
    [InlineData("handshake")]
    [InlineData("half-close")]
    [InlineData("linger-zero")]
    [InlineData("lost-syn")]
    [InlineData("three-segment-close")]
    [InlineData("simultaneous-close")]
    public async Task ARunsCaptureIsAScriptThatPasses(string scenario)
    {
        (await Sim.Run("run", scenario, "--out", _folder.Path, "--quiet", "--capture", "all")).Ended(0);
        foreach (string capture in Directory.EnumerateFiles(_folder.Path, "*.pcapng").Order(StringComparer.Ordinal))
        {
            string script = Path.ChangeExtension(capture, ".pkt");
            Assert.Equal($"PASS {script}", (await Sim.Run("record", capture, "--out", script)).Ended(0).Lines[^1]);
            (await Sim.Run("test", script)).Ended(0);
        }
    }

    // What is missing to the others: see TheOthersAreToldTheLine.
    [Theory]
    [InlineData("four-segment-close")]
    [InlineData("three-segment-close")]
    [InlineData("four-segment-close-ipv6")]
    [InlineData("closed-port")]
    [InlineData("lost-syn")]
    [InlineData("lost-syn-ack")]
    [InlineData("half-close")]
    [InlineData("linger-zero")]
    [InlineData("keep-alive-dies")]
    [InlineData("simultaneous-close")]
    [InlineData("syn-cookies-always")]
    [InlineData("backlog-2-six-connects")]
    [InlineData("syn-black-hole", "client")]
    [InlineData("lost-tail", "server")]
    public async Task AKernelsCaptureIsAScriptThatPasses(string name, string? only = null)
    {
        foreach (string side in (string[])["client", "server"])
        {
            if (only is null || only == side)
            {
                Sim.Result result = (await Sim.Run("record", Kernel($"{name}.{side}.pcap"), "--out", _folder.Path)).Ended(0);
                string script = _folder[$"{name}.{side}.pkt"];
                Assert.Equal($"PASS {script}", result.Lines[^1]);
                Assert.Contains($"as its {side} saw it", File.ReadLines(script).First(), StringComparison.Ordinal);
                Assert.Equal($"PASS {script}", (await Sim.Run("test", script)).Ended(0).Lines[0]);
            }
        }
    }

    /// <summary>Nobody gets a script that fails silently: the line that does not hold is named, and it is the one of sim test.</summary>
    [Theory]
    [InlineData("sack-three-holes.server.pcap")]
    [InlineData("no-sack-no-timestamps.server.pcap")]
    public async Task AScriptThatDoesNotPassIsSaidToFail(string name)
    {
        string capture = Kernel(name);
        string script = _folder["s.pkt"];
        Sim.Result result = await Sim.Run("record", capture, "--out", script);
        Sim.Result test = await Sim.Run("test", script);
        Assert.Equal(test.Lines[0], result.Lines[^1]);
        Assert.Equal(test.Status, result.Status);
    }

    [Fact]
    public async Task OfSeveralConnectionsTheFirstIsTakenAndTheOthersAreMentioned()
    {
        string capture = Kernel("backlog-2-six-connects.client.pcap");
        Sim.Result first = (await Sim.Run("record", capture, "--out", _folder.Path)).Ended(0);
        Assert.Equal("sim record: this is TCP connection 1; there are 5 others, which --connection N takes", Assert.Single(first.ErrorLines));
        Sim.Result fourth = (await Sim.Run("record", capture, "--out", _folder["4.pkt"], "--connection", "4")).Ended(0);
        Assert.Empty(fourth.Error);
        Assert.Contains(File.ReadLines(_folder["4.pkt"]), l => l.Contains("EINPROGRESS", StringComparison.Ordinal));
        Sim.Result none = (await Sim.Run("record", capture, "--connection", "7")).Ended(2);
        Assert.EndsWith("there are 6 connections, and no number 7", Assert.Single(none.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheToleranceIsTheOneThatIsAskedFor()
    {
        (await Sim.Run("record", "handshake", "--out", _folder.Path, "--tolerance", "7ms")).Ended(0);
        Assert.Contains("--tolerance_usecs=7000", File.ReadLines(_folder["handshake.pkt"]));
    }

    [Theory]
    [InlineData("ping-and-udp-closed-port.client.pcap", "there is no TCP connection in it")]
    [InlineData("README.md", "")]
    public async Task ACaptureWithoutTcpIsOneLineAndStatusTwo(string name, string line)
    {
        Kernel("");
        string path = name.EndsWith(".md", StringComparison.Ordinal) ? Path.Combine(SharedFolder.Require("captures"), name) : Kernel(name);
        Assert.Contains(line, Assert.Single((await Sim.Run("record", path, "--out", _folder.Path)).Ended(2).ErrorLines), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task ADamagedCaptureIsOneLineAndStatusTwo()
    {
        (await Sim.Run("run", "handshake", "--out", _folder.Path, "--quiet")).Ended(0);
        byte[] whole = File.ReadAllBytes(_folder["handshake.pcapng"]);
        for (int length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(_folder["cut.pcapng"], whole[..length]);
            Sim.Result result = await Sim.Run("record", _folder["cut.pcapng"], "--out", _folder.Path);
            Assert.True(result.Status is 0 or 1 or 2, $"{length}: status {result.Status} {result.Error}");
            Assert.True(result.Status != 2 || result.ErrorLines.Length == 1, $"{length}: {result.Error}");
        }

        Assert.Equal(2, (await Sim.Run("record", _folder["cut.pcapng"], "--seed", "3")).Status);
    }

    [Theory]
    [InlineData("sim: unknown scenario `daytme`; did you mean `daytime`?", "daytme")]
    [InlineData("sim record: none.pcap: there is no such file", "none.pcap")]
    [InlineData("sim record: backlog-sweep is a sweep of", "backlog-sweep")]
    [InlineData("sim record: --side: `clint` is not client or server", "daytime", "--side", "clint")]
    [InlineData("sim record: --connection: `0` is not a whole number from 1 up", "daytime", "--connection", "0")]
    [InlineData("sim record: the run of daytime at server: there is 1 connection, and no number 2", "daytime", "--connection", "2")]
    public async Task AWrongRequestIsOneLineAndStatusTwo(string line, params string[] args) =>
        Assert.StartsWith(line, Assert.Single((await Sim.Run(["record", .. args, "--out", _folder.Path])).Ended(2).ErrorLines), StringComparison.Ordinal);

    private static string Kernel(string name) => Path.Combine(SharedFolder.Require("captures", "linux-6.18"), name);

    /// <summary>The same connection at two interfaces of one file: every segment is there twice, and one of each counts.</summary>
    [Fact]
    public async Task OfSeveralInterfacesTheFirstThatSawItCounts()
    {
        (await Sim.Run("run", "four-segment-close-ipv6", "--out", _folder.Path, "--quiet", "--capture", "all")).Ended(0);
        string[] captures = [.. Directory.EnumerateFiles(_folder.Path, "*.pcapng").Order(StringComparer.Ordinal)];
        string merged = _folder["merged.pcapng"];
        Rewrite(captures[..2], merged, _ => 0);
        Sim.Result result = (await Sim.Run("record", merged, "--out", _folder.Path)).Ended(0);
        Assert.Contains("captured at several interfaces", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FramesThatGoBackInTimeAreNamed()
    {
        (await Sim.Run("run", "handshake", "--out", _folder.Path, "--quiet")).Ended(0);
        string turned = _folder["turned.pcapng"];
        Rewrite([_folder["handshake.pcapng"]], turned, frame => 1_000_000_000_000 - (5_000_000_000 * frame));
        Sim.Result result = (await Sim.Run("record", turned, "--out", _folder.Path)).Ended(2);
        Assert.Matches("turned.pcapng: frame [0-9]+ is [0-9.]+ s before the frame above it; .* reordercap", Assert.Single(result.ErrorLines));
    }

    [Fact]
    public async Task ALinkTypeThatIsNotKnownIsNamed()
    {
        (await Sim.Run("run", "handshake", "--out", _folder.Path, "--quiet")).Ended(0);
        string wireless = _folder["wireless.pcapng"];
        Rewrite([_folder["handshake.pcapng"]], wireless, _ => 0, (CaptureLinkType)105);
        Sim.Result result = (await Sim.Run("record", wireless, "--out", _folder.Path)).Ended(2);
        Assert.Contains("wireless.pcapng: its link type 105 is not known; Ethernet, raw IP", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    // One interface for each file, in the order of time; each frame's time is changed by what its number gives.
    private static void Rewrite(string[] from, string to, Func<long, long> shift, CaptureLinkType? linkType = null)
    {
        List<(long Time, int Interface, byte[] Data)> frames = [];
        for (int i = 0; i < from.Length; i++)
        {
            using CaptureReader reader = CaptureReader.Open(from[i]);
            while (reader.TryRead(out CapturedPacket packet))
            {
                frames.Add((packet.UnixNanoseconds + shift(reader.PacketCount), i, packet.Data.ToArray()));
            }
        }

        using FileStream file = File.Create(to);
        using var writer = new PcapngWriter(file);
        foreach (string _ in from)
        {
            writer.AddInterface(new CaptureInterface { LinkType = linkType ?? CaptureLinkType.Ethernet });
        }

        foreach ((long time, int at, byte[] data) in from.Length > 1 ? frames.OrderBy(f => f.Time) : frames.AsEnumerable())
        {
            writer.Write(at, time, data);
        }
    }
}
