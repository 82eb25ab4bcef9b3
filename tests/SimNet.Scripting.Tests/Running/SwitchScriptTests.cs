using SimNet.Scripting.Ladder;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>Switches in scripts.</summary>
public class SwitchScriptTests
{
    private const string Hosts = """
        hosts: {client: 10.0.0.1/24, server: 10.0.0.2/24, other: 10.0.0.3/24}
        applications:
          server: [{bind: 80}, {listen: 5}, accept, {read: until-eof}, close]
          client: [{connect: "server:80"}, {write: "hi"}, close]

        """;

    [Fact]
    public void A_conversation_through_two_switches()
    {
        RunResult run = ScenarioRunner.Run(Parse("""
            switches: {sw1: {delay: 1ms}, sw2: {}}
            links: [{between: [client, sw1]}, {between: [other, sw1]}, {between: [sw1, sw2], delay: 5ms}, {between: [sw2.port7, server]}]
            faults: [{on: sw1->sw2, match: {flags: SYN, nth: 1}, do: drop}]
            expect:
              - delivered: {from: client, to: server, bytes: 2, intact: true}
              - retransmissions: 1
              - drops: 1
            """));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.Text));
        // Each way takes a millisecond in the first switch and five between them.
        string ladder = string.Join('\n', LadderWriter.Write(run));
        Assert.Contains("✗ fault rule", ladder, StringComparison.Ordinal);
        Assert.Matches(@"1\.016000 .*SYN seq 0 again ", ladder);
        Assert.Contains(run.Packets, p => p is { Point: "server.eth0", Outbound: false, Time.Nanoseconds: 1_022_000_000, Segment.Length: 0 });
        // Unicast for another host reaches it only while nobody knows better.
        Assert.DoesNotContain(run.Packets, p => p.Point == "other.eth0" && p.Segment is not null);
        Assert.Contains(run.Packets, p => p.Point == "other.eth0" && p.Text.StartsWith("ARP who-has", StringComparison.Ordinal));
    }

    [Fact]
    public void Hosts_on_a_switch_are_neighbours()
    {
        ScenarioDefinition scenario = Parse("""
            switches: [sw1, sw2]
            links: [{between: [client, sw1]}, {between: [sw1, sw2]}, {between: [server, sw2]}, {between: [other, sw2]}]
            """, Hosts.Replace("client: 10.0.0.1/24", "client: {address: 10.0.0.1/24, neighbours: warm}", StringComparison.Ordinal)
                .Replace("server: 10.0.0.2/24", "server: {address: 10.0.0.2/24, neighbours: warm}", StringComparison.Ordinal));
        RunResult run = ScenarioRunner.Run(scenario);
        Assert.DoesNotContain(run.Packets, p => p.Text.StartsWith("ARP", StringComparison.Ordinal));
        // The switches don't know the server until it answers.
        Assert.Single(run.Packets, p => p.Point == "other.eth0" && p.Segment is not null);
    }

    [Theory]
    [InlineData("switches: [client]\nlinks: [{between: [client, server]}]", 5, "duplicate name `client`: a host has it already")]
    [InlineData("switches: {sw1: {ports: 1}}\nlinks: [{between: [client, sw1]}, {between: [server, sw1]}]", 6,
        "all 1 ports of switch `sw1` have links; give it more with `ports: 2`")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1.port1]}, {between: [server, sw1.port1]}]", 6,
        "port `sw1.port1` has a link already; write `sw1` for the next free one")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1.prot1]}]", 6, "switch `sw1` has no port `prot1`; it has `sw1.port1`")]
    [InlineData("switches: [sw1, sw2]\nlinks: [{between: [sw1, sw2]}, {between: [sw1, sw2]}]", 6, "makes a loop of switches")]
    [InlineData("switches: [sw1]\nlinks: [{between: [sw1, sw1]}]", 6, "both ends are `sw1.port1`; a link joins two interfaces")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw2]}]", 6, "unknown host `sw2`; did you mean `sw1`?")]
    [InlineData("switches: {sw1: {prots: 4}}\nlinks: [{between: [client, sw1]}]", 5, "unknown key `prots` in switch; did you mean `ports`?")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1]}]\ncapture: sw1", 7, "`sw1` is a switch; name a port, `sw1.port1`")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1]}]\ncapture: sw1.port2", 7, "`sw1.port2` has no link")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1]}]\ntables: [{host: sw1}]", 7, "unknown host `sw1`")]
    [InlineData("switches: [sw1]\nlinks: [{between: [client, sw1]}]\nfaults: [{on: sw1->server, do: drop}]", 7, "there is no link `sw1->server`")]
    public void Mistakes_about_switches_are_told(string text, int line, string expected)
    {
        Assert.False(ScenarioScript.TryParse(Hosts + text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Contains(errors, e => e.Line == line && e.Message.Contains(expected, StringComparison.Ordinal));
    }

    private static ScenarioDefinition Parse(string text, string hosts = Hosts)
    {
        bool good = ScenarioScript.TryParse(hosts + text, "x.yaml", out ScenarioDefinition? scenario, out IReadOnlyList<ScriptError> errors);
        Assert.True(good, string.Join('\n', errors));
        return scenario!;
    }
}
