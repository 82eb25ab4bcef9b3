using SimNet.Scripting.Ladder;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Running;

public class LadderTests
{
    [Fact]
    public void The_handshake_is_drawn_as_the_readme_shows_it()
    {
        string[] lines = [.. LadderWriter.Write(Run("handshake")).Skip(4).Take(6)];
        Assert.Equal(
            [
                "  0.010000               ── SYN seq 0 win 64240 mss 1460 sackOK TS ws 10 ─────────────▶ SYN-RECEIVED",
                "                                                                                        syn 1, acc 0",
                "  0.015000  ESTABLISHED  ◀─── SYN,ACK seq 0 ack 1 win 65160 mss 1460 sackOK TS ws 10 ──",
                "            connect ok",
                "  0.020000               ── ACK seq 1 ack 1 win 63 ───────────────────────────────────▶ ESTABLISHED",
                "                                                                                        syn 0, acc 1",
            ],
            lines);
    }

    [Fact]
    public void A_run_of_many_short_connections_is_drawn_in_good_time()
    {
        RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(
            """
            hosts: {client: {address: 10.0.0.1/24, neighbours: warm}, server: {address: 10.0.0.2/24, neighbours: warm}}
            links: [{between: [client, server], delay: 1ms}]
            limits: {time: 1h, events: 100000}
            applications:
              server: [{bind: 80}, {listen: 5}, {repeat: {times: 5000, do: [accept, close]}}]
              client: [{repeat: {times: 5000, do: [{connect: "server:80"}, close, {socket: t}, {read: 1}, {socket: s}]}}]
            """, "x.yaml"));
        long start = Environment.TickCount64;
        LadderWriter.Write(run, new LadderOptions { Rows = 40 });
        Assert.InRange(Environment.TickCount64 - start, 0, 5_000);
    }

    [Fact]
    public void A_call_that_fails_stands_under_one_time()
    {
        RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(
            """
            hosts: {client: 10.0.0.1/24, server: 10.0.0.2/24}
            links: [{between: [client, server]}]
            applications: {client: [{connect: "server:81"}, {connect: "192.0.2.1:80"}]}
            """, "x.yaml"));
        IReadOnlyList<string> lines = LadderWriter.Write(run);
        int at = lines.ToList().FindIndex(l => l.EndsWith("ENETUNREACH", StringComparison.Ordinal));
        Assert.Equal("            ENETUNREACH", lines[at]);
        Assert.EndsWith("  connect:", lines[at - 1]);
    }

    [Theory]
    [MemberData(nameof(CatalogueTests.Names), MemberType = typeof(CatalogueTests))]
    public void No_line_is_longer_than_asked(string name)
    {
        RunResult run = Run(name);
        foreach (int? rows in (int?[])[null, 40, 5])
        {
            foreach (int width in (int[])[100, 80])
            {
                var options = new LadderOptions { Rows = rows, Width = width, Ascii = width == 80 };
                IReadOnlyList<string> lines = LadderWriter.Write(run, options);
                Assert.NotEmpty(lines);
                Assert.All(lines, l => Assert.True(l.Length <= width, l));
                Assert.All(lines, l => Assert.True(width != 80 || l.All(char.IsAscii), l));
            }
        }
    }

    [Fact]
    public void A_long_run_shows_its_losses_and_counts_the_rest()
    {
        RunResult run = Run("lossy-transfer");
        IReadOnlyList<string> lines = LadderWriter.Write(run, new LadderOptions { Rows = 40 });
        Assert.InRange(lines.Count, 40, 120);
        Assert.Contains(lines, l => l.Contains("✗ random loss", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("packets with", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(" again", StringComparison.Ordinal));
    }

    /// <summary>Both ends on one host: what connect returns stands under the end that called it.</summary>
    [Fact]
    public void A_refused_connect_within_a_host_stands_on_its_own_side()
    {
        List<string> lines = [.. LadderWriter.Write(Run("backlog-windows"))];
        int at = lines.FindLastIndex(l => l.Contains("RST,ACK", StringComparison.Ordinal));
        Assert.StartsWith("  1.200000  CLOSED       ◀─", lines[at], StringComparison.Ordinal);
        Assert.StartsWith("            connect:", lines[at + 1], StringComparison.Ordinal);
        Assert.StartsWith("            ECONNREFUSED", lines[at + 2], StringComparison.Ordinal);
    }

    private static RunResult Run(string name) =>
        ScenarioRunner.Run(ScenarioScript.Load(Path.Combine(Repository.Root, "src", "Scenarios", "Catalogue", name + ".yaml")));
}
