using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>A session of <c>sim bridge tap</c> with this machine's kernel, recorded, and run again in virtual time.</summary>
public sealed class ReplayTests(ReplayTests.Session session) : IClassFixture<ReplayTests.Session>
{
    [Fact]
    public async Task ARecordedSessionGivesTheSameFrames()
    {
        Sim.Result result = (await Sim.Run("replay", session.Recording)).Ended(ExitStatus.Success);
        Assert.Matches(@"^\d+ frames in, \d+ frames out: identical$", Assert.Single(result.Lines));

        using JsonDocument json = JsonDocument.Parse((await Sim.Run("replay", session.Recording, "--json")).Ended(ExitStatus.Success).Output);
        JsonElement root = json.RootElement;
        Assert.True(root.GetProperty("identical").GetBoolean() && root.GetProperty("complete").GetBoolean());
        Assert.True(root.GetProperty("frames_in").GetInt32() > 50 && root.GetProperty("frames_out").GetInt32() > 100, result.Output);
    }

    [Fact]
    public async Task TheReplaysOwnCaptureIsTheRecordingAgain()
    {
        using var folder = new TemporaryFolder();
        (await Sim.Run("replay", session.Recording, "--capture", "ports", "--out", folder.Path)).Ended(ExitStatus.Success);
        Assert.Equal(await Bytes(session.Recording), await Bytes(folder["server.replay.pcapng"]));
    }

    [Fact]
    public async Task AnotherSeedIsADifference()
    {
        Sim.Result result = (await Sim.Run("replay", session.Recording, "--seed", "4", "--compare")).Ended(ExitStatus.ExpectationFailed);
        Assert.Matches(@"number \d+ is different:$", result.Lines[0]);
        Assert.StartsWith("  recorded  ", result.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("  replayed  ", result.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIfIsJudgedByTheScenariosExpectations()
    {
        // The first connection is the kernel's: with a link that is down it comes to nothing.
        (await Sim.Run("replay", session.Recording, "--expect", "--quiet")).Ended(ExitStatus.Success);
        Sim.Result result = (await Sim.Run("replay", session.Recording, "--set", "links.0.up=false")).Ended(ExitStatus.ExpectationFailed);
        Assert.Contains(result.Lines, l => l.StartsWith("FAIL", StringComparison.Ordinal));
        Assert.Matches(@"frames in, \d+ frames? out \(\d+ in the recording\)$", result.Lines[^1]);
    }

    [Fact]
    public async Task ACutRecordingIsReplayedAsFarAsItGoes()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = await Bytes(session.Recording);
        await File.WriteAllBytesAsync(folder["cut.pcapng"], whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        Sim.Result result = (await Sim.Run("replay", folder["cut.pcapng"])).Ended(ExitStatus.Success);
        Assert.Contains("the file ends inside", result.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith(": identical", result.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AChangedRecordingIsNoticed()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = await Bytes(session.Recording);
        // Bytes of the page, somewhere in the middle: they leave, so that the replay has them right.
        int at = bytes.AsSpan(bytes.Length / 2).IndexOf(Encoding.ASCII.GetBytes(Session.Phrase));
        Assert.True(at >= 0);
        bytes[bytes.Length / 2 + at]++;
        await File.WriteAllBytesAsync(folder["changed.pcapng"], bytes, TestContext.Current.CancellationToken);
        Sim.Result result = (await Sim.Run("replay", folder["changed.pcapng"])).Ended(ExitStatus.ExpectationFailed);
        Assert.Matches(@"^  byte \d+ is [0-9a-f]{2} in the recording and [0-9a-f]{2} in the replay$", result.Lines[^1]);
    }

    private static Task<byte[]> Bytes(string path) => File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

    /// <summary>The session: pings, some of them in fragments, and a page over IPv4 and IPv6, through a link that loses and delays.</summary>
    public sealed class Session : IDisposable
    {
        public const string Phrase = "all work and no play ";

        private const string Script = """
            name: server
            seed: 3
            hosts:
              server: {addresses: [10.9.0.2/24, "fd09::2/64"]}
            bridges: [outside]
            links:
              - between: [outside, server]
                delay: 2ms
                jitter: 1ms
                loss: 1%
                duplicate: 1%
                reorder: 2%
            applications:
              server:
                - http-server: {port: 8000, resources: {/: {text: "all work and no play ", size: 200KiB}}}
            expect:
              - states: {host: server, connection: 1, reach: [SYN-RECEIVED, ESTABLISHED]}
            """;

        private readonly TemporaryFolder _folder = new();

        public Session()
        {
            using KernelNamespace kernel = new();
            using CancellationTokenSource stop = new(TimeSpan.FromMinutes(1));
            Task<Sim.Result> bridge = Task.Run(() => Sim.Run(
                stop.Token, "bridge", "tap", "--host", _folder.Write("server.yaml", Script), "--netns", kernel.Name,
                "--address", "10.9.0.1/24", "--address", "fd09::1/64", "--out", _folder.Path, "--no-live"));
            Talk(kernel, bridge);
            stop.Cancel();
            Sim.Result ended = bridge.GetAwaiter().GetResult();
            Assert.True(ended.Status is ExitStatus.Success or ExitStatus.Interrupted, ended.Error + ended.Output);
        }

        public string Recording => _folder["server.pcapng"];

        public void Dispose() => _folder.Dispose();

        private static void Talk(KernelNamespace kernel, Task bridge)
        {
            while (kernel.TryRun("ping", "-c", "1", "-W", "1", "10.9.0.2").Status != 0)
            {
                Assert.False(bridge.IsCompleted, "the bridge did not start");
            }

            kernel.TryRun("ping", "-c", "5", "-i", "0.02", "-W", "1", "-s", "4000", "10.9.0.2");
            kernel.TryRun("ping", "-c", "5", "-i", "0.02", "-W", "1", "fd09::2");
            using Socket socket = kernel.Enter(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 });
            socket.Connect(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 8000));
            socket.Send("GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"u8);
            byte[] buffer = new byte[65536];
            int length = 0;
            while (socket.Receive(buffer) is var count and > 0)
            {
                length += count;
            }

            Assert.True(length > 200 * 1024, length.ToString(CultureInfo.InvariantCulture));
        }
    }
}
