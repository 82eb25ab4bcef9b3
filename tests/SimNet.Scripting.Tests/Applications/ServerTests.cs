using System.Text;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Tests.Applications;

/// <summary>The applications against raw socket calls and each other.</summary>
public class ServerTests
{
    private const string Network = """
        hosts:
          client: {address: 10.0.0.1/24, neighbours: warm}
          server: {address: 10.0.0.2/24, neighbours: warm}
        links: [{between: [client, server], delay: 5ms}]

        """;

    [Theory]
    [InlineData("GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n", "200 OK", "Connection: close", "hello")]
    [InlineData("GET / HTTP/1.0\\r\\n\\r\\n", "200 OK", "Connection: close", "hello")]
    [InlineData("HEAD / HTTP/1.0\\r\\n\\r\\n", "200 OK", "Content-Length: 5", "")]
    [InlineData("GET http://a/ HTTP/1.0\\r\\n\\r\\n", "200 OK", "Content-Length: 5", "hello")]
    [InlineData("GET /?q HTTP/1.0\\r\\n\\r\\n", "200 OK", "Content-Length: 5", "hello")]
    [InlineData("GET /chunked HTTP/1.0\\r\\n\\r\\n", "200 OK", "Content-Type: text/plain", "chunks")] // no chunks for HTTP/1.0
    [InlineData("GET /none HTTP/1.0\\r\\n\\r\\n", "404 Not Found", "Content-Length: 14", "404 Not Found\n")]
    [InlineData("POST / HTTP/1.0\\r\\nContent-Length: 1\\r\\n\\r\\nx", "405 Method Not Allowed", "Allow: GET, HEAD", "405 Method Not Allowed\n")]
    [InlineData("BREW / HTTP/1.0\\r\\n\\r\\n", "501 Not Implemented", "Connection: close", "501 Not Implemented\n")]
    [InlineData("GET / HTTP/2.0\\r\\n\\r\\n", "505 HTTP Version Not Supported", "Connection: close", "505 HTTP Version Not Supported\n")]
    [InlineData("nonsense\\r\\n\\r\\n", "400 Bad Request", "Connection: close", "400 Bad Request\n")]
    [InlineData("GET / HTTP/1.1\\r\\n\\r\\n", "400 Bad Request", "Connection: close", "400 Bad Request\n")]
    [InlineData("GET /moved HTTP/1.0\\r\\n\\r\\n", "301 Moved Permanently", "Location: /", "")]
    [InlineData("GET /empty HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n", "204 No Content", "Connection: close", "")]
    public void The_server_answers(string request, string status, string field, string content)
    {
        string answer = Talk($"- write: \"{request}\"");
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer);
        Assert.Contains($"\r\n{field}\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(content, answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    [Fact]
    public void Chunks_come_as_RFC_9112_7_1_has_them()
    {
        string answer = Talk("- write: \"GET /chunked HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n\"");
        Assert.EndsWith("\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nchun\r\n2\r\nks\r\n0\r\n\r\n", answer);
    }

    [Fact]
    public void Pipelined_requests_are_answered_in_order()
    {
        string answer = Talk("- write: \"GET /none HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nHEAD / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n\"");
        Assert.Equal(["404", "200", "200"], answer.Split("HTTP/1.1 ")[1..].Select(a => a[..3]));
        Assert.Contains("\r\n\r\nhelloHTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_in_single_bytes_is_a_request()
    {
        string bytes = string.Concat("GET / HTTP/1.0\r\n\r\n".Select(c => $"- write: {{hex: {(int)c:x2}}}\n    - sleep: 1ms\n    "));
        Assert.EndsWith("hello", Talk(bytes.TrimEnd()));
    }

    [Fact]
    public void A_content_that_waits_for_100_is_let_come()
    {
        string answer = Talk("- write: \"POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\nExpect: 100-continue\\r\\nConnection: close\\r\\n\\r\\n\"\n    - {read: 100, expect: 25}\n    - write: hello");
        Assert.StartsWith("HTTP/1.1 405", answer);
    }

    [Fact]
    public void An_endless_head_is_refused_and_the_answer_arrives()
    {
        // The client goes on sending: a close without lingering would be an RST that takes the answer along.
        RunResult run = Run(Network + Server + """
              client:
                - connect: server:80
                - write: "GET / HTTP/1.1\r\nX: "
                - repeat: {times: 50, do: [{write: "
            """ + new string('x', 4000) + """
            "}]}
                - {read: until-eof, label: answer, expect: ">100"}
                - close
            expect:
              - counters: {host: server, TcpOutRsts: 0}
            """);
        Assert.StartsWith("HTTP/1.1 431 ", Text(run, "answer"));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Contains(run.Log, l => l.Text.Contains("431", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_is_too_slow_is_told_so()
    {
        RunResult run = Run(Network + """
            applications:
              server: [{http-server: {port: 80, timeout: 1s}}]
              client:
                slow: [{connect: "server:80"}, {write: "GET / HT"}, {read: until-eof, label: slow}, close]
                silent: [{connect: "server:80"}, {read: until-eof, label: silent, expect: {result: 0, at: 1.02s, within: 1ms}}, close]
            """);
        Assert.StartsWith("HTTP/1.1 408 ", Text(run, "slow"));
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void Many_connections_are_served_at_once()
    {
        string clients = string.Concat(Enumerable.Range(0, 20).Select(i => $"    c{i}: [{{http-get: \"http://server/slow\", expect: {{status: 200, text: slow, took: 120ms, within: 1ms}}}}]\n"));
        RunResult run = Run(Network + Server + "  client:\n" + clients);
        Assert.Equal(20, run.Verdicts.Count);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void A_client_keeps_its_connection_and_opens_another_when_it_is_gone()
    {
        RunResult run = Run(Network + Server + """
              client:
                - {http-get: {url: "http://server/", keep-alive: true}, expect: {status: 200, text: hello}}
                - {http-get: {url: "http://server/chunked", keep-alive: true}, expect: {status: 200, text: chunks}}
                - {http-get: {url: "http://server/none", method: HEAD, keep-alive: true}, expect: {status: 404, result: 0}}
                - {http-get: {url: "http://server/close", keep-alive: true}, expect: {status: 200, text: "to the end"}}
                - {http-get: {url: "http://server/", headers: {Connection: close}}, expect: {status: 200, sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824}}
            expect:
              - counters: {host: client, TcpActiveOpens: 2}
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Equal(5, run.Log.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nhi", "the stream ended within a message")]
    [InlineData("HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\n\\r\\nhi", "more than a response came")]
    [InlineData("HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\nhi", "a bad Content-Length")]
    [InlineData("HTTP/1.1 101 Switching\\r\\n\\r\\n", "101 was not asked for")]
    [InlineData("220 smtp\\r\\n", "a bad status line")]
    [InlineData("", "the stream ended before a message")]
    public void The_client_takes_no_broken_response(string response, string problem)
    {
        RunResult run = Run(Network + $$"""
            applications:
              server: [{bind: 80}, {listen: 1}, accept, read, {write: "{{response}}"}, close]
              client: [{http-get: "http://server/", expect: EPROTO, label: get}]
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Equal($"-1 EPROTO ({problem})", run.Calls.First(c => c.Statement.Label == "get").Result);
    }

    [Fact]
    public void Errors_of_the_connection_are_the_clients_results()
    {
        RunResult run = Run(Network + """
            applications:
              server: [{bind: 81}, {listen: 1}, accept, read, {sleep: 1min}, abort]
              client:
                - {http-get: "http://server/", expect: ECONNREFUSED}
                - {http-get: {url: "http://server:81/", timeout: 2s}, expect: {errno: ETIMEDOUT, took: 2.01s, within: 1ms}}
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Equal(2, run.Verdicts.Count);
    }

    [Fact]
    public void Informational_responses_come_before_the_one_that_counts()
    {
        RunResult run = Run(Network + """
            applications:
              server: [{bind: 80}, {listen: 1}, accept, read, {write: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}, read, close]
              client: [{http-get: "http://server/", expect: {status: 200, text: hi}}]
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void Echo_discard_and_source_do_as_their_RFCs_say()
    {
        RunResult run = Run(Network + """
            applications:
              server: [echo, discard, {source: {port: 19, size: 100kB}}, {source: {port: 20, for: 1s}}]
              client:
                echo: [{connect: "server:7"}, {write: {size: 100kB}}, {shutdown: write}, {read: until-eof, expect: 100000, label: echoed}, close]
                echo-too: [{connect: "server:7"}, {write: two}, {read: {exactly: 3}, expect: {text: two}}, close]
                discard: [{connect: "server:9"}, {write: {size: 100kB}}, {shutdown: write}, {read: until-eof, expect: 0}, close]
                source: [{connect: "server:19"}, {read: until-eof, label: sourced, expect: 100000}, close]
                for: [{connect: "server:20"}, {read: {exactly: 1MB}}, {read: until-eof, expect: {at: 1s, within: 500ms}}, close]
            """, "links.0.rate=100Mbit");
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Equal(run.Calls.First(c => c.Statement.Label == "sourced").Sha256, run.Calls.First(c => c.Statement.Label == "echoed").Sha256);
        Assert.Contains(run.Log, l => l.Application == "discard" && l.Text.EndsWith(" 100000 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_client_that_does_not_read_its_echo_is_waited_for()
    {
        RunResult run = Run(Network + """
            applications:
              server: [echo]
              client: [{setsockopt: {SO_RCVBUF: 4096}}, {connect: "server:7"}, {write: {size: 20MiB}, nonblocking: true}, {sleep: 10s}, abort]
            """);
        Assert.Contains(run.Log, l => l.Text.Contains("ECONNRESET", StringComparison.Ordinal));
    }

    [Fact]
    public void Servers_have_their_own_sockets_and_can_be_closed()
    {
        RunResult run = Run(Network + """
            applications:
              server:
                - setsockopt: {SO_RCVBUF: 8192}
                - {echo: 7, expect: 0}
                - {echo: 7, expect: EADDRINUSE}
                - {http-server: {port: 80, socket: web}, expect: 0}
                - at: 1s
                - close: web
              client:
                - {http-get: "http://server/", expect: {status: 200, text: "Hello, world!\n"}}
                - at: 2s
                - {http-get: "http://server/", expect: ECONNREFUSED}
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
    }

    [Fact]
    public void Names_are_resolved_by_the_family_that_the_host_has()
    {
        RunResult run = Run("""
            hosts:
              four: 10.0.0.1/24
              six: 2001:db8::1/64
              server: {interfaces: {eth0: {addresses: [10.0.0.2/24]}, eth1: {addresses: ["2001:db8::2/64"]}}}
            names: {www.example.org: [10.0.0.2, "2001:db8::2"], alias: server, six-only: server.eth1}
            links: [{between: [four, server.eth0]}, {between: [six, server.eth1]}]
            applications:
              server: [{http-server: 80}, {http-server: "[2001:db8::2]:80"}]
              four: [{http-get: "http://www.example.org/", expect: {status: 200}}, {http-get: "http://ALIAS/", expect: {status: 200}}, {connect: "six-only:80", expect: ENETUNREACH}]
              six: [{http-get: "http://www.example.org/", expect: {status: 200}}, {http-get: "http://alias:80/x", expect: {status: 404}}, {http-get: "http://[2001:db8::2]/", expect: {status: 200}}]
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        Assert.Equal(6, run.Verdicts.Count);
    }

    [Fact]
    public void A_gateway_can_be_a_name()
    {
        Assert.Single(ScenarioScript.Parse("hosts: {a: {address: 10.0.0.1/24, gateway: gw}, b: 10.0.0.2/24}\nnames: {gw: [192.0.2.1, 10.0.0.2]}\nlinks: [{between: [a, b]}]", "x.yaml")
            .Host("a").Routes, r => r.Via.ToString() == "10.0.0.2");
    }

    private const string Server = """
        applications:
          server:
            - http-server:
                port: 80
                resources:
                  /: {text: hello, headers: {Content-Language: en}}
                  /chunked: {text: chunks, framing: chunked, chunk: 4}
                  /close: {text: to the end, framing: close}
                  /moved: {status: 301, headers: {Location: /}}
                  /empty: {status: 204}
                  /slow: {text: slow, think: 100ms}

        """;

    private static string Talk(string steps)
    {
        RunResult run = Run(Network + Server + $"""
              client:
                - connect: server:80
                {steps}
                - read: until-eof
                  label: answer
                - close
            """);
        Assert.All(run.Verdicts, v => Assert.True(v.Passed, v.ToString()));
        return Text(run, "answer");
    }

    private static string Text(RunResult run, string label) => Encoding.Latin1.GetString(run.Calls.First(c => c.Statement.Label == label).Data!);

    private static RunResult Run(string text, params string[] settings) => ScenarioRunner.Run(ScenarioScript.Parse(text, "x.yaml", settings));
}
