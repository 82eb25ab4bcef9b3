using System.Text;
using System.Text.Json;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Model;
using SimNet.Scripting.Results;
using SimNet.Scripting.Running;
using SimNet.Scripting.Tables;
using SimStack.Ip;

namespace SimNet.Scripting.Tests.Running;

public class RunTests
{
    private const string Network = """
        hosts:
          client: {address: 10.0.0.1/24, neighbours: warm}
          server: {address: 10.0.0.2/24, neighbours: warm}
        links:
          - {between: [client, server], delay: 5ms}

        """;

    private const string Echo = Network + """
        applications:
          server: [{bind: 80}, {listen: 5}, accept, {read: 100}, {write: pong}, {read: until-eof}, close]
          client:
            - {connect: "server:80", label: open}
            - write: ping
            - {read: 100, label: answer}
            - close
            - sleep: 1s

        """;

    [Fact]
    public void Each_program_of_a_host_has_unnamed_sockets_of_its_own()
    {
        RunResult run = Run("""
            hosts: {me: 10.0.0.1/24}
            applications:
              me:
                server:
                  - bind: 80
                  - listen: 5
                  - signal: up
                  - repeat: {times: 2, do: [accept, {read: 10, expect: 2}, {write: ok}, {read: 10, expect: 0}, close]}
                client:
                  - wait-for: up
                  - repeat: {times: 2, do: [{connect: "127.0.0.1:80", expect: 0}, {write: hi}, {read: 10, expect: 2}, close, {sleep: 10ms}]}
                other-server:
                  - {bind: 81, expect: 0}
                  - listen: 5
            expect:
              - counters: {host: me, TcpPassiveOpens: 2}
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void The_inside_of_a_connection_and_the_counters_are_told_at_any_time()
    {
        RunResult run = Run(Network + """
            applications:
              server: [{bind: 80}, {listen: 5}, accept, {read: until-eof}, close]
              client: [{connect: "server:80"}, {write: {size: 5000}}, {sleep: 1s}, close]
            tables:
              - {host: client, at: 12ms, form: ss-tino}
              - {host: client, at: 12ms, form: nstat}
            expect:
              - tcp-info: {host: client, at: 12ms, tcpi_state: 1, tcpi_unacked: 4, tcpi_snd_cwnd: 10, tcpi_bytes_acked: 1}
              - tcp-info: {host: client, at: 500ms, tcpi_unacked: 0, tcpi_bytes_acked: 5001, tcpi_rtt: 10000..11000}
              - tcp-info: {host: client, connection: 2, tcpi_state: 1}
              - tcp-info: {host: server, at: 500ms, tcpi_bytes_received: 4999}
              - counters: {host: client, at: 12ms, TcpOutSegs: 6}
              - counters: {host: client, TcpOutSegs: ">6"}
            """);
        Assert.Equal([true, true, false, false, true, true], run.Verdicts.Select(v => v.Passed));
        Assert.EndsWith("no such connection", run.Verdicts[2].ToString(), StringComparison.Ordinal);
        Assert.EndsWith("5000", run.Verdicts[3].ToString(), StringComparison.Ordinal);
        SocketTableRecord table = run.Table("client", Duration.FromMilliseconds(12))!;
        IReadOnlyList<string> lines = SocketTable.Print(table.Rows, TableForm.SsInfo);
        Assert.Equal(3, lines.Count);
        Assert.EndsWith("10.0.0.2:80  timer:(on,026ms,0)", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("\t ts sack cubic wscale:10,10 rto:212 rtt:10/5 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 bytes_sent:5000 ", lines[2], StringComparison.Ordinal);
        Assert.Contains(table.Counters, c => c is { Key: "TcpOutSegs", Value: 6 });
        using var stream = new MemoryStream();
        ResultJson.Write(run, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        JsonElement row = json.RootElement.GetProperty("socketTables")[0].GetProperty("rows")[0];
        Assert.Equal(4, row.GetProperty("tcpInfo").GetProperty("tcpi_unacked").GetInt32());
        Assert.Equal("on", row.GetProperty("timer").GetProperty("kind").GetString());
    }

    [Fact]
    public void A_port_is_bound_in_the_family_of_its_socket()
    {
        RunResult run = Run("""
            hosts:
              client: {addresses: [10.0.0.1/24, "2001:db8::1/64"]}
              server: {addresses: [10.0.0.2/24, "2001:db8::2/64"]}
            links: [{between: [client, server]}]
            applications:
              server: [{socket: {name: six, family: ipv6}}, {bind: 81}, {listen: 1}, accept, close]
              client: [{connect: "[2001:db8::2]:81", expect: 0}, close]
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void The_pending_error_of_a_socket_is_expected_by_its_name()
    {
        const string Script = Network + """
            applications:
              client:
                - {connect: "server:81", nonblocking: true, expect: EINPROGRESS}
                - sleep: 1s
                - {getsockopt: SO_ERROR, expect: ECONNREFUSED}
                - {getsockopt: SO_ERROR, expect: 0}
                - {getsockopt: SO_ERROR, expect: ECONNRESET}
            """;
        IReadOnlyList<Verdict> verdicts = Run(Script).Verdicts;
        Assert.Equal([true, true, true, false], verdicts.Select(v => v.Passed));
        Assert.Equal(("ECONNRESET", "OK"), (verdicts[3].Expected, verdicts[3].Got));
    }

    [Fact]
    public void A_call_that_still_waits_says_since_when()
    {
        Verdict verdict = Assert.Single(Run(Network + """
            applications:
              client: [{bind: 80}, {listen: 1}, {sleep: 20ms}, {accept: c, expect: 0}]
            """).Verdicts);
        Assert.Equal("none: it still waits, since 0.02s", verdict.Got);
    }

    [Theory]
    [InlineData("segments: [{from: client, flags: SYN}]", "the end after 1 segment", "server SYN,ACK seq 0 ack 1")]
    [InlineData("segments-include: [{from: client, flags: RST}]", "segment 1 (line 15): client RST", "no such segment")]
    [InlineData("segments-include: [{from: client, flags: SYN, at: 1ms}]", "client SYN at 0.001s", "no such segment")]
    [InlineData("states: {host: client, path: [SYN-SENT, ESTABLISHED]}", "SYN-SENT, ESTABLISHED", "TIME-WAIT, CLOSED")]
    [InlineData("states: {host: client, reach: [SYN-SENT, {state: ESTABLISHED, at: 5ms, within: 1ms}]}", "ESTABLISHED at 0.005s ± 0.001s", "at 0.01s")]
    [InlineData("states: {host: client, connection: 2, path: [SYN-SENT]}", "SYN-SENT", "no such connection")]
    [InlineData("queue: {host: server, port: 80, at: 1s, accept: 1}", "accept queue 1", "SYN queue 0, accept queue 0")]
    [InlineData("queue: {host: server, port: 81, accept: 1}", "a listening socket on port 81", "none")]
    [InlineData("sockets: {host: client, table: \"ESTAB 0 0 10.0.0.1:1 10.0.0.2:80\"}", "ESTAB 0 0", "")]
    [InlineData("sockets: {host: server, table: \"LISTEN 0 5 10.0.0.2:80 0.0.0.0:*\"}", "LISTEN 0 5 10.0.0.2:80", "LISTEN 0 5 0.0.0.0:80")]
    [InlineData("sockets: {host: server, at: 0, table: \"LISTEN 0 5 10.0.0.2:80 0.0.0.0:*\"}", "LISTEN 0 5 10.0.0.2:80", "an empty table")]
    [InlineData("call: {label: open, expect: ECONNREFUSED}", "ECONNREFUSED", "0")]
    [InlineData("call: {label: open, expect: {took: 1ms}}", "after 0.001s", "after 0.01s")]
    [InlineData("call: {label: answer, expect: {text: pang}}", "\"pang\"", "\"pong\"")]
    [InlineData("call: {label: answer, expect: 5}", "5", "4")]
    [InlineData("counters: {host: client, TcpActiveOpens: 2}", "TcpActiveOpens 2", "1")]
    [InlineData("delivered: {to: server, bytes: 5}", "5 bytes", "4 bytes")]
    [InlineData("delivered: {from: server, to: server, intact: true}", "SHA-256", "4 bytes")]
    [InlineData("retransmissions: \">0\"", ">=1", "0")]
    [InlineData("drops: 1..3", "1..3", "0")]
    public void What_does_not_hold_fails_with_what_came_instead(string expectation, string expected, string got)
    {
        Verdict verdict = Assert.Single(Run(Echo + "expect:\n  - " + expectation).Verdicts);
        Assert.False(verdict.Passed);
        Assert.Contains(expected, verdict.Expected);
        Assert.Contains(got, verdict.Got);
        Assert.StartsWith("FAIL  ", verdict.ToString());
        Assert.Contains("(x.yaml:15)", verdict.ToString());
    }

    [Theory]
    [InlineData("call: {label: open, expect: {errno: OK, took: 10ms}}")]
    [InlineData("call: {label: answer, expect: {text: pong, at: 20ms}}")]
    [InlineData("counters: {host: client, TcpActiveOpens: 1}")]
    [InlineData("delivered: {from: client, to: server, bytes: 4, intact: true}")]
    [InlineData("sockets: {host: server, table: \"LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\"}")]
    public void What_holds_passes(string expectation) => Assert.Empty(Run(Echo + "expect:\n  - " + expectation).Verdicts.Where(v => !v.Passed).Select(v => v.ToString()));

    [Fact]
    public void A_connect_to_nobody_is_a_result()
    {
        RunResult run = Run(Network + "applications:\n  client: [{connect: 'server:81', expect: ECONNREFUSED}]");
        Assert.True(run.Passed, string.Join("\n", run.Verdicts));
        Assert.Contains(LadderWriter.Write(run), l => l.Contains("ECONNREFUSED", StringComparison.Ordinal));
    }

    [Fact]
    public void A_fault_drops_the_first_SYN_and_the_ladder_says_so()
    {
        RunResult run = Run(Echo + "faults:\n  - {on: client->server, match: {flags: SYN, nth: 1}, do: drop}\nexpect:\n  - retransmissions: 1\n  - drops: 1");
        Assert.True(run.Passed, string.Join("\n", run.Verdicts));
        Assert.Contains(LadderWriter.Write(run), l => l.Contains("SYN seq 0", StringComparison.Ordinal) && l.Contains("✗ fault rule", StringComparison.Ordinal));
        Assert.Contains(LadderWriter.Write(run, new LadderOptions { Ascii = true }), l => l.Contains("X fault rule", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_that_never_comes_fails_its_expectation()
    {
        RunResult run = Run(Network + "applications:\n  server: [{bind: 80}, {listen: 1}, accept, {write: x, expect: 1}]");
        Verdict verdict = Assert.Single(run.Verdicts);
        Assert.False(verdict.Passed);
        Assert.Contains("never came there", verdict.Got);
    }

    [Fact]
    public void An_endless_run_is_stopped_and_says_why()
    {
        RunResult run = Run("limits: {time: 1s}\n" + Echo);
        Assert.False(run.Passed);
        Assert.Contains("limit", run.Stopped);
    }

    [Fact]
    public void One_seed_one_result_two_seeds_two()
    {
        string path = Path.Combine(Repository.Root, "src", "Scenarios", "Catalogue", "lossy-transfer.yaml");
        ScenarioDefinition scenario = ScenarioScript.Load(path);
        string first = Json(ScenarioRunner.Run(scenario));
        Assert.Equal(first, Json(ScenarioRunner.Run(scenario)));
        Assert.NotEqual(first, Json(ScenarioRunner.Run(scenario, new RunOptions { Seed = 2 })));
    }

    [Fact]
    public void The_result_as_JSON_has_its_parts()
    {
        using JsonDocument json = JsonDocument.Parse(Json(Run(Echo + "expect: [{drops: 0}]")));
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.True(root.GetProperty("passed").GetBoolean());
        Assert.Equal(2, root.GetProperty("connections").GetArrayLength());
        Assert.Equal("SYN-SENT", root.GetProperty("connections")[0].GetProperty("states")[0].GetProperty("to").GetString());
        Assert.Equal(0.01m, root.GetProperty("calls").EnumerateArray().First(c => c.GetProperty("call").GetString()!.StartsWith("connect", StringComparison.Ordinal)).GetProperty("end").GetDecimal());
        Assert.Equal(1, root.GetProperty("counters").GetProperty("client").GetProperty("TcpActiveOpens").GetInt64());
    }

    [Fact]
    public void A_scenario_in_CSharp_runs_like_a_script()
    {
        ScenarioDefinition scenario = new InCSharp().ToDefinition();
        RunResult run = ScenarioRunner.Run(scenario);
        Assert.True(run.Passed, string.Join("\n", run.Verdicts));
        Assert.Equal(2, run.Verdicts.Count);
    }

    [Fact]
    public void An_unknown_profile_is_refused()
    {
        ScenarioDefinition scenario = ScenarioScript.Parse(Echo, "x.yaml");
        ScriptException e = Assert.Throws<ScriptException>(() => ScenarioRunner.Run(scenario, new RunOptions { Profile = "linux62" }));
        Assert.Contains("unknown profile `linux62`; did you mean `linux26`?", e.Message);
    }

    [Fact]
    public void The_builder_refuses_unknown_hosts()
    {
        ScenarioBuilder builder = new ScenarioBuilder("x").Host("client", "10.0.0.1/24");
        ScriptException e = Assert.Throws<ScriptException>(() => builder.Link("client", "sever", new LinkSettings()));
        Assert.Contains("unknown host `sever`", e.Message);
        Assert.Throws<ScriptException>(() => builder.Host("other", "10.0.0.1/24").ToDefinition());
    }

    [Fact]
    public void Ss_prints_as_ss()
    {
        RunResult run = Run("tables: [{host: server, at: 7ms}]\n" + Echo);
        IReadOnlyList<string> lines = SocketTable.Print(run.Table("server", Duration.FromMilliseconds(7))!.Rows, TableForm.Ss);
        Assert.StartsWith("State       Recv-Q  Send-Q", lines[0]);
        Assert.StartsWith("LISTEN      0       5", lines[1]);
        Assert.StartsWith("SYN-RECV    ", lines[2]);
    }

    private static RunResult Run(string text) => ScenarioRunner.Run(ScenarioScript.Parse(text, "x.yaml"));

    private static string Json(RunResult run)
    {
        using var stream = new MemoryStream();
        ResultJson.Write(run, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed class InCSharp : Scenario
    {
        public override string Name => "in-csharp";

        public override void Build(ScenarioBuilder builder)
        {
            var server = new IpEndpoint(IpAddress.Parse("10.0.0.2"), 80);
            builder
                .Host("client", "10.0.0.1/24")
                .Host("server", "10.0.0.2/24")
                .Link("client", "server", new LinkSettings { Delay = Duration.FromMilliseconds(5) })
                .Statements("server", new BindStatement(server) { Socket = "s" }, new ListenStatement(5) { Socket = "s" }, new AcceptStatement("c") { Socket = "s" })
                .Statements("client", new ConnectStatement(server) { Socket = "s", Expect = new CallExpectation { Error = SimStack.Sockets.Errno.OK } })
                .Expect(new DropsExpectation(NumberCondition.Exactly(0)) { Text = "nothing is lost" });
        }
    }
}
