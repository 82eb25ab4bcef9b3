using SimNet.Scripting.Ladder;
using SimNet.Scripting.Running;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Running;

/// <summary>Ladders of three and four hosts: a column each, and one arrow for what routers only pass on.</summary>
public class LadderColumnsTests
{
    private const string Through = """
        hosts:
          client: {address: 10.0.1.1/24, gateway: r1, neighbours: warm}
          server: {address: 10.0.2.1/24, gateway: r1, neighbours: warm}
        routers:
          r1: {interfaces: {eth0: {addresses: [10.0.1.254/24]}, eth1: 10.0.2.254/24}}
        links:
          - {between: [client, r1.eth0], delay: 2ms}
          - {between: [r1.eth1, server], delay: 5ms}
        faults:
          - {on: r1.eth1->server, match: {payload: true, nth: 1}, do: drop}
        applications:
          server: [{bind: 80}, {listen: 2}, {accept: c}, {read: {bytes: 5, socket: c}}, {close: c}]
          client: [{connect: "server:80"}, {write: hello}, {read: until-eof}, close, {connect: "10.0.3.1:80", expect: ENETUNREACH}]

        """;

    [Fact]
    public void A_forwarded_packet_is_one_arrow_unless_something_happened_to_it()
    {
        IReadOnlyList<string> lines = Draw(Through);
        string head = "      time  client                                              r1                                                server";
        Assert.Equal(head, lines[0]);
        Assert.Matches(@"^  0\.000000  │── :\d+ SYN seq 0 win 64240 mss 1460 sackOK TS ws 10 ─+▶│$", lines[1]);
        Assert.Equal("            │ SYN-SENT                                           │                                        SYN-RECEIVED │", lines[2]);
        string[] hello = [.. lines.Where(l => l.Contains(" len 5", StringComparison.Ordinal))];
        Assert.Matches(@"^  0\.028000  │── :\d+ PSH,ACK seq 1 ack 1 len 5 ─+▶│ +│$", hello[0]);
        Assert.Matches(@"^  0\.030000  │ +│── :\d+ PSH,ACK seq 1 ack 1 len 5 ─+✗ fault rule│$", hello[1]);
        Assert.Matches(@"^  0\.\d{6}  │── :\d+ PSH,ACK seq 1 ack 1 len 5 again ─+┼─+▶│$", hello[2]);
        Assert.Equal(3, hello.Length);
        Assert.Contains(lines, l => l.Contains(" ICMP network unreachable ──│", StringComparison.Ordinal));
    }

