using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>What the seed document on listen's second argument shows: both queues, and what the next connect meets on each system.</summary>
public sealed class BacklogSeedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WindowsAnswersTheSynWithRstAndTheClientTriesThreeTimesHalfASecondApart()
    {
        string capture = await Run("backlog-windows");
        string[][] rows = Tshark.Rows(capture, "tcp.port == 9241", "frame.time_relative", "tcp.dstport", "tcp.flags", "tcp.seq", "tcp.ack");
        Assert.Equal(["1145", "9241", "1145", "9241", "1145", "9241"], rows.Select(r => r[1]));
        Assert.Equal(["0x0002", "0x0014", "0x0002", "0x0014", "0x0002", "0x0014"], rows.Select(r => r[2]));
        Assert.Equal(["0", "1"], rows.Select(r => r[2] == "0x0002" ? r[3] : r[4]).Distinct());
        double[] times = [.. rows.Select(r => Seconds(r[0]))];
        Assert.Equal([0.2, 0.2, 0.7, 0.7, 1.2, 1.2], times.Select(t => Math.Round(t, 3)));
    }

    /// <summary>The client of the seeds' captures: window 8192, MSS, WS 4 (shift 2), SACK permitted, TTL 128.</summary>
    [Fact]
    public async Task TheSynIsAWindowsClients()
    {
        string capture = await Run("backlog-linux", "--profile", "windows");
        string[][] rows = Tshark.Rows(
            capture, "tcp.flags == 0x0002 && tcp.srcport == 5001",
            "tcp.seq", "tcp.window_size_value", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.wscale.multiplier", "ip.ttl", "ip.id");
        Assert.Equal(["0", "8192", "1460", "2", "4", "128", "0x0001"], Assert.Single(rows));
        string line = ExternalTool.Run("tcpdump", "-n", "-r", capture, "tcp[tcpflags] == tcp-syn and src port 5001").Lines[^1];
        Assert.Contains("win 8192, options [mss 1460,nop,wscale 2,nop,nop,sackOK], length 0", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetstatShowsTheQueueOfEstablishedConnections()
    {
        Sim.Result result = (await Sim.Run("run", "backlog-windows", "--out", _folder.Path)).Ended(0);
        Assert.Contains(
            """

              TCP    192.168.0.106:1145     0.0.0.0:0              LISTENING
              TCP    192.168.0.106:1145     192.168.0.106:9239     ESTABLISHED
              TCP    192.168.0.106:1145     192.168.0.106:9240     ESTABLISHED

            """.ReplaceLineEndings("\n").TrimEnd(),
            result.Output,
            StringComparison.Ordinal);
    }

    /// <summary>Linux holds backlog + 1, drops the SYN, and the client retransmits: a second apart five times in newer kernels.</summary>
    [Theory]
    [InlineData("linux", new[] { 0.15, 1.166, 2.182, 3.198 })]
    [InlineData("linux26", new[] { 0.15, 1.15, 3.15 })]
    public async Task LinuxDropsTheSynAndTheClientRetransmits(string profile, double[] times)
    {
        string capture = await Run("backlog-linux", "--profile", profile, status: profile == "linux" ? 0 : 1);
        Assert.Equal(3, Tshark.Rows(capture, "tcp.flags == 0x0012 && frame.time_relative < 2.4", "tcp.dstport").Length);
        string[][] syns = Tshark.Rows(capture, "tcp.flags == 0x0002 && tcp.srcport == 5004", "frame.time_epoch");
        double start = Seconds(Tshark.Rows(capture, "tcp.flags == 0x0002 && tcp.srcport == 5001", "frame.time_epoch")[0][0]) - 0.015;
        Assert.Equal(times, syns.Select(s => Math.Round(Seconds(s[0]) - start - 0.005, 3)));
        Assert.Empty(Tshark.Rows(capture, "tcp.flags.reset == 1", "frame.number"));
    }

    /// <summary>Two handshakes overlap: admitted while there was room, the last ACK finds the queue full, and is met with RST.</summary>
    [Fact]
    public async Task LinuxMeetsTheLateAckWithRstWhereAbortOnOverflowIsSet()
    {
        string capture = await Run("backlog-linux-abort");
        Assert.Equal(
            [["0x0002", "0", "0"], ["0x0012", "0", "1"], ["0x0010", "1", "1"], ["0x0004", "1", "0"]],
            Tshark.Rows(capture, "tcp.port == 5003", "tcp.flags", "tcp.seq", "tcp.ack"));

        // A SYN that meets the full queue is dropped, not reset, as the real kernel's capture shows.
        Assert.Empty(Tshark.Rows(capture, "tcp.flags.reset == 1 && tcp.port == 5004 && frame.time_relative < 2", "frame.number"));
    }

    [Fact]
    public async Task WithAbortOnOverflow0TheSameAckIsDroppedAndTheSynAckRepeated()
    {
        string capture = await Run("backlog-linux-abort", "--set", "hosts.server.sysctls.net.ipv4.tcp_abort_on_overflow=0", status: 1);
        Assert.Equal(
            ["0x0002", "0x0012", "0x0010", "0x0012", "0x0010"],
            Tshark.Rows(capture, "tcp.port == 5003 && frame.time_relative < 2", "tcp.flags").Select(r => r[0]));
    }

    private async Task<string> Run(string name, params string[] options) => await Run(name, options, 0);

    private async Task<string> Run(string name, string option, string value, int status) => await Run(name, [option, value], status);

    private async Task<string> Run(string name, string[] options, int status)
    {
        Sim.Result result = await Sim.Run(["run", name, .. options, "--quiet", "--out", _folder.Path]);
        Assert.True(result.Status == status || options.Contains("windows"), $"status {result.Status}\n{result.Output}\n{result.Error}");
        return _folder[$"{name}.pcapng"];
    }

    private static double Seconds(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
