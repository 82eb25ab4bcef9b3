using System.Globalization;
using System.Text.Json;

namespace Scenarios.Tests.Catalogue;

/// <summary>The documents that look at single fields, closes and calls, number by number, as tshark sees the captures.</summary>
public sealed class SeedFieldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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

    private static string Time(string[] row) => $"{row[0]} {Bit(row[1])} {Bit(row[2])}";

    private static string Bit(string value) => value is "1" or "True" ? "1" : "0";

    private static string Instant(decimal time) =>
        (DateTimeOffset.Parse("2025-01-01T00:00:00Z", CultureInfo.InvariantCulture).ToUnixTimeSeconds() + time).ToString("0.000000000", CultureInfo.InvariantCulture);
}
