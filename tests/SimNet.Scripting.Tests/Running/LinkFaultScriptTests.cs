using SimNet.Links;
using SimNet.Random;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>Link models and faults as scripts say them.</summary>
public class LinkFaultScriptTests
{
    private const string Hosts = """
        hosts: {client: 10.0.0.1/24, server: 10.0.0.2/24}
        applications:
          server: [{bind: 80}, {listen: 5}, accept, {read: 100}, {write: "hello world"}, {read: until-eof}, close]
          client: [{connect: "server:80"}, {write: "hi"}, {read: 100}, {sleep: 100ms}, close]

        """;

    [Fact]
    public void Settings_of_links_reach_the_link()
    {
        LinkDefinition link = Parse("""
            links:
              - between: [client, server]
                carrier: true
                jitter: {normal: 1ms}
                loss: {gilbert-elliott: {p: 1%, r: 10%, good: 0.1%}}
                queue: {packets: 9, mark-above: 3}
                server->client: {jitter: 2ms, loss: 3%, up: false}
                changes: [{at: 1s, jitter: {pareto: 3ms, reorders: true}}]
            """).Links[0];
        Assert.True(link.HasCarrier);
        Assert.Equal((JitterShape.Normal, null), (link.AToB.JitterShape, link.AToB.JitterReorders));
        var expected = new GilbertElliott(Probability.FromPercent(1), Probability.FromPercent(10)) { LossInGood = Probability.FromRatio(1, 1000) };
        Assert.Equal(expected, link.AToB.BurstLoss);
        Assert.Equal((9, 3), (link.AToB.QueuePackets, link.AToB.QueueMarkAbove));
        // What one direction says takes the place of what both have.
        Assert.Equal((null, null, false), (link.BToA.JitterShape, link.BToA.BurstLoss, link.BToA.Up));
        Assert.Equal((JitterShape.Pareto, true), (link.Changes[0].AToB.JitterShape, link.Changes[0].BToA.JitterReorders));
    }

