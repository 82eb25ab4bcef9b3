using System.Globalization;
using System.Text.Json;

namespace Scenarios.Tests.Catalogue;

/// <summary>The document of the ping and the HTTP exchange, number by number, as tshark sees the captures.</summary>
public sealed class SeedHttpTests : IDisposable
{
    private const string FirstStream = "tcp.stream == 0";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The document's display filter, letter by letter.</summary>
    [Fact]
    public async Task TheDocumentsFilterShowsExactlyTheRequestsAndReplies()
    {
        string capture = await Run("ping");
        string[][] shown = Tshark.Rows(capture, "ip.addr == 180.101.49.11 and icmp", "ip.src", "ip.dst", "icmp.type", "icmp.ident", "icmp.seq", "ip.ttl", "data.len");
        string[][] expected =
        [
            .. Enumerable.Range(1, 4).SelectMany(n => new string[][]
            {
                ["192.168.1.104", "180.101.49.11", "8", "1", $"{n}", "64"],
                ["180.101.49.11", "192.168.1.104", "0", "1", $"{n}", "63"],
            }),
        ];
        Assert.Equal(expected, shown.Select(r => r[..6]));
        // Each reply is matched to its request, and there is more in the capture that the filter leaves out.
        Assert.Equal(4, Tshark.Rows(capture, "ip.addr == 180.101.49.11 and icmp.resp_to", "frame.number").Length);
        Assert.NotEmpty(Tshark.Rows(capture, "ip.addr == 180.101.49.11 and not icmp", "frame.number"));
        Assert.NotEmpty(Tshark.Rows(capture, "icmp and not ip.addr == 180.101.49.11", "frame.number"));
        Assert.NotEmpty(Tshark.Rows(capture, "arp", "frame.number"));
        Assert.Empty(Tshark.Rows(capture, "icmp.checksum.status != \"Good\"", "frame.number"));
    }

    [Fact]
    public async Task TheSynIsThatOfTheWindowsClient()
    {
        string capture = await Run("http-get");
        string[][] rows = Tshark.Rows(
            capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0",
            "tcp.seq", "tcp.window_size_value", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.wscale.multiplier", "tcp.options.sack_perm", "tcp.options.timestamp.tsval", "ip.ttl");
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Equal(["0", "8192", "1460", "2", "4", "0402", "", "128"], row.Select(f => f.Replace(":", "", StringComparison.Ordinal))));
        Assert.Equal("49200 → 80 [SYN] Seq=0 Win=8192 Len=0 MSS=1460 WS=4 SACK_PERM", Tshark.Rows(capture, "frame.number == 1", "_ws.col.Info")[0][0]);
    }

    [Fact]
    public async Task TheRequestAndTheResponseAreHttpToTshark()
    {
        string capture = await Run("http-get");
        Assert.Equal([["GET", "/", "HTTP/1.1", "www.example.com"], ["GET", "/", "HTTP/1.1", "www.example.com:8080"]],
            Tshark.Rows(capture, "http.request.method == \"GET\"", "http.request.method", "http.request.uri", "http.request.version", "http.host"));
        string[][] responses = Tshark.Rows(capture, "http.response.code == 200", "http.response.phrase", "http.content_length_header", "http.content_type", "tcp.reassembled.length", "http.date");
        Assert.Equal(2, responses.Length);
        Assert.All(responses, r => Assert.Equal(["OK", "3083", "text/html", "3186", "Mon, 01 Jul 2019 09:30"], [r[0], r[1], r[2], r[3], r[4][..22]]));
        Assert.Empty(Tshark.Rows(capture, "tcp.analysis.flags", "frame.number"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task TheResponseHasTheDocumentsNumbers(int stream)
    {
        string capture = await Run("http-get");
        string filter = string.Create(CultureInfo.InvariantCulture, $"tcp.stream == {stream}");
        string[][] all = Tshark.Rows(capture, filter, "tcp.srcport", "tcp.seq", "tcp.ack", "tcp.len");
        string client = all[0][0];
        int request = Array.FindIndex(all, r => r[0] == client && r[3] != "0");
        // First the request alone is acknowledged…
        Assert.Equal(["1", "0"], [all[request + 1][1], all[request + 1][3]]);
        Assert.NotEqual(client, all[request + 1][0]);
        Assert.Equal((long.Parse(all[request][1], CultureInfo.InvariantCulture) + long.Parse(all[request][3], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture), all[request + 1][2]);
        // …then three segments come, the last with seq 2737 and 450 bytes, and two acknowledgements go.
        Assert.Equal([["1", "1368"], ["1369", "1368"], ["2737", "450"]], all.Where(r => r[0] != client && r[3] != "0").Select(r => new[] { r[1], r[3] }));
        Assert.Equal(["2737", "3187"], all.Skip(request + 1).Where(r => r[0] == client).Select(r => r[2]).Take(2));
    }

    [Fact]
    public async Task OneConnectionClosesInFourSegmentsAndOneInThree()
    {
        string capture = await Run("http-get");
        const string Fields = "tcp.flags.str";
        string[] first = [.. Tshark.Rows(capture, FirstStream, Fields, "tcp.seq", "tcp.ack").Select(r => string.Join(' ', r[0].Trim('·'), r[1], r[2]))];
        string[] second = [.. Tshark.Rows(capture, "tcp.stream == 1", Fields, "tcp.seq", "tcp.ack").Select(r => string.Join(' ', r[0].Trim('·'), r[1], r[2]))];
        Assert.Equal(["A···F 80 3187", "A 3187 81", "A···F 3187 81", "A 81 3188"], first[^4..]);
        Assert.Equal(["A···F 85 3187", "A···F 3187 86", "A 86 3188"], second[^3..]);
    }

    [Fact]
    public async Task TimeWaitLasts2MslAfterTheLastAckAndThenNothingIsLeft()
    {
        string capture = await Run("http-get");
        decimal lastAck = decimal.Parse(Tshark.Rows(capture, FirstStream, "frame.time_relative")[^1][0], CultureInfo.InvariantCulture);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder["http-get.json"]));
        JsonElement connection = json.RootElement.GetProperty("connections").EnumerateArray().First(c => c.GetProperty("host").GetString() == "client");
        JsonElement closed = connection.GetProperty("states").EnumerateArray().Last();
        Assert.Equal(("TIME-WAIT", "CLOSED"), (closed.GetProperty("from").GetString(), closed.GetProperty("to").GetString()));
        // Windows' TcpTimedWaitDelay was 2 × 60 s then.
        Assert.Equal(lastAck + 120, closed.GetProperty("time").GetDecimal());
        JsonElement table = json.RootElement.GetProperty("socketTables").EnumerateArray().Last(t => t.GetProperty("host").GetString() == "client");
        Assert.Equal(0, table.GetProperty("rows").GetArrayLength());
    }

    private async Task<string> Run(string name)
    {
        (await Sim.Run("run", name, "--quiet", "--out", _folder.Path)).Ended(0);
        return _folder[name + ".pcapng"];
    }
}
