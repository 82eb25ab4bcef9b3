using SimNet.Capture;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

public class PacketdrillRunnerTests
{
    private const string Passive = """
        --tolerance_percent=0
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 bind(3, ..., ...) = 0
        +0 listen(3, 5) = 0

        +0 < S 700:700(0) win 30000 <mss 1000,nop,wscale 5>
        +0 > S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>
        +1 > S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>
        +.05 < . 1:1(0) ack 1 win 300
        +0 accept(3, ..., ...) = 4

        +0 write(4, ..., 800) = 800
        +0 > P. 1:801(800) ack 1
        +.05 < P. 1:201(200) ack 801 win 300
        +0 > . 801:801(0) ack 201
        +0 read(4, ..., 500) = 200
        +0 close(4) = 0
        +0 > F. 801:801(0) ack 201
        +.05 < F. 201:201(0) ack 802 win 300
        +0 > . 802:802(0) ack 202

        """;

    private const string Active = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0...0.050 connect(3, ..., ...) = 0
        +0 > S 0:0(0) <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 10>
        +.05 < S. 0:0(0) ack 1 win 60000 <mss 1000,sackOK,TS val 50 ecr 1000,nop,wscale 5>
        +0 > . 1:1(0) ack 1 <nop,nop,TS val 1050 ecr 50>
        +.01 < P. 101:201(100) ack 1 win 1000 <nop,nop,TS val 60 ecr 1050>
        +0 > . 1:1(0) ack 1 <nop,nop,TS val 1060 ecr 50,nop,nop,sack 101:201>
        +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
        +0 read(3, ..., 100) = -1 EAGAIN (Resource temporarily unavailable)

