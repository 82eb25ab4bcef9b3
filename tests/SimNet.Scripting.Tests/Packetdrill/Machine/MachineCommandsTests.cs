using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Machine;

/// <summary>What commands do to the machine, seen from a script.</summary>
public class MachineCommandsTests
{
    private const string Connect = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
        +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)

        """;

    [Theory]
    [InlineData("ip route change 192.0.2.1 via 192.168.0.2 dev tun0 mtu 1000", "> S 0:0(0) <mss 960,sackOK,TS val 1 ecr 0,nop,wscale 10>", null)]
    [InlineData("ip route change 192.0.2.1 via 192.168.0.9 dev tun0 advmss 700", "> S 0:0(0) <mss 700,sackOK,TS val 1 ecr 0,nop,wscale 10>", null)]
    [InlineData("ip route change 192.0.2.2 via 192.168.0.2 dev tun0 mtu 1000", "> S 0:0(0) <...>", "No such file")]
    [InlineData("ip route add 192.0.2.1 via 192.168.0.2 dev tun0 mtu 1000", "> S 0:0(0) <...>", "File exists")]
    [InlineData("ip route replace 192.0.2.0/24 via 192.168.0.2 dev tun0 mtu 1000", "> S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10>", null)]
    [InlineData("ip route change 192.0.2.1 via 192.168.0.2 dev tun0 rto_min 5ms", "> S 0:0(0) <...>", "ip route rto_min is not supported yet")]
    [InlineData("ip route change 192.0.2.1 via 192.168.0.2 dev tun0 advmss lock 700", "> S 0:0(0) <...>", "ip route advmss lock is not supported yet")]
    [InlineData("ip link set dev tun0 mtu 900", "> S 0:0(0) <mss 860,sackOK,TS val 1 ecr 0,nop,wscale 10>", null)]
    [InlineData("sysctl -q net.ipv4.tcp_sack=0", "> S 0:0(0) <mss 1460,nop,nop,TS val 1 ecr 0,nop,wscale 10>", null)]
    [InlineData("tc qdisc add dev tun0 root pfifo limit 5", "> S 0:0(0) <...>", null)]
    [InlineData("tc qdisc add dev tun0 root pfifo limit 0", "> S 0:0(0) <...>", "got nothing")]
    [InlineData("tc qdisc add dev tun0 root pfifo limit 0; tc qdisc del dev tun0 root", "> S 0:0(0) <...>", null)]
    [InlineData("tc qdisc add dev tun0 root fq", "> S 0:0(0) <...>", null)]
    [InlineData("tc qdisc add dev tun0 root fq quantum 2mbit", "> S 0:0(0) <...>", "Illegal \"quantum\"")]
    [InlineData("tc qdisc add dev tun0 root fq flow_limit 5 maxrate 1mbit horizon 2s nopacing weights 100000 100000 100000", "> S 0:0(0) <...>", null)]
    [InlineData("tc qdisc add dev tun0 root fq_codel", "> S 0:0(0) <...>", "tc qdisc fq_codel is not supported yet")]
    [InlineData("tc qdisc del dev tun0 root", "> S 0:0(0) <...>", "handle of zero")]
    public void A_command_is_seen_in_the_next_syn(string command, string line, string? failure)
    {
        PacketdrillFailure? found = PacketdrillRunner.Run($"`{command}`\n{Connect}+0 {line}\n", "c.pkt").Failure;
        if (failure is null)
        {
            Assert.Null(found?.ToString());
        }
        else
        {
            Assert.Contains(failure, found?.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("mtu lock 1000", false, 960)]
    [InlineData("mtu 1000", true, 560)]
    public void A_locked_mtu_goes_without_df_and_hears_no_router(string mtu, bool dontFragment, int segment)
    {
        string script = $"`ip route change 192.0.2.1 via 192.168.0.2 dev tun0 {mtu}`\n{Connect}" + $"""
            +0 > S 0:0(0) <...>
            +.1 < S. 0:0(0) ack 1 win 60000 <mss 1460>
            +0 > . 1:1(0) ack 1
            +0 `ethtool -K tun0 gso off tso off`
            +0 write(3, ..., 900) = 900
            +0 > P. 1:901(900) ack 1
            +.1 < icmp unreachable frag_needed mtu 600 [1:901(900)]
            +.1 < . 1:1(0) ack 901 win 60000
            +0 write(3, ..., {2 * segment}) = {2 * segment}
            +0 > . 901:{901 + segment}({segment}) ack 1
            """;
        // A router's word about the first segment has it sent again in shorter ones.
        script = dontFragment ? script.Replace("+.1 < . 1:1(0) ack 901", "+0 > . 1:561(560) ack 1\n+0 > P. 561:901(340) ack 1\n+.1 < . 1:1(0) ack 901", StringComparison.Ordinal) : script;
        PacketdrillResult result = PacketdrillRunner.Run(script, "lock.pkt");
        Assert.Null(result.Failure?.ToString());
        Assert.All(result.Packets.Where(p => p.Outbound), p => Assert.Equal(dontFragment, (p.Bytes.Span[6] & 0x40) != 0));
    }

    [Theory]
    [InlineData("advmss 700", "S. 0:0(0) ack 1 <mss 700,nop,wscale 10>", 10)]
    [InlineData("initcwnd 3", "S. 0:0(0) ack 1 <mss 1460,nop,wscale 10>", 3)]
    [InlineData("initcwnd 12", "S. 0:0(0) ack 1 <mss 1460,nop,wscale 10>", 12)]
    [InlineData("initrwnd 4", "S. 0:0(0) ack 1 win 5840 <mss 1460,nop,wscale 10>", 10)]
    public void A_route_s_metrics_are_those_of_a_passive_connection(string metric, string synAck, int window)
    {
        Assert.Null(PacketdrillRunner.Run($$"""
            `ip route change 192.0.2.1 via 192.168.0.2 dev tun0 {{metric}}`
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 bind(3, ..., ...) = 0
            +0 listen(3, 5) = 0
            +0 < S 0:0(0) win 60000 <mss 1000,nop,wscale 7>
            +0 > {{synAck}}
            +.1 < . 1:1(0) ack 1 win 1000
            +0 accept(3, ..., ...) = 4
            +0 write(4, ..., 20000) = 20000
            +0 %{ assert tcpi_snd_cwnd == {{window}} }%
            +0 %{ assert tcpi_unacked == {{window}} }%
            """, "m.pkt").Failure?.ToString());
    }

    [Fact]
    public void A_sleep_lets_the_machine_go_on()
    {
        Assert.Null(PacketdrillRunner.Run(Connect + "+0 > S 0:0(0) <...>\n+0 `sleep 2`\n0.999~1.001 > S 0:0(0) <...>\n2 close(3) = 0", "s.pkt").Failure?.ToString());
    }
}
