using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Recording;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Recording;

/// <summary>
/// A script is run, its packets are captured, and of the capture alone a script is made again: it passes, and has the calls that the
/// first one had.
/// </summary>
public sealed class CallInferenceTests : IDisposable
{
    private const string Accepted = """
           0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
          +0 bind(3, ..., ...) = 0
          +0 listen(3, 1) = 0
          +0 < S 0:0(0) win 65535 <mss 1000,sackOK,nop,nop,nop,wscale 10>
          +0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 10>
        +.01 < . 1:1(0) ack 1 win 500
          +0 accept(3, ..., ...) = 4

        """;

    private const string Connected = """
           0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0...0.01 connect(3, ..., ...) = 0
          +0 > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10>
        +.01 < S. 0:0(0) ack 1 win 65535 <mss 1000,nop,wscale 10>
          +0 > . 1:1(0) ack 1

        """;

    private readonly string _file = Path.GetTempFileName();

    public static TheoryData<string, string, string[]> Dialogues => new()
    {
        {
            "one write of many segments, then close",
            Accepted + """
              +0 `ethtool -K tun0 tso off gso off`
              +0 write(4, ..., 5000) = 5000
              +0 > P. 1:5001(5000) ack 1
            +.01 < . 1:1(0) ack 5001 win 500
             +.2 close(4) = 0
              +0 > F. 5001:5001(0) ack 1
            +.01 < F. 1:1(0) ack 5002 win 500
              +0 > . 5002:5002(0) ack 2
            """,
            ["accept(3, ..., ...) = 4", "write(4, ..., 5000) = 5000", "close(4) = 0"]
        },
        {
            "request and answer, the peer closes first",
            Accepted + """
              +0 < P. 1:301(300) ack 1 win 500
              +0 > . 1:1(0) ack 301
              +0 read(4, ..., 1000) = 300
            +.05 write(4, ..., 700) = 700
              +0 > P. 1:701(700) ack 301
            +.01 < F. 301:301(0) ack 701 win 500
            +.04 > . 701:701(0) ack 302
             +.3 close(4) = 0
              +0 > F. 701:701(0) ack 302
            """,
            ["accept(3, ..., ...) = 4", "read(4, ..., 65536) = 300", "write(4, ..., 700) = 700", "read(4, ..., 65536) = 0", "close(4) = 0"]
        },
        {
            "data after the FIN was taken: shutdown",
            Connected + """
              +0 shutdown(3, SHUT_WR) = 0
              +0 > F. 1:1(0) ack 1
            +.01 < P. 1:101(100) ack 2 win 500
              +0 > . 2:2(0) ack 101
            """,
            ["connect(3, ..., ...) = 0", "shutdown(3, SHUT_WR) = 0", "read(3, ..., 65536) = 100"]
        },
        {
            "abort",
            Connected + """
             +.1 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
              +0 close(3) = 0
              +0 > R. 1:1(0) ack 1
            """,
            ["connect(3, ..., ...) = 0", "setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0", "close(3) = 0"]
        },
        {
            "small writes without Nagle",
            Accepted + """
              +0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
              +0 write(4, ..., 10) = 10
              +0 > P. 1:11(10) ack 1
            +.001 write(4, ..., 20) = 20
              +0 > P. 11:31(20) ack 1
            """,
            ["accept(3, ..., ...) = 4", "setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0", "write(4, ..., 10) = 10", "write(4, ..., 20) = 20"]
        },
        {
            "keep-alive",
            Accepted + """
              +0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
              +0 setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [2], 4) = 0
              +0 setsockopt(4, SOL_TCP, TCP_KEEPINTVL, [3], 4) = 0
              +0 setsockopt(4, SOL_TCP, TCP_KEEPCNT, [2], 4) = 0
              +2 > . 0:0(0) ack 1
              +3 > . 0:0(0) ack 1
              +3 > R. 1:1(0) ack 1
            """,
            [
                "accept(3, ..., ...) = 4", "setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0", "setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [2], 4) = 0",
                "setsockopt(4, SOL_TCP, TCP_KEEPINTVL, [3], 4) = 0", "setsockopt(4, SOL_TCP, TCP_KEEPCNT, [2], 4) = 0",
            ]
        },
        {
            "another window scale, no timestamps, no SACK",
            """
            `sysctl -q net.ipv4.tcp_rmem="4096 131072 2097152"
            sysctl -q net.core.rmem_max=212992
            sysctl -q net.ipv4.tcp_timestamps=0
            sysctl -q net.ipv4.tcp_sack=0`

              0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
             +0...0.01 connect(3, ..., ...) = 0
             +0 > S 0:0(0) <mss 1460,nop,wscale 6>
            +.01 < S. 0:0(0) ack 1 win 65535 <mss 1000,nop,wscale 7>
             +0 > . 1:1(0) ack 1
            """,
            ["connect(3, ..., ...) = 0"]
        },
        {
            "nobody listens",
            """
              0 < S 0:0(0) win 1000 <mss 1000>
             +0 > R. 0:0(0) ack 1
            """,
            []
        },
        {
            "refused",
            """
              0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
             +0...0.01 connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)
             +0 > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10>
            +.01 < R. 0:0(0) ack 1 win 0
            """,
            ["connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)"]
        },
    };

    public void Dispose() => File.Delete(_file);

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void TheCallsAreFoundAgain(string what, string script, string[] calls)
    {
        PacketdrillResult first = PacketdrillRunner.Run(script, "first.pkt");
        Assert.True(first.Passed, $"{what}: {first.Failure}");
        using (FileStream stream = File.Create(_file))
        {
            first.WriteCapture(stream);
        }

        RecordedScript recorded = ScriptRecorder.Record(CapturedConnections.Read(_file).Take(1, null), "second.pkt", new PacketdrillOptions());
        Assert.True(recorded.Result.Passed, $"{what}: {recorded.Result.Failure}\n{recorded.Text}");
        Assert.Equal(WindowPlan.All, recorded.Plan.Windows);
        Assert.Equal(calls, recorded.Text.Split('\n').Where(l => l.Contains('(', StringComparison.Ordinal)).Select(CallOf).OfType<string>());
    }

    // Without the calls that every socket begins with.
    private static string? CallOf(string line)
    {
        string text = line.Trim();
        text = text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return text[0] is '<' or '>' or '/' or '`' || text.StartsWith("socket(", StringComparison.Ordinal) || text.StartsWith("bind(", StringComparison.Ordinal)
            || text.StartsWith("listen(", StringComparison.Ordinal) || text.Contains("SO_REUSEADDR", StringComparison.Ordinal) || !text.Contains(") = ", StringComparison.Ordinal)
            ? null
            : text;
    }
}