        """;

    /// <summary>
    /// A SYN-ACK goes again after a second. By HZ=100 it may be a tick late, so a script may have it that late, and its tolerance later; never
    /// before it is due.
    /// </summary>
    [Theory]
    [InlineData(990, false)]
    [InlineData(997, true)]
    [InlineData(1003, true)]
    [InlineData(1013, true)]
    [InlineData(1015, false)]
    public void A_timer_may_be_a_tick_late(int milliseconds, bool passes)
    {
        string script = Passive.Replace("+1 >", $"+{milliseconds / 1000}.{milliseconds % 1000:000} >", StringComparison.Ordinal);
        Assert.Equal(passes, PacketdrillRunner.Run(script, "late.pkt", new PacketdrillOptions()).Passed);
    }

    [Theory]
    [InlineData(PacketdrillIpVersion.Ipv4)]
    [InlineData(PacketdrillIpVersion.Ipv4MappedIpv6)]
    [InlineData(PacketdrillIpVersion.Ipv6)]
    public void Both_scripts_pass_with_every_ip_version(PacketdrillIpVersion version)
    {
        foreach (string script in (string[])[Passive, Active])
        {
            PacketdrillResult result = PacketdrillRunner.Run(script, "good.pkt", new PacketdrillOptions { IpVersion = version });
            Assert.Null(result.Failure?.ToString());
            Assert.True(result.Passed);
            Assert.All(result.Packets, p => Assert.Equal(version == PacketdrillIpVersion.Ipv6 ? 6 : 4, p.Bytes.Span[0] >> 4));
        }
    }

    [Theory]
    // What a packet is.
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > . 1:801(800) ack 1", "13: expected `. 1:801(800) ack 1` got `P. 1:801(800) ack 1`: flags")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > P. 2:802(800) ack 1", "13: expected `P. 2:802(800) ack 1` got `P. 1:801(800) ack 1`: sequence number")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > P. 1:801(800) ack 2", "13: expected `P. 1:801(800) ack 2` got `P. 1:801(800) ack 1`: ack")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > P. 1:800(799) ack 1", "13: expected `P. 1:800(799) ack 1` got `P. 1:801(800) ack 1`: length")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > P. 1:801(800) ack 1 win 5", "13: expected `P. 1:801(800) ack 1 win 5` got `P. 1:801(800) ack 1 win 63`: window")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > P. 1:801(800) ack 1 <nop,nop,TS val 1 ecr 1>", "13: expected `P. 1:801(800) ack 1 <nop,nop,TS val 1 ecr 1>` got `P. 1:801(800) ack 1`: options")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > [ect0] P. 1:801(800) ack 1", "13: expected `[ect0] P. 1:801(800) ack 1` got `[noecn] P. 1:801(800) ack 1`: ECN")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > [ttl 63] P. 1:801(800) ack 1", "13: expected `[ttl 63] P. 1:801(800) ack 1` got `[ttl 64] P. 1:801(800) ack 1`: TTL")]
    [InlineData("+0 > P. 1:801(800) ack 1", "+0 > [tos 0x4] P. 1:801(800) ack 1", "13: expected `[tos 0x04] P. 1:801(800) ack 1` got `[tos 0x00] P. 1:801(800) ack 1`: TOS")]
    [InlineData("<mss 1460,nop,wscale 10>", "<mss 1460,nop,wscale 7>", "7: expected `S. 0:0(0) ack 701 <mss 1460,nop,wscale 7>` got `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`: wscale")]
    [InlineData("<mss 1460,nop,wscale 10>", "<nop,wscale 10,mss 1460>", "7: expected `S. 0:0(0) ack 701 <nop,wscale 10,mss 1460>` got `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`: options")]
    [InlineData("<mss 1460,nop,wscale 10>", "<...>", null)]
    [InlineData("S. 0:0(0) ack 701", "S. 9:9(0) ack 701", null)]
    [InlineData("S. 0:0(0) ack 701", "S. 0:0(0) ack 700", "7: expected `S. 0:0(0) ack 700 <mss 1460,nop,wscale 10>` got `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`: ack")]
    // When it comes, and whether.
    [InlineData("+1 > S.", "+.99 > S.", "8: expected outbound packet at 0.990000 s got it at 1.000000 s (tolerance 0.004000 s): `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`")]
    [InlineData("+1 > S.", "+1.004 > S.", null)]
    [InlineData("+1 > S.", "+1.020 > S.", "8: expected outbound packet at 1.020000 s got it at 1.000000 s (tolerance 0.004000 s): `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`")]
    [InlineData("+1 > S.", "+.9~+.996 > S.", null)]
    [InlineData("+1 > S.", "+.9~+.995 > S.", "8: expected outbound packet between 0.900000 and 0.995000 s got it at 1.000000 s (tolerance 0.004000 s): `S. 0:0(0) ack 701 <mss 1460,nop,wscale 10>`")]
    [InlineData("+1 > S.", "0.999 > S.", null)]
    [InlineData("+1 > S.", "* > S.", null)]
    [InlineData("--tolerance_percent=0\n", "--tolerance_usecs=60000\n", null)]
    [InlineData("+0 read(4, ..., 500) = 200", "+0 > . 801:801(0) ack 201\n+0 read(4, ..., 500) = 200", "16: expected `. 801:801(0) ack 201` got nothing")]
    [InlineData("+0 > . 801:801(0) ack 201\n", "", "17: expected `F. 801:801(0) ack 201` got `. 801:801(0) ack 201`: flags")]
    [InlineData("+0 > P. 1:801(800) ack 1\n", "", "14: expected `. 801:801(0) ack 201` got `P. 1:801(800) ack 1`: flags")]
    // Sockets, calls and what no tool can do.
    [InlineData("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n", "0 < R 1:1(0) win 0\n+0 < icmp unreachable host_unreachable [udp (5)]\n", "4: expected bind")]
    [InlineData("+0 read(4, ..., 500) = 200", "+0 read(4, ..., 500) = 199", "16: expected read(4, ..., 500) = 199, got 200")]
    [InlineData("+.05 < P. 1:201(200) ack 801 win 300", "+.05 < P. 1:201(200) ack 801 win 300 <nop,nop,TS val 5 ecr 9>", "14: cannot inject `P. 1:201(200) ack 801 win 300 <nop,nop,TS val 5 ecr 9>`: no outbound packet of the script has TS val 9, which this packet echoes")]
    [InlineData("+.05 < P. 1:201(200) ack 801 win 300", "+.05 < ipv4 1.1.1.1 > 2.2.2.2: P. 1:201(200) ack 801 win 300", "14: ipv4 encapsulation is not supported yet")]
    public void A_line_that_does_not_hold_is_told(string good, string changed, string? failure) => Check(Passive, good, changed, failure);

    [Theory]
    [InlineData("TS val 1060 ecr 50,", "TS val 77 ecr 78,", null)]
    [InlineData("ecr 1050>", "ecr 1000>", null)]
    [InlineData("ecr 1050>", "ecr 1049>", "6: cannot inject `P. 101:201(100) ack 1 win 1000 <nop,nop,TS val 60 ecr 1049>`: no outbound packet of the script has TS val 1049, which this packet echoes")]
    [InlineData("sack 101:201", "sack 101:202", "7: expected `. 1:1(0) ack 1 <nop,nop,TS val 1060 ecr 50,nop,nop,sack 101:202>` got `. 1:1(0) ack 1 <nop,nop,TS val 1060 ecr 50,nop,nop,sack 101:201>`: sack")]
    [InlineData("0...0.050", "0...0.060", "2: expected connect() to return at 0.060000 s got it at 0.050000 s (tolerance 0.007500 s)")]
    [InlineData("0...0.050", "0...0.055", null)]
    [InlineData("EAGAIN", "EBADF", "9: expected read(3, ..., 100) = -1 EBADF, got -1 EAGAIN (Resource temporarily unavailable)")]
    [InlineData("+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", "", "8: expected read() to return got it blocked for ever")]
    public void A_line_of_an_active_connection_that_does_not_hold_is_told(string good, string changed, string? failure) => Check(Active, good, changed, failure);

    [Fact]
    public void Values_of_timestamps_are_compared_where_the_script_says_how_long_a_tick_is()
    {
        string script = "--tcp_ts_tick_usecs=1000\n" + Active;
        Assert.Null(Run(script));
        Assert.Null(Run(script.Replace("TS val 1060", "TS val 1064", StringComparison.Ordinal)));
        Assert.EndsWith("TS val", Run(script.Replace("TS val 1060", "TS val 1065", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Echoes_between_known_values_are_scaled_on_request()
    {
        string script = "--tcp_ts_ecr_scaled\n" + Active.Replace("ecr 1050>", "ecr 1049>", StringComparison.Ordinal);
        Assert.Null(Run(script));
    }

    [Fact]
    public void One_line_may_be_several_packets_of_one_size()
    {
        string[] lines = Passive.Split('\n');
        int write = Array.FindIndex(lines, l => l.Contains("write", StringComparison.Ordinal));
        string before = string.Join('\n', lines[..write]);
        string separate = before + "\n+0 `ethtool -K tun0 gso off tso off`\n+0 write(4, ..., 2000) = 2000\n";
        Assert.Null(Run(separate + "+0 > P. 1:2001(2000) ack 1\n"));
        Assert.Null(Run(separate + "+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:2001(1000) ack 1\n"));
        Assert.Equal(
            "15: expected `P. 1:2001(2000) ack 1` got `. 1:1001(1000) ack 1`: flags",
            Run("--strict_segments\n" + separate + "+0 > P. 1:2001(2000) ack 1\n"));
        Assert.Equal(
            "14: expected `P. 1:1501(1500) ack 1` got `P. 1:2001(2000) ack 1`: length", Run(separate + "+0 > P. 1:1501(1500) ack 1\n"));
        Assert.Null(Run(before + "\n+0 write(4, ..., 2000) = 2000\n+0 > P. 1:2001(2000) ack 1\n"));
    }

    [Fact]
    public void Icmp_errors_quote_what_the_socket_sent()
    {
        const string script = """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) <...>
            +.1 < icmp unreachable port_unreachable [0:0(0)]
            +0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0
            """;
        Assert.Null(Run(script));
        Assert.NotNull(Run(script.Replace("[0:0(0)]", "[99:99(0)]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(PacketdrillIpVersion.Ipv4)]
    [InlineData(PacketdrillIpVersion.Ipv4MappedIpv6)]
    [InlineData(PacketdrillIpVersion.Ipv6)]
    public void Datagrams_go_both_ways(PacketdrillIpVersion version)
    {
        const string script = """
            0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
            +0 connect(3, ..., ...) = 0
            +0 write(3, ..., 100) = 100
            +0 > udp (100)
            +.1 < udp (50)
            +0 read(3, ..., 200) = 50
            +0 send(3, ..., 7, 0) = 7
            +0 > udp (7)
            +0 < icmp unreachable port_unreachable [udp (7)]
            +0 read(3, ..., 200) = -1 ECONNREFUSED (Connection refused)
            """;
        var options = new PacketdrillOptions { IpVersion = version };
        Assert.Null(PacketdrillRunner.Run(script, "udp.pkt", options).Failure?.ToString());
        Assert.Equal(
            "udp.pkt:4: expected `udp (99)` got `udp (100)`: length",
            PacketdrillRunner.Run(script.Replace("udp (100)", "udp (99)", StringComparison.Ordinal), "udp.pkt", options).Failure?.ToString());
    }

    [Theory]
    [InlineData("", 1460)]
    [InlineData("--mss=1000\n", 1000)]
    [InlineData("--mss=9000\n", 1460)]
    public void Inbound_packets_may_be_joined_of_segments(string option, int receiveMss)
    {
        string[] lines = Passive.Split('\n');
        int write = Array.FindIndex(lines, l => l.Contains("write", StringComparison.Ordinal));
        Assert.Null(Run(option + string.Join('\n', lines[..write]) + $$"""

            +.01 < P. 1:4001(4000) ack 1 win 300
            +0 > . 1:1(0) ack 4001
            +0 %{ assert tcpi_rcv_mss == {{receiveMss}} }%
            """));
    }

    [Fact]
    public void Each_passive_connection_has_a_peer_s_port_of_its_own()
    {
        const string reuse = "+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0\n+0 bind";
        string once = Passive.Replace("+0 bind", reuse, StringComparison.Ordinal);
        string again = once.Replace("0 socket", "+1 socket", StringComparison.Ordinal).Replace("--tolerance_percent=0\n", "+0 close(3) = 0\n", StringComparison.Ordinal);
        PacketdrillResult result = PacketdrillRunner.Run(once + again, "twice.pkt");
        Assert.Null(result.Failure?.ToString());
        Assert.Equal(2, result.Packets.Where(p => !p.Outbound).Select(p => p.Bytes.Span[20] << 8 | p.Bytes.Span[21]).Distinct().Count());
    }

    [Fact]
    public void Packets_of_other_sockets_and_after_the_last_line_are_not_looked_at()
    {
        const string script = """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) <...>
            +0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
            +0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +.5 connect(4, ..., ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) <...>
            """;
        Assert.Null(Run(script));
        Assert.Equal("9: expected `S 0:0(0) win 1 <...>` got `S 0:0(0) win 64240 <...>`: window", Run(script + "\n+1 > S 0:0(0) win 1 <...>"));
    }

    [Fact]
    public void A_blocked_call_ends_in_time_or_is_told()
    {
        const string script = """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 bind(3, ..., ...) = 0
            +0 listen(3, 5) = 0
            +0...0.3 accept(3, ..., ...) = 4
            +.1 < S 0:0(0) win 30000 <mss 1000>
            +0 > S. 0:0(0) ack 1 <...>
            """;
        Assert.Equal("4: expected accept() to return got it blocked at the script's end", Run(script));
        Assert.Null(Run(script + "\n+.2 < . 1:1(0) ack 1 win 300\n+0 write(4, ..., 5) = 5"));
        Assert.Equal(
            "4: expected accept() to return at 0.300000 s got it at 0.380000 s (tolerance 0.037500 s)",
            Run(script + "\n+.28 < . 1:1(0) ack 1 win 300\n+0 write(4, ..., 5) = 5"));
        Assert.Equal("5: expected accept() to block got accept() of line 4 blocked still", Run(script.Replace("+.1 <", "+0...0.3 accept(3, ..., ...) = 5\n+.1 <", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_result_tells_when_each_line_was_over()
    {
        PacketdrillResult result = PacketdrillRunner.Run(Passive.Replace("ack 202", "ack 203", StringComparison.Ordinal), "x.pkt");
        Assert.Equal([2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19], result.Steps.Select(s => s.Position.Line));
        Assert.Equal(Duration.FromMilliseconds(1150), result.Steps[^1].Time);
        Assert.Equal((20, 10), (result.Failure!.Position.Line, result.Steps[^1].PacketCount));
        Assert.Equal(("`. 802:802(0) ack 203`", "`. 802:802(0) ack 202`"), ($"`{result.Failure.ExpectedPacket}`", $"`{result.Failure.ActualPacket}`"));
    }

    [Fact]
    public void Code_prints_and_names_what_is_missing()
    {
        PacketdrillResult result = PacketdrillRunner.Run(Active + "+0 %{ print(tcpi_state) }%\n+0 %{ assert tcpi_state == 2 }%", "x.pkt");
        Assert.Equal(["1"], result.Output);
        Assert.Equal("x.pkt:11: assert tcpi_state == 2: tcpi_state is 1 [TCP_ESTABLISHED]", result.Failure?.ToString());
        Assert.Equal("3: expected TCP_INFO for the code block got nothing: the socket is closed", Run("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = 0\n+0 %{ assert 1 }%"));
    }

    [Theory]
    [InlineData("--so_filename=x.so", "1: --so_filename is not supported yet", "--so_filename")]
    [InlineData("--local_ip=2001:db8::1", "1: --local_ip=2001:db8::1 is no address of IPv4, which this run's packets are", null)]
    public void What_options_ask_for_and_cannot_be_is_told(string option, string failure, string? feature)
    {
        PacketdrillResult result = PacketdrillRunner.Run(option + "\n" + Passive.Replace("--tolerance_percent=0\n", "", StringComparison.Ordinal), "x.pkt");
        Assert.Equal("x.pkt:" + failure, result.Failure?.ToString());
        Assert.Equal(feature, result.Failure?.UnsupportedFeature);
    }

    [Fact]
    public void A_script_s_own_options_win()
    {
        string script = "--ip_version=ipv6\n--local_ip=2001:db8::5\n--remote_ip=2001:db8:1::/48\n--bind_port=99\n--mtu=1300\n"
            + Passive.Replace("mss 1460", "mss 1240", StringComparison.Ordinal);
        PacketdrillResult result = PacketdrillRunner.Run(script, "x.pkt", new PacketdrillOptions { IpVersion = PacketdrillIpVersion.Ipv4 });
        Assert.Null(result.Failure?.ToString());
        ReadOnlySpan<byte> first = result.Packets[0].Bytes.Span;
        Assert.Equal(SimStack.Ip.IpAddress.Parse("2001:db8::5"), SimStack.Ip.IpAddress.FromBytes(first.Slice(24, 16)));
        Assert.Equal(99, first[42] << 8 | first[43]);
    }

    [Fact]
    public void Macros_are_those_of_the_script_s_ip_version_and_of_the_caller()
    {
        const string script = """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) <...>
            +.1 < icmp unreachable CODE [0:0(0)]
            +0 write(3, ..., 10) = -1 WRONG
            """;
        var options = new PacketdrillOptions { Macros = new Dictionary<string, string> { ["WRONG"] = "EHOSTUNREACH" } };
        Assert.Null(PacketdrillRunner.Run(script, "m.pkt", options).Failure?.ToString());
        Assert.Null(PacketdrillRunner.Run("--ip_version=ipv6\n" + script, "m.pkt", options).Failure?.ToString());
    }

    [Fact]
    public void Runs_are_alike_and_their_captures_valid()
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        PacketdrillRunner.Run(Passive, "a.pkt").WriteCapture(first);
        PacketdrillRunner.Run(Passive, "a.pkt").WriteCapture(second);
        Assert.Equal(first.ToArray(), second.ToArray());
        first.Position = 0;
        using CaptureReader reader = CaptureReader.Open(first);
        int count = 0;
        while (reader.TryRead(out _))
        {
            count++;
        }

        Assert.Equal(10, count);
    }

    [Theory]
    [InlineData("+1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "x.pkt:1:1: the first event is at 1.000000 s; it shall be at 0")]
    [InlineData("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n0.2 close(3) = 0\n0.1 close(3) = 0", "x.pkt:3:1: time goes back from 0.200000 s to 0.100000 s; it shall not be before the event above")]
    [InlineData("--tolerance_usecs=zero\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "x.pkt:1:19: --tolerance_usecs takes a number from 1 to 2147483647, not 'zero'")]
    [InlineData("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+999999999 close(3) = 0\n+2 close(3) = 0", "x.pkt:3:1: up to here the script lasts 1000000001.000000 s; at most 1000000000.000000 s are possible")]
    public void A_wrong_script_is_told_before_it_is_run(string script, string error)
    {
        ScriptException wrong = Assert.Throws<ScriptException>(() => PacketdrillRunner.Run(script, "x.pkt"));
        Assert.Equal(error, Assert.Single(wrong.Errors).ToString());
    }

    [Fact]
    public void With_non_fatal_packets_a_wrong_one_is_only_told()
    {
        const string Script = """
            --non_fatal=packet,syscall --speed=100 --is_anyip

            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) win 5 <...>
            +.5 > S 0:0(0) <...>
            """;
        PacketdrillResult result = PacketdrillRunner.Run(Script, "x.pkt");
        Assert.Null(result.Failure);
        Assert.Collection(
            result.Output,
            line => Assert.StartsWith("line 6: expected `S 0:0(0) win 5", line, StringComparison.Ordinal),
            line => Assert.StartsWith("line 7: expected outbound packet at 0.500000 s got it at 1.000000 s", line, StringComparison.Ordinal));
        Assert.NotNull(PacketdrillRunner.Run(Script.Replace("--non_fatal=packet,syscall ", "", StringComparison.Ordinal), "x.pkt").Failure);
        ScriptException wrong = Assert.Throws<ScriptException>(
            () => PacketdrillRunner.Run(Script.Replace("packet,syscall", "packets", StringComparison.Ordinal), "x.pkt"));
        Assert.Equal("x.pkt:1:13: --non_fatal takes packet, syscall or both with a comma between, not 'packets'", Assert.Single(wrong.Errors).ToString());
    }

    private static void Check(string script, string good, string changed, string? failure)
    {
        Assert.Contains(good, script, StringComparison.Ordinal);
        string? message = Run(script.Replace(good, changed, StringComparison.Ordinal));
        if (failure is not null && failure.EndsWith("bind", StringComparison.Ordinal))
        {
            Assert.StartsWith(failure, message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(failure, message);
    }

    private static string? Run(string script) => PacketdrillRunner.Run(script, "x.pkt").Failure is { } failure
        ? failure.ToString()["x.pkt:".Length..]
        : null;
}