    [Fact]
    public void Four_hosts_stand_in_the_order_of_their_links()
    {
        const string Four = """
            hosts:
              server: {address: 10.0.2.1/24, gateway: r2, neighbours: warm}
              client: {address: 10.0.1.1/24, gateway: r1, neighbours: warm}
            routers:
              r2: {interfaces: {eth0: 10.0.12.2/24, eth1: 10.0.2.254/24}, gateway: r1}
              r1: {interfaces: {eth0: 10.0.1.254/24, eth1: 10.0.12.1/24}, routes: [{to: 10.0.2.0/24, via: r2}]}
            links:
              - {between: [r1.eth1, r2.eth0], delay: 5ms}
              - {between: [client, r1.eth0]}
              - {between: [r2.eth1, server]}
            applications:
              server: [{bind: 80}, {listen: 2}, {accept: c}, {close: c}]
              client: [{connect: "server:80"}, {read: until-eof}, close]

            """;
        IReadOnlyList<string> lines = Draw(Four);
        Assert.Equal(["time", "server", "r2", "r1", "client"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(lines, l => l.Contains("◀─", StringComparison.Ordinal) && l.EndsWith("SYN seq 0 win 64240 mss 1460 sackOK TS ws 10 ──│", StringComparison.Ordinal));
        Assert.All(lines, l => Assert.InRange(l.Length, 1, 120));
        foreach (int width in (int[])[80, 100])
        {
            IReadOnlyList<string> narrow = Draw(Four, new LadderOptions { Width = width, Ascii = true, Rows = 5 });
            Assert.All(narrow, l => Assert.True(l.Length <= width && l.All(char.IsAscii), l));
            Assert.Contains(narrow, l => l.Contains("not shown", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Five_hosts_are_drawn_pair_by_pair()
    {
        IReadOnlyList<string> lines = Draw("""
            hosts: {a: 10.0.0.1/24, b: 10.0.0.2/24, c: 10.0.1.1/24, d: 10.0.1.2/24, e: {interfaces: {eth0: 10.0.2.1/24, eth1: 10.0.3.1/24}}, f: 10.0.2.2/24}
            links: [{between: [a, b]}, {between: [c, d]}, {between: [e.eth0, f]}]
            applications: {a: [{connect: "b:1"}], c: [{connect: "d:1"}], e: [{connect: "f:1"}]}
            """);
        Assert.Equal(3, lines.Count(l => l.Contains("      time  ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_request_of_ARP_goes_to_whom_it_asks()
    {
        IReadOnlyList<string> lines = Draw("""
            hosts: {a: 10.0.0.1/24, b: 10.0.0.2/24, c: 10.0.0.3/24, d: 10.0.0.4/24, e: 10.0.0.5/24}
            switches: [sw]
            links: [{between: [a, sw]}, {between: [b, sw]}, {between: [c, sw]}, {between: [d, sw]}, {between: [e, sw]}]
            applications: {c: [{ping: {to: e, count: 1}}]}
            """);
        Assert.Matches("^      time  c +e$", lines[0]);
        Assert.Contains("── ARP who-has 10.0.0.5 tell 10.0.0.3 ─", lines[1], StringComparison.Ordinal);
        Assert.Single(lines, l => l.Contains("      time  ", StringComparison.Ordinal));
    }

    [Fact]
    public void What_an_ICMP_error_ends_stands_beside_it()
    {
        List<string> lines = [.. Draw("""
            hosts: {client: {address: 10.0.0.1/24, gateway: r, neighbours: warm}, server: {address: 10.0.1.1/24, gateway: r}}
            routers: {r: {interfaces: {eth0: 10.0.0.254/24, eth1: 10.0.1.254/24}}}
            links: [{between: [client, r.eth0], delay: 1ms}, {between: [r.eth1, server]}]
            applications: {client: [{connect: "10.0.9.1:80"}]}
            """)];
        int at = lines.FindIndex(l => l.Contains("ICMP network unreachable", StringComparison.Ordinal));
        Assert.Matches(@"^  \d\.\d{6}  CLOSED +◀─", lines[at]);
        Assert.Equal(["connect:", "ENETUNREACH"], lines.Skip(at + 1).Take(2).Select(l => l.Trim()));
    }

    [Fact]
    public void A_fragment_is_no_error_and_a_quoted_one_has_no_ports()
    {
        byte[] later = [0x45, 0, 0, 40, 0, 0, 0, 0xB5, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, .. new byte[8]];
        Assert.Equal("ICMP time exceeded about UDP fragment offset 1448", PacketText.Of(IpProtocol.Icmp, [11, 0, 0, 0, 0, 0, 0, 0, .. later]));

        // The reply that a router did not pass on is the one thing worth showing among the fragments.
        IReadOnlyList<string> lines = Draw(
            """
            hosts: {client: {address: 10.0.0.1/24, gateway: r, neighbours: warm}, server: {address: 10.0.1.1/24, gateway: r, neighbours: warm}}
            routers: {r: {interfaces: {eth0: 10.0.0.254/24, eth1: 10.0.1.254/24}}}
            links: [{between: [client, r.eth0]}, {between: [r.eth1, server]}]
            applications:
              client:
                - {ping: {to: server, count: 10, interval: 1ms, size: 3000}}
                - {ping: {to: server, count: 1, ttl: 1}}
                - {ping: {to: server, count: 10, interval: 1ms}}
            """, new LadderOptions { Rows = 8 });
        Assert.Contains(lines, l => l.Contains("ICMP time exceeded", StringComparison.Ordinal));
    }

    [Fact]
    public void Datagrams_echoes_and_errors_are_told_by_what_they_are()
    {
        byte[] udp = [0, 53, 0x0F, 0xA0, 0, 20, 0, 0, .. new byte[12]];
        Assert.Equal("UDP 53 -> 4000 len 12", PacketText.Of(IpProtocol.Udp, udp));
        Assert.Equal("ICMP echo request id 7 seq 2 len 4", PacketText.Of(IpProtocol.Icmp, [8, 0, 0, 0, 0, 7, 0, 2, 1, 2, 3, 4]));
        Assert.Equal("ICMP echo reply id 7 seq 2 len 0", PacketText.Of(IpProtocol.IcmpV6, [129, 0, 0, 0, 0, 7, 0, 2]));
        byte[] quoted = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, .. udp[..8]];
        Assert.Equal("ICMP port unreachable about UDP 53 -> 4000", PacketText.Of(IpProtocol.Icmp, [3, 3, 0, 0, 0, 0, 0, 0, .. quoted]));
        Assert.Equal("ICMP fragmentation needed mtu 1400 about UDP 53 -> 4000", PacketText.Of(IpProtocol.Icmp, [3, 4, 0, 0, 0, 0, 5, 0x78, .. quoted]));
        Assert.Equal("ICMP time exceeded", PacketText.Of(IpProtocol.Icmp, [11, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal("ICMP packet too big mtu 1280", PacketText.Of(IpProtocol.IcmpV6, [2, 0, 0, 0, 0, 0, 5, 0]));
        Assert.Equal("UDP fragment id 7 offset 1480 len 520 last", PacketText.Fragment(IpProtocol.Udp, 7, 1480, 520, more: false));
    }

    [Theory]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Icmp)]
    [InlineData(IpProtocol.IcmpV6)]
    public void Whatever_arrives_has_a_text(IpProtocol protocol)
    {
        for (int length = 0; length < 64; length++)
        {
            for (int type = 0; type < 256; type++)
            {
                byte[] bytes = new byte[length];
                Array.Fill(bytes, (byte)type);
                Assert.NotEmpty(PacketText.Of(protocol, bytes));
            }
        }
    }

    private static IReadOnlyList<string> Draw(string script, LadderOptions? options = null) =>
        LadderWriter.Write(ScenarioRunner.Run(ScenarioScript.Parse(script, "x.yaml")), options);
}
