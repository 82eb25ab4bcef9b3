using System.Globalization;
using System.Text.Json;
using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>The documents that look at single fields, closes and calls, number by number, as tshark sees the captures.</summary>
public sealed class SeedFieldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The document's three screens: numbers and flags as the packet details show them.</summary>
    [Fact]
    public async Task TheHandshakeHasTheFieldsOfTheDocument()
    {
        (await Sim.Run("run", "handshake-fields", "--quiet", "--out", _folder.Path)).Ended(0);
        string[][] rows = Tshark.Rows(
            _folder["handshake-fields.pcapng"], "ip.addr == 192.168.100.191 && ip.addr == 172.67.149.132 && tcp.port == 443 && tcp.flags.reset == 0",
            "ip.src", "ip.dst", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw");
        Assert.Equal(
            [
                ["192.168.100.191", "172.67.149.132", "0x0002", Number(0x4ce45750), "0"],
                ["172.67.149.132", "192.168.100.191", "0x0012", Number(0xc112f693), Number(0x4ce45751)],
                ["192.168.100.191", "172.67.149.132", "0x0010", Number(0x4ce45751), Number(0xc112f694)],
            ],
            rows);
        Assert.Single(Tshark.Rows(_folder["handshake-fields.pcapng"], "tcp.flags == 0x002", "frame.number"));
        Assert.Single(Tshark.Rows(_folder["handshake-fields.pcapng"], "tcp.flags == 0x012", "frame.number"));
        Assert.Single(Tshark.Rows(_folder["handshake-fields.pcapng"], "tcp.flags == 0x010", "frame.number"));
        // tcpdump's words for the same.
        Assert.Contains(
            "IP 172.67.149.132.443 > 192.168.100.191.", ExternalTool.Run("tcpdump", "-n", "-S", "-r", _folder["handshake-fields.pcapng"], "tcp[13] == 0x12").Output, StringComparison.Ordinal);
        Assert.Contains(
            $"Flags [S.], seq {Number(0xc112f693)}, ack {Number(0x4ce45751)},",
            ExternalTool.Run("tcpdump", "-n", "-S", "-r", _folder["handshake-fields.pcapng"], "tcp[13] == 0x12").Output,
            StringComparison.Ordinal);
    }

    /// <summary>RFC 791: the router is the next hop by its Ethernet address, and takes one off the time to live; nothing else changes.</summary>
    [Fact]
    public async Task TheRouterIsInBetween()
    {
        (await Sim.Run("run", "handshake-fields", "--capture", "all", "--quiet", "--out", _folder.Path)).Ended(0);
        string[] fields = ["eth.src", "eth.dst", "ip.ttl", "ip.src", "ip.dst", "tcp.seq_raw", "tcp.ack_raw", "tcp.checksum"];
        string[][] near = Tshark.Rows(_folder["handshake-fields.pcapng"], "tcp", fields);
        string[][] far = Tshark.Rows(_folder["handshake-fields.server.eth0.pcapng"], "tcp", fields);
        Assert.Equal(4, near.Length);
        Assert.Equal(near.Select(r => string.Join(' ', r[3..])), far.Select(r => string.Join(' ', r[3..])));
        Assert.Equal(["02:00:00:00:01:91", "02:00:00:00:01:01", "64"], near[0][..3]);
        Assert.Equal(["02:00:00:00:02:01", "02:00:00:00:02:67", "63"], far[0][..3]);
        Assert.Equal(["02:00:00:00:02:67", "02:00:00:00:02:01", "64"], far[1][..3]);
        Assert.Equal(["02:00:00:00:01:01", "02:00:00:00:01:91", "63"], near[1][..3]);
    }

    [Fact]
    public async Task ConnectReturnsOnTheSecondSegmentAndAcceptOnTheThird()
    {
        (await Sim.Run("run", "socket-calls", "--capture", "all", "--quiet", "--out", _folder.Path)).Ended(0);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder["socket-calls.json"]));
        Dictionary<string, decimal> ends = json.RootElement.GetProperty("calls").EnumerateArray()
            .Where(c => c.TryGetProperty("label", out _))
            .ToDictionary(c => c.GetProperty("label").GetString()!, c => c.GetProperty("end").GetDecimal());
        string[] client = [.. Tshark.Rows(_folder["socket-calls.pcapng"], "tcp", "frame.time_epoch", "tcp.flags.syn", "tcp.flags.ack").Take(3).Select(Time)];
        string[] server = [.. Tshark.Rows(_folder["socket-calls.server.eth0.pcapng"], "tcp", "frame.time_epoch", "tcp.flags.syn", "tcp.flags.ack").Take(3).Select(Time)];
        Assert.Equal(["1 0", "1 1", "0 1"], client.Select(c => c[^3..]));
        Assert.Equal(Instant(ends["connect"]), client[1][..^4]);
        Assert.Equal(Instant(ends["accept"]), server[2][..^4]);
    }

    /// <summary>UDP: several servers from one socket, several clients at one; lost, doubled and reordered, and nobody is told.</summary>
    [Fact]
    public async Task DatagramsAreLostRepeatedAndReorderedAndNobodyIsTold()
    {
        (await Sim.Run("run", "udp-and-tcp", "--capture", "all", "--quiet", "--out", _folder.Path)).Ended(0);
        string[][] sent = Tshark.Rows(_folder["udp-and-tcp.pcapng"], "udp", "udp.srcport", "ip.dst", "udp.payload");
        Assert.Equal(["10.0.4.1", .. Enumerable.Repeat("10.0.3.1", 10)], sent.Select(r => r[1]));
        Assert.All(sent, r => Assert.Equal("4000", r[0]));
        string[][] arrived = Tshark.Rows(_folder["udp-and-tcp.first.eth0.pcapng"], "udp && ip.dst == 10.0.3.1", "ip.src", "udp.payload");
        Assert.Equal(["10.0.1.1", "10.0.2.1"], arrived.Select(r => r[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            ["1", "2", "4", "5", "5", "6", "8", "9", "7", "10"],
            arrived.Where(r => r[0] == "10.0.1.1").Select(r => System.Text.Encoding.ASCII.GetString(Convert.FromHexString(r[1].Replace(":", "", StringComparison.Ordinal))).Trim()));
        foreach (string capture in Directory.GetFiles(_folder.Path, "udp-and-tcp*.pcapng"))
        {
            Assert.Empty(Tshark.Rows(capture, "icmp", "frame.number"));
        }
    }

    /// <summary>TCP on the same link: as much lost, but delivered once and in order, what was lost being sent again.</summary>
    [Fact]
    public async Task TcpOnTheSameLinkDeliversEverythingInOrder()
    {
        (await Sim.Run("run", "udp-and-tcp", "--quiet", "--out", _folder.Path)).Ended(0);
        Assert.NotEmpty(Tshark.Rows(_folder["udp-and-tcp.pcapng"], "tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.out_of_order || tcp.analysis.spurious_retransmission", "frame.number"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder["udp-and-tcp.json"]));
        JsonElement[] calls = [.. json.RootElement.GetProperty("calls").EnumerateArray()];
        Assert.Equal(20_000, calls.Single(c => c.GetProperty("call").GetString() == "write(20000)").GetProperty("result").GetInt64());
        JsonElement read = calls.Single(c => c.GetProperty("call").GetString() == "read(until eof)");
        Assert.Equal(20_000, read.GetProperty("result").GetInt64());
        // What the client alone sent, put together by tshark from the segments on its side of the loss.
        string followed = ExternalTool.Run("tshark", "-n", "-r", _folder["udp-and-tcp.pcapng"], "-q", "-z", "follow,tcp,raw,0").Output;
        byte[] stream = Convert.FromHexString(string.Concat(followed.Split('\n').Where(l => l.Length > 0 && l.All(char.IsAsciiHexDigit))));
        Assert.Equal(read.GetProperty("sha256").GetString(), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream)));
    }

    [Fact]
    public async Task TheCallsComeInTheDocumentsOrder()
    {
        (await Sim.Run("run", "socket-calls", "--quiet", "--out", _folder.Path)).Ended(0);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder["socket-calls.json"]));
        ILookup<string, string> calls = json.RootElement.GetProperty("calls").EnumerateArray()
            .ToLookup(c => c.GetProperty("host").GetString()!, c => c.GetProperty("call").GetString()!.Split('(')[0]);
        Assert.Equal(["socket", "bind", "listen", "accept", "read", "write", "read", "close", "close"], calls["server"]);
        Assert.Equal(["socket", "connect", "write", "read", "close"], calls["client"]);
    }

    [Fact]
    public async Task TheLadderShowsTheCallsAtTheirSegments()
    {
        string[] lines = (await Sim.Run("run", "socket-calls", "--out", _folder.Path)).Ended(0).Lines;
        int second = Array.FindIndex(lines, l => l.Contains("SYN,ACK seq 0 ack 1", StringComparison.Ordinal));
        int third = Array.FindIndex(lines, l => l.Contains("ACK seq 1 ack 1 win", StringComparison.Ordinal));
        Assert.True(second < Array.FindIndex(lines, l => l.Contains("connect ok", StringComparison.Ordinal)) && third > second);
        Assert.Contains("connect ok", string.Concat(lines[second..third]), StringComparison.Ordinal);
        Assert.Contains("accept ok", string.Concat(lines[third..(third + 3)]), StringComparison.Ordinal);
    }

    /// <summary>The document's two closes that are shorter than four segments.</summary>
    [Theory]
    [InlineData("three-segment-close", "tcp.flags.fin == 1 || (tcp.ack == 268 && tcp.len == 0)", "FIN 1467 267 0", "FIN 267 1468 0", "ACK 1468 268 0")]
    [InlineData("fin-with-data", "tcp.flags.fin == 1 || tcp.seq == 16", "FIN 1 1 14", "FIN 1 16 0", "ACK 16 2 0")]
    public async Task TheShorterCloses(string name, string filter, params string[] expected)
    {
        (await Sim.Run("run", name, "--quiet", "--out", _folder.Path)).Ended(0);
        string[][] rows = Tshark.Rows(_folder[name + ".pcapng"], filter, "tcp.flags.fin", "tcp.seq", "tcp.ack", "tcp.len");
        Assert.Equal(expected, rows.Select(r => $"{(r[0] is "1" or "True" ? "FIN" : "ACK")} {r[1]} {r[2]} {r[3]}"));
    }

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(string[] row) => $"{row[0]} {Bit(row[1])} {Bit(row[2])}";

    private static string Bit(string value) => value is "1" or "True" ? "1" : "0";

    private static string Instant(decimal time) =>
        (DateTimeOffset.Parse("2025-01-01T00:00:00Z", CultureInfo.InvariantCulture).ToUnixTimeSeconds() + time).ToString("0.000000000", CultureInfo.InvariantCulture);
}
