using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>
/// Experiments that were made with a real Linux 6.18 kernel between two network namespaces, 5 ms each way, and what it was seen to do:
/// facts about segments, as expectations of scenarios. Times are the kernel's, with the tolerance of its timers.
/// </summary>
public sealed class KernelFactsTests
{
    private const string Network = """
        name: fact
        hosts: {client: CLIENT, server: 10.66.0.2/24}
        links: [{between: [client, server], delay: 5ms}]
        capture: client

        """;

    /// <summary>Each fact's name, the client's host entry and the rest of the script.</summary>
    private static readonly Dictionary<string, (string Client, string Script)> Facts = new()
    {
        ["30,000 bytes: every segment is acknowledged while the window grows, and beyond"] = ("10.66.0.1/24", """
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: until-eof}, close]
              client: [{connect: "server:8000"}, {write: {size: 30000}}, {sleep: 200ms}, close]
            expect:
              - segments-include:
                  - {from: server, flags: ACK, ack: 1449, win: 67}
                  - {from: server, flags: ACK, ack: 2897, win: 70}
                  - {from: server, flags: ACK, ack: 23169}
                  - {from: server, flags: ACK, ack: 24617}
                  - {from: server, flags: ACK, ack: 26065}
                  - {from: server, flags: ACK, ack: 27513}
                  - {from: server, flags: ACK, ack: 28961}
                  - {from: server, flags: ACK, ack: 30001}
            """),
        ["a FIN where no data ever came is acknowledged with the next tick"] = ("10.66.0.1/24", """
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: until-eof}, {sleep: 200ms}, {write: {size: 50}}, close]
              client: [{connect: "server:8000"}, {shutdown: write}, {read: until-eof}, close]
            expect:
              - segments-include:
                  - {from: client, flags: FIN ACK, seq: 1, ack: 1, at: 20ms, within: 1ms}
                  - {from: server, flags: ACK, ack: 2, at: 34ms, within: 3ms}
            """),
        ["tcp_syn_retries 1 is three SYNs in 3 s"] = ("{address: 10.66.0.1/24, sysctls: {net.ipv4.tcp_syn_retries: 1}}", """
            faults: [{on: client->server, match: {protocol: tcp}, do: drop}]
            applications:
              client: [{connect: "server:8000", label: open}]
            expect:
              - retransmissions: 2
              - call: {label: open, expect: {errno: ETIMEDOUT, took: 3.07s, within: 90ms}}
            """),
        ["tcp_syn_retries 2 is six SYNs in 7 s"] = ("{address: 10.66.0.1/24, sysctls: {net.ipv4.tcp_syn_retries: 2}}", """
            faults: [{on: client->server, match: {protocol: tcp}, do: drop}]
            applications:
              client: [{connect: "server:8000", label: open}]
            expect:
              - retransmissions: 5
              - call: {label: open, expect: {errno: ETIMEDOUT, took: 7.12s, within: 210ms}}
            """),
        ["a lone segment is probed for before the RTO doubles"] = ("10.66.0.1/24", """
            faults: [{on: client->server, match: {payload: true, nth: [1, 2, 3]}, do: drop}]
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: {exactly: 100}}, {write: {size: 50}}, {read: until-eof}, close]
              client: [{connect: "server:8000"}, {write: {size: 100}}, {read: {exactly: 50}}, close]
            expect:
              - segments-include:
                  - {from: client, flags: PSH ACK, seq: 1, len: 100, at: 20ms, within: 1ms}
                  - {from: client, flags: PSH ACK, seq: 1, len: 100, at: 248ms, within: 7ms}
                  - {from: client, flags: PSH ACK, seq: 1, len: 100, at: 476ms, within: 14ms}
                  - {from: client, flags: PSH ACK, seq: 1, len: 100, at: 952ms, within: 28ms}
              - counters: {host: client, TcpExtTCPLossProbes: 1}
            """),
        ["two lost SYN,ACKs cost no congestion window, since the first SYN is answered"] = ("10.66.0.1/24", """
            faults: [{on: server->client, match: {flags: SYN ACK, nth: [1, 2, 3]}, do: drop}]
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: until-eof}, close]
              client: [{connect: "server:8000", label: open}, {write: {size: 1466}, label: sent}, {sleep: 1s}, close]
            expect:
              - segments-include:
                  - {from: client, flags: ACK, seq: 1, len: 1448}
                  - {from: client, flags: PSH ACK, seq: 1449, len: 18}
                  - {from: server, flags: ACK, ack: 1449}
            """),
        ["tcp_orphan_retries 3 in LAST-ACK is the time of three doublings of the least RTO, and the RTO that doubles is in whole ticks"] = (
            "{address: 10.66.0.1/24, sysctls: {net.ipv4.tcp_orphan_retries: 3}}", """
            faults: [{on: client->server, match: {flags: FIN ACK}, do: drop}]
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, close]
              client: [{connect: "server:8000"}, {sleep: 80ms}, close]
            expect:
              - retransmissions: 4
              - segments-include:
                  - {from: client, flags: FIN ACK, at: 100ms, within: 1ms}
                  - {from: client, flags: FIN ACK, at: 1.9s, within: 100ms}
            """),
        ["reno, chosen by the socket, takes half of twelve segments, and the ACK that ends recovery counts for the next increase"] = ("10.66.0.1/24", """
            faults: [{on: client->server, match: {payload: true, nth: [3, 6]}, do: drop}]
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: until-eof}, close]
              client:
                - setsockopt: {TCP_CONGESTION: reno}
                - connect: server:8000
                - write: {size: 14480}
                - at: 825ms
                - write: {size: 28960}
                - at: 1325ms
                - close
            expect:
              - segments-include:
                  - {from: client, flags: PSH ACK, seq: 21721, at: 825ms, within: 1ms}
                  - {from: client, flags: ACK, seq: 23169, at: 835ms, within: 1ms}
                  - {from: client, flags: PSH ACK, seq: 30409, at: 835ms, within: 1ms}
                  - {from: client, flags: ACK, seq: 31857, at: 835ms, within: 1ms}
            """),
        ["a SYN on ports of a connection in TIME-WAIT reckons with timestamps"] = ("10.66.0.1/24", """
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {write: bye}, {read: until-eof}, close, accept, {read: until-eof}, close]
              client:
                - socket: a
                - setsockopt: {SO_REUSEADDR: 1}
                - bind: 7001
                - connect: server:8000
                - read: {exactly: 3}
                - close
                - sleep: 300ms
                - socket: b
                - setsockopt: {SO_REUSEADDR: 1}
                - bind: 7001
                - connect: server:8000
                - close
            expect:
              - segments-include:
                  - {from: client, flags: SYN, win: 64240}
                  - {from: client, flags: SYN, win: 65160}
            """),
        ["with SO_RCVBUF the window is that of the buffer, and not scaled"] = ("10.66.0.1/24", """
            applications:
              server: [{socket: s}, {setsockopt: {SO_RCVBUF: 4096}}, {bind: 8000}, {listen: 16}, accept, {read: until-eof}, close]
              client: [{connect: "server:8000"}, {sleep: 100ms}, close]
            expect:
              - segments-include:
                  - {from: server, flags: SYN ACK, win: 2896}
                  - {from: server, flags: FIN ACK, win: 2896}
            """),
    };

    public static TheoryData<string> Names => [.. Facts.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_simulation_does_what_the_kernel_did(string name)
    {
        (string client, string script) = Facts[name];
        RunResult result = ScenarioRunner.Run(ScenarioScript.Parse(Network.Replace("CLIENT", client, StringComparison.Ordinal) + script, "fact.yaml"));
        Assert.NotEmpty(result.Verdicts);
        Assert.True(result.Passed, string.Join("\n", result.Verdicts));
    }
}
