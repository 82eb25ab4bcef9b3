using SimNet.Scripting.Ladder;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Applications;

/// <summary>The calls of UDP sockets in scripts.</summary>
public class DatagramTests
{
    private const string Network = """
        hosts:
          client: {address: 10.0.0.1/24, neighbours: warm}
          other: {address: 10.0.1.1/24, neighbours: warm}
          server: {interfaces: {eth0: 10.0.0.2/24, eth1: 10.0.1.2/24}, neighbours: warm}
        links: [{between: [client, server.eth0], delay: 5ms}, {between: [other, server.eth1], delay: 5ms}]

        """;

    [Theory]
    // One socket, several servers; one server's socket, several clients.
    [InlineData("""
          server: [{socket: {name: u, type: udp}}, {bind: 5000}, {recvfrom: 100, expect: {text: a, from: "client:4000"}}, {recvfrom: 100, expect: {text: b, from: other}}]
          other: [{sleep: 1ms}, {sendto: {to: "10.0.1.2:5000", text: b}}]
          client: [{socket: {type: udp}}, {bind: 4000}, {sendto: {to: "server:5000", text: a}, expect: 1}]
        """)]
    // What the buffer has no room for is gone.
    [InlineData("""
          server: [{socket: {name: u, type: udp}}, {bind: 5000}, {recvfrom: 2, expect: {result: 2, text: he}}, {recvfrom: {timeout: 1s}, expect: EAGAIN}]
          client: [{sendto: {to: "server:5000", text: hello}, expect: 5}]
        """)]
    [InlineData("""
          server: [{socket: {name: u, type: udp}}, {bind: 5000}, {recvfrom: {flags: MSG_PEEK}, expect: {text: hello}}, {recvfrom: 100, expect: {text: hello}}]
          client: [{sendto: {to: "server:5000", text: hello}, expect: 5}]
        """)]
    [InlineData("""
          server: [{socket: {name: u, type: udp}}, {bind: 5000}, {recvfrom: 100, nonblocking: true, expect: EAGAIN}, {listen: 1, expect: EOPNOTSUPP}, {accept: x, socket: u, expect: EOPNOTSUPP}]
          client: [{bind: 80}, {listen: 1}, {recvfrom: {socket: s}, expect: EOPNOTSUPP}]
        """)]
    // RFC 1122 §4.1.3.3: a connected socket hears of ICMP errors, one that is not connected does not.
    [InlineData("""
          client: [{socket: {type: udp}}, {connect: "server:9"}, {write: x, expect: 1}, {read: 10, expect: ECONNREFUSED}, {sendto: {to: "server:9", text: x}}, {sleep: 1s}, {write: x, expect: ECONNREFUSED}]
          other: [{sendto: {to: "10.0.1.2:9", text: x}}, {recvfrom: {timeout: 1s}, expect: EAGAIN}]
        """)]
    // A full socket drops.
    [InlineData("""
          server: [{socket: {name: u, type: udp}}, {setsockopt: {SO_RCVBUF: 2304}}, {bind: 5000}, {sleep: 1s}, {recvfrom: {count: 100, timeout: 1s}, expect: {result: 1..10}}]
          client: [{sendto: {to: "server:5000", size: 100, count: 100}, expect: 100}]
        expect: [{counters: {host: server, UdpRcvbufErrors: ">=90"}}]
        """)]
    [InlineData("""
          server: [{echo: {port: 7, protocol: udp}}, {echo: {port: 7, protocol: udp}, expect: EADDRINUSE}, {echo: 7, expect: 0}]
          client: [{sendto: {to: "server:7", size: 1000, count: 5}}, {recvfrom: {count: 5, timeout: 1s}, expect: {result: 5, from: "server:7"}}]
        expect: [{delivered: {from: client, to: client, bytes: 5000, intact: true}}]
        """)]
    public void Datagrams(string rest)
    {
        RunResult run = Run(Network + "applications:\n" + rest);
        Assert.NotEmpty(run.Verdicts);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Theory]
    [InlineData("{ping: server, expect: {result: 4, sent: 4, received: 4, min: 10ms, avg: 10ms, max: 10ms, took: 3.01s}}")]
    [InlineData("{ping: {to: server, count: 1, id: 77, sequence: 9, size: 0}, expect: 1}")]
    [InlineData("{ping: {to: 10.0.0.77, count: 2, timeout: 5s}, expect: {result: 0, sent: 2, received: 0}}")]
    [InlineData("{ping: {to: 192.0.2.1, count: 2}, expect: ENETUNREACH}")]
    [InlineData("{ping: {to: client, count: 2, interval: 1ms}, expect: {received: 2, max: 0}}")]
    public void Ping_counts_and_measures(string step)
    {
        RunResult run = Run(Network + $"applications: {{client: [{step}]}}");
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Single(run.Verdicts);
    }

    [Fact]
    public void A_ping_that_does_not_hold_says_what_came()
    {
        RunResult run = Run(Network + "applications: {client: [{ping: server, expect: {received: 3}}]}");
        Assert.Equal("4 sent, 4 received, rtt min/avg/max 10/10/10 ms", Assert.Single(run.Verdicts).Got);
    }

    [Fact]
    public void The_ladder_shows_the_calls_at_their_datagrams()
    {
        RunResult run = Run(Network + """
            applications:
              server: [{socket: {name: u, type: udp}}, {bind: 5000}, {recvfrom: 100}]
              client: [{sendto: {to: "server:5000", text: hello}}]
            """);
        Assert.Contains(LadderWriter.Write(run), l => l.Contains("sendto 5", StringComparison.Ordinal) && l.Contains("UDP ", StringComparison.Ordinal) && l.Contains("recvfrom 5", StringComparison.Ordinal));
    }

    private static RunResult Run(string text) => ScenarioRunner.Run(ScenarioScript.Parse(text, "x.yaml"));
}
