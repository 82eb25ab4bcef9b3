using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>What the project's seed documents show comes out of the program, character for character.</summary>
public sealed class SeedTests : IDisposable
{
    private const string Daytime = """
        14:52:19.772673 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [S], seq 1925249825, win 14600, options [mss 1460,sackOK,TS val 11741993 ecr 0,nop,wscale 6], length 0
        14:52:19.772695 IP 192.168.11.220.10000 > 192.168.11.223.55081: Flags [S.], seq 821610649, ack 1925249826, win 14480, options [mss 1460,sackOK,TS val 20292985 ecr 11741993,nop,wscale 7], length 0
        14:52:19.773256 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [.], ack 821610650, win 229, options [nop,nop,TS val 11741994 ecr 20292985], length 0
        14:52:39.773434 IP 192.168.11.220.10000 > 192.168.11.223.55081: Flags [P.], seq 821610650:821610676, ack 1925249826, win 114, options [nop,nop,TS val 20312985 ecr 11741994], length 26
        14:52:39.774208 IP 192.168.11.223.55081 > 192.168.11.220.10000: Flags [.], ack 821610676, win 229, options [nop,nop,TS val 11761994 ecr 20312985], length 0
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pcapng")]
    [InlineData("pcap")]
    public async Task TcpdumpPrintsTheDaytimeConversationAsItWasRecorded(string format)
    {
        (await Sim.Run("run", "daytime", "--format", format, "--out", _folder.Path)).Ended(0);
        string[] lines = ExternalTool.Run("tcpdump", "-n", "-S", "-r", _folder[$"daytime.{format}"]).Lines;
        Assert.Equal(Daytime.Split('\n').Select(l => l.TrimEnd('\r')), lines.Take(5));

        // The close in three segments.
        Assert.Equal(8, lines.Length);
        Assert.Contains("192.168.11.220.10000 > 192.168.11.223.55081: Flags [F.], seq 821610676, ack 1925249826,", lines[5], StringComparison.Ordinal);
        Assert.Contains("192.168.11.223.55081 > 192.168.11.220.10000: Flags [F.], seq 1925249826, ack 821610677,", lines[6], StringComparison.Ordinal);
        Assert.Contains("192.168.11.220.10000 > 192.168.11.223.55081: Flags [.], ack 1925249827,", lines[7], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTableOfAnEstablishedConnectionBeforeAcceptIsAsNetstatShowedIt()
    {
        Sim.Result result = (await Sim.Run("run", "established-before-accept", "--out", _folder.Path)).Ended(0);
        Assert.Contains(
            """

              TCP    192.168.0.106:1145     0.0.0.0:0              LISTENING
              TCP    192.168.0.106:1145     192.168.0.106:9239     ESTABLISHED
              TCP    192.168.0.106:9239     192.168.0.106:1145     ESTABLISHED

            """.ReplaceLineEndings("\n"),
            result.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheFourSegmentCloseHasTheNumbersOfTheDocument()
    {
        (await Sim.Run("run", "four-segment-close", "--out", _folder.Path)).Ended(0);
        string capture = _folder["four-segment-close.pcapng"];
        string[][] rows = Tshark.Rows(capture, "tcp", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.len");
        Assert.Equal(
            [["0x0011", "1467", "267", "0"], ["0x0010", "267", "1468", "0"], ["0x0011", "267", "1468", "0"], ["0x0010", "1468", "268", "0"]],
            rows[^4..]);
    }
}
