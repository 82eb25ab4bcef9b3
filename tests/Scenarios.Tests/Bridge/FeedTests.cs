using System.Text.Json;
using SimNet.Tests;

namespace Scenarios.Tests.Bridge;

/// <summary>Captures that were not recorded for it, fed to a simulated host.</summary>
public class FeedTests
{
    private const string Pair = """
        name: pair
        hosts:
          client: {address: 10.0.0.1/24}
          server: {address: 10.0.0.2/24}
        links:
          - between: [client, server]
            delay: 10ms
        applications:
          server:
            - http-server: {port: 80, resources: {/: {size: 20000}}}
          client:
            - {http-get: {url: "http://10.0.0.2/"}, expect: {status: 200, result: 20000}}
        """;

    private const string Server = """
        name: server-alone
        seed: 77
        hosts:
          server: {address: 10.0.0.2/24}
        applications:
          server:
            - http-server: {port: 80, think: 30ms, resources: {/: {size: 20000}}}
        expect:
          - states: {host: server, connection: 1, path: [SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT, LAST-ACK, CLOSED]}
          - retransmissions: {host: server, count: 0}
        """;

    private const string Client = """
        name: client-alone
        seed: 78
        hosts:
          client: {address: 10.0.0.9/24}
        applications:
          client:
            - sleep: 50ms
            - {http-get: {url: "http://10.0.0.2/"}, expect: {status: 200, result: 20000}}
        expect:
          - states: {host: client, connection: 1, path: [SYN-SENT, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED]}
          - retransmissions: {host: client, count: 0}
        """;

    [Theory]
    [InlineData("pcapng")]
    [InlineData("pcap")]
    public async Task AServerAnswersTheCapturedClient(string format)
    {
        using var folder = new TemporaryFolder();
        string capture = await Capture(folder, "server", format);
        Sim.Result result = (await Sim.Run("replay", capture, "--host", folder.Write("alone.yaml", Server), "--json")).Ended(ExitStatus.Success);
        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(0, json.GetProperty("unasked").GetInt32() + json.GetProperty("without_beginning").GetInt32() + json.GetProperty("premature").GetInt32());
        // A program that thinks longer than the captured one did: what acknowledges its answer waits for it.
        Assert.InRange(json.GetProperty("delay_ns").GetInt64(), 1, 60_000_000);
    }

    [Theory]
    [InlineData("pcapng")]
    [InlineData("pcap")]
    public async Task AClientIsServedByTheCapturedServer(string format)
    {
        using var folder = new TemporaryFolder();
        string capture = await Capture(folder, "client", format);
        // Another address, port, ISN and time: all that the captured server says is changed accordingly.
        Sim.Result result = (await Sim.Run(
            "replay", capture, "--host", folder.Write("alone.yaml", Client), "--as", "10.0.0.1=10.0.0.9", "--ladder", "none")).Ended(ExitStatus.Success);
        Assert.Contains(result.Lines, l => l.Contains("the part of 10.0.0.1 by 10.0.0.9 is played", StringComparison.Ordinal));
        Assert.DoesNotContain(result.Lines, l => l.Contains("of connections that", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutChangedNumbersTheHostSeesStrangers()
    {
        using var folder = new TemporaryFolder();
        string capture = await Capture(folder, "server", "pcapng");
        (await Sim.Run("replay", capture, "--host", folder.Write("alone.yaml", Server), "--as-captured")).Ended(ExitStatus.ExpectationFailed);
    }

    [Fact]
    public async Task AFilterLeavesOutTheOthers()
    {
        using var folder = new TemporaryFolder();
        string capture = await Capture(folder, "server", "pcapng");
        foreach ((string only, bool enters) in new[] { ("udp", false), ("10.0.0.77:80", false), ("10.0.0.1", true) })
        {
            Sim.Result result = await Sim.Run("replay", capture, "--host", folder.Write("alone.yaml", Server), "--only", only, "--json");
            Assert.Equal(enters, JsonDocument.Parse(result.Output).RootElement.GetProperty("frames_in").GetInt32() > 0);
        }
    }

    [Theory]
    [InlineData(new string[0], "is no recording of `sim bridge`; to feed it to a simulated host, write --host scenario.yaml")]
    [InlineData(new[] { "--as", "10.0.0.1" }, "--as is about a capture that is fed to a scenario's hosts; add --host scenario.yaml")]
    [InlineData(new[] { "--host", "HOST", "--as", "10.0.0.1=10.0.0.77" }, "no simulated host has the address 10.0.0.77; theirs are 10.0.0.2")]
    [InlineData(new[] { "--host", "HOST", "--as", "10.0.0" }, "--as: `10.0.0` is not an address like 192.0.2.7, or two like 192.0.2.7=10.0.0.2")]
    [InlineData(new[] { "--host", "HOST", "--to", "inside" }, "there is no bridge `inside`; the scenario has outside")]
    [InlineData(new[] { "--host", "HOST", "--only", "sctp" }, "--only: `sctp` is none of an address, address:port, a port, tcp, udp, icmp")]
    [InlineData(new[] { "--host", "STRANGER" }, "whose part is played? none of the simulated addresses (192.0.2.1) is in the capture, whose are 10.0.0.1, 10.0.0.2; say so: --as 10.0.0.1=192.0.2.1")]
    public async Task WhatIsWrongIsSaidInALine(string[] options, string expected)
    {
        using var folder = new TemporaryFolder();
        string capture = await Capture(folder, "server", "pcap");
        string host = folder.Write("alone.yaml", Server);
        string stranger = folder.Write("stranger.yaml", "name: stranger\nhosts:\n  one: {address: 192.0.2.1/24}\n");
        Sim.Result result = (await Sim.Run(["replay", capture, .. options.Select(o => o == "HOST" ? host : o == "STRANGER" ? stranger : o)])).Ended(ExitStatus.BadRequest);
        Assert.EndsWith(expected, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fast-retransmit-one-loss.server", "10.66.0.2/24", 200_000)]
    [InlineData("sack-three-holes.server", "10.66.0.2/24", 200_000)]
    [InlineData("lost-tail.server", "10.66.0.2/24", 14_480)]
    public async Task AKernelsCaptureIsTakenUp(string name, string address, int bytes)
    {
        string capture = Path.Combine(SharedFolder.Require("captures", "linux-6.18"), name + ".pcap");
        using var folder = new TemporaryFolder();
        string script = folder.Write("taker.yaml", $$"""
            name: taker
            hosts:
              taker: {address: {{address}}}
            applications:
              taker:
                - bind: 8000
                - listen: 5
                - accept
                - read: until-eof
            expect:
              - delivered: {to: taker, bytes: {{bytes}}}
            """);
        (await Sim.Run("replay", capture, "--host", script, "--quiet")).Ended(ExitStatus.Success);
    }

    private static async Task<string> Capture(TemporaryFolder folder, string point, string format)
    {
        (await Sim.Run("run", folder.Write("pair.yaml", Pair), "--capture", point, "--format", format, "--out", folder.Path, "--quiet")).Ended(ExitStatus.Success);
        return folder["pair." + format];
    }
}