    [Fact]
    public void Forged_packets_are_drawn_and_the_connection_survives_them()
    {
        RunResult run = Run("""
            links: [{between: [client, server], delay: 5ms}]
            faults:
              - on: server->client
                match: {payload: true, nth: 1}
                do:
                  inject:
                    - {tcp: {flags: RST, seq: +100000}}
                    - {icmp: {type: 3, code: 1, quote-seq: +1000000}, to: sender}
              - {on: client->server, at: 30ms, do: {inject: {tcp: {flags: RST ACK, seq: 500000}}}}
            expect:
              - states: {host: client, path: [SYN-SENT, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED]}
              - retransmissions: 0
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.Text));
        string ladder = string.Join('\n', LadderWriter.Write(run));
        Assert.Matches(@"0\.030000 +.*◀─+ RST seq 100001 \(injected\) ──", ladder);
        Assert.Matches(@"0\.030000 +── ICMP host unreachable about TCP 80 -> \d+ \(injected\) ─+▶", ladder);
        Assert.Matches(@"0\.035000 +── RST,ACK seq 500000 ack 1 \(injected\) ─+▶", ladder);
    }

    [Fact]
    public void What_is_on_a_cut_link_is_lost_and_drawn_so()
    {
        RunResult run = Run("""
            links: [{between: [client, server], delay: 5ms, changes: [{at: 12ms, up: false}, {at: 500ms, up: true}]}]
            expect: [{retransmissions: 1}]
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.Text));
        Assert.Contains("✗ link down", string.Join('\n', LadderWriter.Write(run)), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_carrier_the_interface_sends_nothing()
    {
        const string links = "links: [{between: [client, server], delay: 5ms, CARRIERchanges: [{at: 50ms, up: false}, {at: 2s, up: true}]}]";
        RunResult seen = Run(links.Replace("CARRIER", "carrier: true, ", StringComparison.Ordinal));
        RunResult unseen = Run(links.Replace("CARRIER", "", StringComparison.Ordinal));
        // The client closes at 125 ms; with carrier its FINs don't leave the host until the cable is in again, and ARP comes first.
        Assert.DoesNotContain(seen.Packets, p => p.Lost is not null);
        Assert.Contains(unseen.Packets, p => p.Lost == "link down");
        Assert.Equal(2, seen.Packets.Count(p => p.Outbound && p.Text.StartsWith("ARP who-has", StringComparison.Ordinal)));
        Assert.Single(unseen.Packets, p => p.Outbound && p.Text.StartsWith("ARP who-has", StringComparison.Ordinal));
        Assert.Equal("CLOSED", seen.Connections.First(c => c.Host == "server").States[^1].To.ToString().ToUpperInvariant());
    }

    [Fact]
    public void A_named_fault_keeps_its_chances()
    {
        const string named = "{name: unlucky, on: client->server, match: {payload: true, probability: 50%}, do: delay 30ms}";
        const string other = "{on: client->server, match: {protocol: arp, probability: 50%}, do: delay 1us}";
        RunResult alone = Run($"links: [{{between: [client, server], delay: 5ms}}]\nfaults: [{named}]");
        RunResult behind = Run($"links: [{{between: [client, server], delay: 5ms}}]\nfaults: [{other}, {named}]");
        Assert.Equal(
            alone.Packets.Where(p => p is { Outbound: true, Segment.Length: > 0 }).Select(p => p.Effects),
            behind.Packets.Where(p => p is { Outbound: true, Segment.Length: > 0 }).Select(p => p.Effects));
    }

    [Theory]
    [InlineData("do: {inject: {tcp: RTS}}", "unknown flag `RTS`; did you mean `RST`?")]
    [InlineData("do: {inject: {tpc: RST}}", "unknown key `tpc` in injection; did you mean `tcp`?")]
    [InlineData("do: inject", "do: `inject` needs to know what; write `do: {inject: ...}`")]
    [InlineData("do: {mark: CR}", "mark: found `CR` where `not-ECT` or `ECT(1)` or `ECT(0)` or `CE` is right; did you mean `CE`?")]
    [InlineData("do: {set: {seq: 5}}", "seq: found `5` where a distance with its sign, like `+1` or `-1000`, is right")]
    [InlineData("do: {set: {strip: [timestamp]}}", "did you mean `timestamps`?")]
    [InlineData("do: dorp", "do: unknown action `dorp`; did you mean `drop`?")]
    [InlineData("do: {corrupt: {byte: -1}}", "byte: found `-1` where a whole number from 0 to 65535 is right")]
    [InlineData("do: {inject: {frame: 0g}}", "frame: found `0g` where an even number of hex digits")]
    [InlineData("do: {inject: {frame: 00 01}}", "frame: 2 bytes are none; it has 14 to 64000")]
    [InlineData("do: {inject: {tcp: {flags: RST, seq: -9223372036854775808}}}", "seq: found `-9223372036854775808` where a number")]
    [InlineData("do: {inject: {udp: {text: HUGE}}}", "text: 64001 bytes are too many; 64000 at most")]
    [InlineData("do: {inject: {icmp: {type: 3, hex: HUGEHUGE}}}", "hex: 64001 bytes are too many; 64000 at most")]
    [InlineData("do: drop, at: 2s", "at: only `inject` happens at a time")]
    [InlineData("do: drop, match: {seq: few}", "seq: found `few` where a number, or a condition")]
    [InlineData("do: drop, match: {source: sever}", "unknown host `sever`; did you mean `server`?")]
    public void Mistakes_in_faults_are_told(string fault, string expected)
    {
        string text = Hosts + "links: [{between: [client, server]}]\nfaults: [{on: client->server, " + fault.Replace("HUGE", new string('1', 64_001), StringComparison.Ordinal) + "}]";
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        ScriptError error = Assert.Single(errors);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(6, error.Line);
    }

    [Theory]
    [InlineData("jitter: {normal: 1}", "normal: `1` has no unit")]
    [InlineData("jitter: {reorders: true}", "jitter: one of uniform, normal, pareto, pareto-normal is missing")]
    [InlineData("loss: {gilbert-elliott: {p: 1%}}", "gilbert-elliott: required key `r` is missing")]
    [InlineData("loss: {gilbert: {p: 1%}}", "unknown key `gilbert` in loss; keys: gilbert-elliott")]
    [InlineData("up: no", "up: found `no` where `true` or `false` is right")]
    public void Mistakes_in_link_models_are_told(string setting, string expected)
    {
        string text = Hosts + "links: [{between: [client, server], " + setting + "}]";
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Contains(errors, e => e.Message.Contains(expected, StringComparison.Ordinal));
    }

    private static RunResult Run(string links) => ScenarioRunner.Run(Parse(links));

    private static ScenarioDefinition Parse(string links)
    {
        bool good = ScenarioScript.TryParse(Hosts + links, "x.yaml", out ScenarioDefinition? scenario, out IReadOnlyList<ScriptError> errors);
        Assert.True(good, string.Join('\n', errors));
        return scenario!;
    }
}
