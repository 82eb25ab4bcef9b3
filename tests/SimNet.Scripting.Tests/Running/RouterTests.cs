using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Tests.Running;

/// <summary>`routers:` and routes by name.</summary>
public class RouterTests
{
    private const string Network = """
        hosts:
          client: {addresses: [10.0.1.1/24, "2001:db8:1::1/64"], gateway: r1, neighbours: warm}
          server: {addresses: [10.0.2.1/24, "2001:db8:2::1/64"], gateway: r1, neighbours: warm}
        routers:
          r1:
            interfaces:
              eth0: {addresses: [10.0.1.254/24, "2001:db8:1::ff/64"]}
              eth1: {addresses: [10.0.2.254/24, "2001:db8:2::ff/64"]}
            routes: [{to: 10.7.0.0/16, type: prohibit}]
            neighbours: warm
        links:
          - {between: [client, r1.eth0], delay: 1ms}
          - {between: [r1.eth1, server], delay: 5ms}

        """;

    [Theory]
    [InlineData("10.0.2.1:80")]
    [InlineData("[2001:db8:2::1]:80")]
    public void A_router_forwards_and_its_interfaces_can_be_captured(string server)
    {
        RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(Network + $$"""
            applications:
              server: [{bind: "{{server}}"}, {listen: 5}, accept, {read: until-eof}, close]
              client: [{connect: "{{server}}", expect: {result: 0, took: 12ms} }, {write: hello}, close]
            capture: r1.eth1
            expect:
              - delivered: {from: client, to: server, bytes: 5, intact: true}
              - segments-include: [{from: client, flags: SYN, at: 1ms}, {from: server, flags: SYN ACK, at: 11ms}]
              - retransmissions: 0
            """, "x.yaml"));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        // Warm caches, on the router's links too: nothing but TCP.
        Assert.All(run.Packets, p => Assert.NotNull(p.Segment));
    }

    [Fact]
    public void A_refusing_route_is_felt_by_the_sender()
    {
        RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(Network + """
            applications:
              client: [{connect: "10.7.1.1:80", expect: EHOSTUNREACH}]
            expect:
              - counters: {host: r1, IcmpOutDestUnreachs: 1}
            """, "x.yaml"));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void A_host_forwards_when_told()
    {
        ScenarioDefinition scenario = ScenarioScript.Parse(Network, "x.yaml");
        Assert.Equal("server.eth0", scenario.Capture.ToString());
        Assert.True(scenario.Host("r1").IsRouter);
        Assert.Equal(
            [IpAddress.Parse("10.0.1.254"), IpAddress.Parse("2001:db8:1::ff")], scenario.Host("client").Routes.Select(r => r.Via!.Value));
        const string Host = """
            hosts:
              client: {address: 10.0.1.1/24, gateway: middle}
              middle:
                interfaces: {eth0: 10.0.1.254/24, eth1: 10.0.2.254/24}
                sysctls: {net.ipv4.ip_forward: 1}
              server: {address: 10.0.2.1/24, routes: [{to: 10.0.1.0/24, via: middle}]}
            links:
              - {between: [client, middle.eth0]}
              - {between: [middle.eth1, server]}
            applications:
              client: [{connect: "server:80", expect: ECONNREFUSED}]
            """;
        RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(Host, "x.yaml"));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Theory]
    [InlineData("server: {addresses: [10.0.2.1/24, \"2001:db8:2::1/64\"], gateway: r1", "server: {addresses: [10.0.3.1/24], gateway: r1", "3:47: gateway: `r1` has no address in a network of `server`; its networks: 10.0.3.1/24")]
    [InlineData("gateway: r1, neighbours: warm}\n  server", "gateway: r2, neighbours: warm}\n  server", "2:67: unknown host `r2`; did you mean `r1`?")]
    [InlineData("type: prohibit", "type: deny", "9:38: type: found `deny` where")]
    [InlineData("type: prohibit", "type: prohibit, via: server", "9:53: via: a route of type `prohibit` has no next hop")]
    [InlineData(", type: prohibit", "", "9:19: route: `via` is missing; write the next hop")]
    [InlineData("type: prohibit", "via: 10.9.9.9", "9:37: next hop `10.9.9.9` is in no network of this host")]
    [InlineData("  r1:\n", "  server:\n", "5:3: duplicate name `server`")]
    [InlineData("[r1.eth1, server]", "[r1, server]", "13:16: host `r1` has several interfaces")]
    [InlineData("10.0.2.254/24", "10.0.2.1/24", "8:26: duplicate address `10.0.2.1`")]
    public void Mistakes_are_told_at_their_place(string good, string bad, string message)
    {
        Assert.Contains(good, Network, StringComparison.Ordinal);
        Assert.False(ScenarioScript.TryParse(Network.Replace(good, bad, StringComparison.Ordinal), "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Contains(message, string.Join('\n', errors), StringComparison.Ordinal);
    }
}
