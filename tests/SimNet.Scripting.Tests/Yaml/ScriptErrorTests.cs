using SimNet.Scripting.Model;

namespace SimNet.Scripting.Tests.Yaml;

public class ScriptErrorTests
{
    private const string Good = """
        hosts:
          client: 10.0.0.1/24
          server: {address: 10.0.0.2/24}
        links:
          - between: [client, server]
            delay: 5ms
        applications:
          server: [{bind: 80}, {listen: 5}, accept, read, close]
          client:
            - connect: server:80
            - write: hello
            - close

        """;

    [Fact]
    public void The_good_script_is_good()
    {
        Assert.True(ScenarioScript.TryParse(Good, "a/good.yaml", out ScenarioDefinition? scenario, out IReadOnlyList<ScriptError> errors));
        Assert.Empty(errors);
        Assert.Equal("good", scenario.Name);
        Assert.Equal(2, scenario.Hosts.Count);
        Assert.Equal("server.eth0", scenario.Capture.ToString());
    }

    [Theory]
    [InlineData("server: {address: 10.0.0.2/24}", "server: 10.0.0.2")]
    [InlineData("bind: 80", "bind: 70000")]
    public void One_mistake_is_told_once(string good, string bad)
    {
        Assert.Contains(good, Good);
        Assert.False(ScenarioScript.TryParse(Good.Replace(good, bad, StringComparison.Ordinal), "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Single(errors);
    }

    [Theory]
    [InlineData("client: 10.0.0.1/24", "client: 10.0.0.1", "3:11", "has no prefix length; write `10.0.0.1/24`")]
    [InlineData("client: 10.0.0.1/24", "client: 10.0.0.2/24", "4:21", "duplicate address `10.0.0.2`")]
    [InlineData("client: 10.0.0.1/24", "server: 10.0.0.1/24", "4:3", "duplicate key `server`; it is in line 3 already")]
    [InlineData("{address: 10.0.0.2/24}", "{adress: 10.0.0.2/24}", "4:12", "unknown key `adress` in host; did you mean `address`?")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/33}", "4:21", "prefix length `33` is not a number from 0 to 32")]
    [InlineData("client: 10.0.0.1/24", "client: 224.0.0.1/24", "3:11", "host `client`: `224.0.0.1` is a multicast address; give it an address of its own")]
    [InlineData("client: 10.0.0.1/24", "client: 10.0.0.255/24", "3:11", "`10.0.0.255` is the broadcast address of its network with prefix length 24")]
    [InlineData("client: 10.0.0.1/24", "client: 10.0.0.0/24", "3:11", "`10.0.0.0` is the network's own address with prefix length 24")]
    [InlineData("client: 10.0.0.1/24", "client: 0.0.0.0/0", "3:11", "`0.0.0.0` means no address")]
    [InlineData("client: 10.0.0.1/24", "client: 'ff02::1/64'", "3:11", "`ff02::1` is a multicast address; give it an address of its own, like `2001:db8::1/64`")]
    [InlineData("{address: 10.0.0.2/24}", "{interfaces: {eth0: 127.0.0.1/8}}", "4:31", "interface `eth0`: `127.0.0.1` is a loopback address")]
    [InlineData("{address: 10.0.0.2/24}", "{profile: linux}", "4:3", "host `server` has no address")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, profile: linxu}", "4:43", "unknown profile `linxu`; did you mean `linux`?")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, mac: 01:00:00:00:00:01}", "4:39", "no address of one interface")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, busy: [2ms..1ms]}", "4:41", "busy: found `2ms..1ms` where a time like `10.2ms..10.9ms` is right")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, busy: [1ms..3ms, 2ms..4ms]}", "4:51", "busy: `2ms..4ms` begins before the one in front of it ends")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, slow-calls: [2ms..1ms]}", "4:47", "slow-calls: found `2ms..1ms` where a time like `10.2ms..10.9ms` is right")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, mtu: 20}", "4:39", "a whole number from 68 to 65535")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, gateway: 10.0.1.1}", "4:43", "next hop `10.0.1.1` is in no network of this host")]
    [InlineData("{address: 10.0.0.2/24}", "{address: 10.0.0.2/24, sysctls: {tcp_syn_retries: 3}}", "4:44",
        "unknown sysctl `tcp_syn_retries`; did you mean `net.ipv4.tcp_syn_retries`?")]
    [InlineData("hosts:", "capture: clien\nexpect:\n  - segments:\n      - {from: client}\nhosts:", "2:10", "unknown host `clien`; did you mean `client`?")]
    [InlineData("[client, server]", "[clinet, server]", "6:15", "unknown host `clinet`; did you mean `client`?")]
    [InlineData("[client, server]", "[client]", "6:14", "a link has two ends")]
    [InlineData("[client, server]", "[client, client]", "6:23", "both ends are `client.eth0`; a link joins two interfaces")]
    [InlineData("delay: 5ms", "rate: 0bit", "7:11", "rate: found `0bit` where a rate like `10Mbit`")]
    [InlineData("links:\n  - between: [client, server]\n    delay: 5ms\n", "", "3:3", "links: nothing joins the 2 hosts; write `links: [{between: [client, server]}]`")]
    [InlineData("delay: 5ms", "delay: 5", "7:12", "delay: `5` has no unit; right is a duration like `5ms`")]
    [InlineData("delay: 5ms", "delay: 5Mbit", "7:12", "delay: `5Mbit` has the unit `Mbit`; right is a duration")]
    [InlineData("delay: 5ms", "rate: 5ms", "7:11", "rate: `5ms` has the unit `ms`; right is a rate like `10Mbit`")]
    [InlineData("delay: 5ms", "loss: 120%", "7:11", "loss: found `120%` where a probability from `0` to `100%`")]
    [InlineData("delay: 5ms", "client->sever: {loss: 1%}", "7:5", "unknown host `sever`; did you mean `server`?")]
    [InlineData("delay: 5ms", "changes: [{delay: 5ms}]", "7:15", "required key `at` is missing")]
    [InlineData("- connect: server:80", "- conect: server:80", "11:7", "unknown call or key `conect` in statement; did you mean `connect`?")]
    [InlineData("- connect: server:80", "- connect: sever:80", "11:16", "unknown host `sever`; did you mean `server`?")]
    [InlineData("- connect: server:80", "- connect: server", "11:16", "`HOST:PORT` or `ADDRESS:PORT`")]
    [InlineData("- connect: server:80", "- connect", "11:7", "`connect` needs a value; write `connect: …`")]
    [InlineData("- connect: server:80", "- {connect: 'server:80', expect: ECONREFUSED}", "11:38", "unknown errno `ECONREFUSED`; did you mean `ECONNREFUSED`?")]
    [InlineData("- write: hello", "- {write: {socket: d, text: hello}}", "12:15", "unknown socket `d` on `client`")]
    [InlineData("- write: hello", "- {write: hello, read: 5}", "12:22", "`write` and `read` cannot stand together")]
    [InlineData("- write: hello", "- wait-for: it", "12:17", "no program signals `it`")]
    [InlineData("- write: hello", "- setsockopt: {TCP_NODELY: 1}", "12:20", "unknown socket option `TCP_NODELY`; did you mean `TCP_NODELAY`?")]
    [InlineData("- write: hello", "- setsockopt: {TCP_CONGESTON: reno}", "12:20", "unknown socket option `TCP_CONGESTON`; did you mean `TCP_CONGESTION`?")]
    [InlineData("- write: hello", "- setsockopt: {TCP_CONGESTION: [reno]}", "12:36", "the name of a congestion control like `reno`")]
    [InlineData("- write: hello", "- setsockopt: {TCP_MAXSEG: reno}", "12:32", "TCP_MAXSEG: found `reno`")]
    [InlineData("- connect: server:80", "- http-get: http://servr/", "11:17", "unknown host `servr`; did you mean `server`?")]
    [InlineData("- connect: server:80", "- http-get: https://server/", "11:17", "a URL like `http://server/index.html` is right; there is no TLS here")]
    [InlineData("- connect: server:80", "- http-get: http://server:http/", "11:17", "`HOST:PORT` or `ADDRESS:PORT`")]
    [InlineData("- connect: server:80", "- http-get: {url: 'http://server/', methd: HEAD}", "11:41", "unknown key `methd` in http-get-arguments; did you mean `method`?")]
    [InlineData("- connect: server:80", "- http-server: {port: 80, resources: {index: x}}", "11:43", "resources: found `index` where a path that begins with `/`")]
    [InlineData("- connect: server:80", "- http-server: {port: 80, resources: {/: {headers: {'a b': x}}}}", "11:57", "headers: found `a b` where a field name like")]
    [InlineData("- connect: server:80", "- ping: servr", "11:13", "unknown host `servr`; did you mean `server`?")]
    [InlineData("- connect: server:80", "- ping: {to: server, size: 1MB}", "11:32", "size: must be at most 65507")]
    [InlineData("- connect: server:80", "- sendto: {to: server:80}", "11:15", "sendto: one of `text`, `hex` and `size` is missing")]
    [InlineData("- connect: server:80", "- echo: {port: 80, size: 5}", "11:24", "unknown key `size` in echo-arguments")]
    [InlineData("- connect: server:80", "- {socket: {name: x, family: ipv6}}\n    - {connect: 'server:80', socket: x}", "12:17", "`server` has no IPv6 address")]
    [InlineData("seed: 1", "names: {example.org: sever}", "1:22", "unknown host `sever`; did you mean `server`?")]
    [InlineData("seed: 1", "names: {server: 10.0.0.9}", "1:9", "names: `server` is a host, whose name is known already")]
    [InlineData("seed: 1", "names: {'-x y': 10.0.0.9}", "1:9", "names: found `-x y` where a name like `example.org`")]
    [InlineData("seed: 1", "bridges: [server]", "1:11", "duplicate name `server`: a host, a switch or another bridge has it already")]
    [InlineData("seed: 1", "bridges: [out, out]", "1:16", "duplicate name `out`")]
    [InlineData("seed: 1", "bridges: [out.side]", "1:11", "bridges: found `out.side` where a name of letters, digits, `-` and `_`")]
    [InlineData("seed: 1", "bridges: outside", "1:10", "bridges: ")]
    [InlineData("seed: 1", "bridges: {out: {devise: tap0}}", "1:17", "unknown key `devise` in bridge; did you mean `device`?")]
    [InlineData("[client, server]", "[client, outside]", "6:23", "unknown host `outside`")]
    [InlineData("seed: 1", "bridges: [out]\ncapture: ot", "2:10", "did you mean `out`?")]
    [InlineData("  client:\n", "  clint:\n", "10:3", "unknown host `clint`; did you mean `client`?")]
    public void Each_mistake_has_its_place_and_its_remedy(string good, string bad, string place, string message)
    {
        string text = "seed: 1\n" + Good;
        Assert.Contains(good, text);
        string error = First(text.Replace(good, bad, StringComparison.Ordinal));
        Assert.StartsWith($"x.yaml:{place}: ", error);
        Assert.Contains(message, error);
    }

    [Theory]
    [InlineData("", "x.yaml:1:1: the file is empty")]
    [InlineData("hosts: [", "x.yaml:2:1: this is not well-formed YAML: a value is missing")]
    [InlineData("hosts:\n\tclient: 10.0.0.1/24", "x.yaml:2:1: this is not well-formed YAML: a tab")]
    [InlineData("title: a: b", "x.yaml:1:9: this is not well-formed YAML: a second `: `")]
    [InlineData("[1, 2]", "x.yaml:1:1: scenario: found a list where a mapping is right")]
    [InlineData("title: nothing", "x.yaml:1:1: scenario: required key `hosts` is missing")]
    [InlineData("hosts: {}", "x.yaml:1:8: hosts: there must be at least one host")]
    [InlineData("hosts: *h", "x.yaml:1:8: alias `*h` has no anchor `&h` before it")]
    public void Broken_files_say_where(string text, string start) => Assert.StartsWith(start, First(text));

    [Fact]
    public void Several_mistakes_come_in_the_order_of_the_file()
    {
        string text = Good.Replace("5ms", "5mm", StringComparison.Ordinal).Replace("server:80", "sever:80", StringComparison.Ordinal);
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Equal([6, 10], errors.Select(e => e.Line));
    }

    [Theory]
    [InlineData("links[0].delay=10ms", null)]
    [InlineData("seed=7", null)]
    [InlineData("hosts.client.sysctls.net.ipv4.tcp_syn_retries=3", null)]
    [InlineData("hosts.server.sysctls={net.ipv4.tcp_syn_retries: 3}", null)]
    [InlineData("links[3].delay=10ms", "there is no item [3] here; the list has 1 item,")]
    [InlineData("host.client=10.0.0.9/24", "there is no `host` here; did you mean `hosts`?")]
    [InlineData("links[0].delay=10", "--set links[0].delay=10: delay: `10` has no unit")]
    [InlineData("delay", "a setting has the form path=value")]
    public void Settings_change_the_script_or_say_why_not(string setting, string? error)
    {
        bool ok = ScenarioScript.TryParse(Good, "x.yaml", out ScenarioDefinition? scenario, out IReadOnlyList<ScriptError> errors, [setting]);
        Assert.Equal(error is null, ok);
        if (error is null)
        {
            Assert.NotNull(scenario);
        }
        else
        {
            Assert.Contains(error, errors[0].ToString());
        }
    }

    [Fact]
    public void A_thousand_damaged_scripts_give_errors_and_no_exception()
    {
        ulong state = 42;
        for (int i = 0; i < 1000; i++)
        {
            char[] text = Good.ToCharArray();
            for (int j = 0; j < 3; j++)
            {
                state = state * 6364136223846793005 + 1442695040888963407;
                text[(int)(state >> 33) % text.Length] = "{}[]:,-&*!|>'\"%@#? \n\tx9"[(int)(state >> 20 & 0xFFFF) % 23];
            }

            bool ok = ScenarioScript.TryParse(new string(text), "x.yaml", out _, out IReadOnlyList<ScriptError> errors);
            Assert.Equal(ok, errors.Count == 0);
            Assert.All(errors, e => Assert.DoesNotContain('\n', e.ToString()));
            Assert.All(errors, e => Assert.True(e.Line > 0, e.ToString()));
        }
    }

    private static string First(string text)
    {
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        return errors[0].ToString();
    }
}
