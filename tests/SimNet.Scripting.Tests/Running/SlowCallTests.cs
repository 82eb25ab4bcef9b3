using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

/// <summary>Calls that take time: what arrives meanwhile waits, is joined, and is acknowledged as one.</summary>
public sealed class SlowCallTests
{
    /// <summary>Ten segments come 6 µs apart, and a reader takes the first; the flight's last ACK tells how many there were.</summary>
    [Theory]
    [InlineData("", 0, 10)]
    [InlineData(", call-time: 1ms", 8, 2)]
    [InlineData(", slow-calls: [20ms..40ms]", 8, 2)]
    [InlineData(", slow-calls: [1s..2s]", 0, 10)]
    public void SegmentsThatArriveDuringAReadBecomeOne(string setting, int joined, int acknowledgements)
    {
        RunResult result = ScenarioRunner.Run(ScenarioScript.Parse($$"""
            name: slow
            hosts: {client: 10.0.0.1/24, server: {address: 10.0.0.2/24{{setting}} } }
            links: [ {between: [client, server], delay: 5ms, rate: 2Gbit} ]
            applications:
              server: [{bind: 8000}, {listen: 16}, accept, {read: until-eof}, close]
              client: [{connect: "server:8000"}, {write: {size: 14480} }, {sleep: 500ms}, close]
            capture: client
            expect:
              - delivered: {from: client, to: server, bytes: 14480, intact: true}
              - counters: {host: server, TcpExtTCPBacklogCoalesce: {{joined}} }
            """, "slow.yaml"));
        Assert.True(result.Passed, string.Join("\n", result.Verdicts));
        Assert.Equal(acknowledgements, result.Packets.Count(p =>
            p is { Point: "server.eth0", Outbound: true, Segment: { Length: 0 } s } && s.Flags == SimStack.Wire.TcpFlags.Ack && p.Time < SimStack.Instant.Zero + SimStack.Duration.FromMilliseconds(400)));
    }
}
