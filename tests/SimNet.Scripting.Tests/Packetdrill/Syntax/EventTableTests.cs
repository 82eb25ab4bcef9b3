using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

/// <summary>Every form of the language: how it may be written, and how the writer prints it. What is printed reads as the same tree.</summary>
public sealed class EventTableTests
{
    [Theory]
    // Times.
    [InlineData("0 close(3) = 0", "0 close(3) = 0")]
    [InlineData("0.10 close(3) = 0", "0.1 close(3) = 0")]
    [InlineData(".5 close(3) = 0", "0.5 close(3) = 0")]
    [InlineData("+0 close(3) = 0", "+0 close(3) = 0")]
    [InlineData("+ 0.010 close(3) = 0", "+.01 close(3) = 0")]
    [InlineData("+1.25 close(3) = 0", "+1.25 close(3) = 0")]
    [InlineData("+-0 close(3) = 0", "+0 close(3) = 0")]
    [InlineData("+.0000000019 close(3) = 0", "+.000000001 close(3) = 0")]
    [InlineData("* > . 1:1(0) ack 1", "* > . 1:1(0) ack 1")]
    [InlineData("1~2 > . 1:1(0) ack 1", "1~2 > . 1:1(0) ack 1")]
    [InlineData("+.1~+.2 > . 1:1(0) ack 1", "+.1~+.2 > . 1:1(0) ack 1")]
    [InlineData("+0...0.200 accept(3, ..., ...) = 4", "+0...0.2 accept(3, ..., ...) = 4")]
    [InlineData("+.002 ... 0.004 connect(4, ..., ...) = 0", "+.002...0.004 connect(4, ..., ...) = 0")]
    [InlineData("1...2 accept(3, ..., ...) = 4", "1...2 accept(3, ..., ...) = 4")]
    // Commands and code.
    [InlineData("+0 `ip route flush \\`x\\` \"a`", "+0 `ip route flush \\`x\\` \"a`")]
    [InlineData("+0 %{ assert d == {'a': 1} }%", "+0 %{ assert d == {'a': 1} }%")]
    [InlineData("+0 %{\nif a:\n  b = 1 // 2\n}%", "+0 %{\nif a:\n  b = 1 // 2\n}%")]
    public void Times_commands_and_code(string written, string printed) => Check(written, printed);

    [Theory]
    [InlineData("+0 < S 0:0(0) win 32792", "+0 < S 0:0(0) win 32792")]
    [InlineData("+0 <.1:1(0)win 1", null)]
    [InlineData("+0 > - 1:1(0)", "+0 > - 1:1(0)")]
    [InlineData("+0 > PF. 1:1(0) ack 2 win 3 urg 4", "+0 > FP. 1:1(0) ack 2 win 3 urg 4")]
    [InlineData("+0 > UR.   1:1(0)", "+0 > RU. 1:1(0)")]
    [InlineData("+0 > SEWA 0:0(0)", "+0 > SEWA 0:0(0)")]
    [InlineData("+0 > SAWE. 0:0(0)", "+0 > SEWA. 0:0(0)")]
    [InlineData("+0 > .5 1:1(0) ack 1", "+0 > .5 1:1(0) ack 1")]
    [InlineData("+0 > P.0 1:1(0) ack 1", "+0 > P.0 1:1(0) ack 1")]
    [InlineData("+0 > P7. 1:1(0) ack 1", "+0 > P.7 1:1(0) ack 1")]
    [InlineData("+0 > F6 1:1(0)", "+0 > F6 1:1(0)")]
    [InlineData("+0 > 5000 > 8080 . 1:1(0)", "+0 > 5000 > 8080 . 1:1(0)")]
    [InlineData("+0 > . 4294967294:4294967295(1) ack 4294967295", "+0 > . 4294967294:4294967295(1) ack 4294967295")]
    [InlineData("+0 > [ect0] . 1:1(0)", "+0 > [ect0] . 1:1(0)")]
    [InlineData("+0 > (ect1) . 1:1(0)", "+0 > [ect1] . 1:1(0)")]
    [InlineData("+0 > [ect01] . 1:1(0)", "+0 > [ect01] . 1:1(0)")]
    [InlineData("+0 > [noecn] . 1:1(0)", "+0 > [noecn] . 1:1(0)")]
    [InlineData("+0 > [ce, flowlabel 0x1A] . 1:1(0)", "+0 > [ce, flowlabel 0x1a] . 1:1(0)")]
    [InlineData("+0 > [tos 0x2] . 1:1(0)", "+0 > [tos 0x02] . 1:1(0)")]
    [InlineData("+0 > [tos 0x2, flowlabel 0xfffff] . 1:1(0)", "+0 > [tos 0x02, flowlabel 0xfffff] . 1:1(0)")]
    [InlineData("+0 > [flowlabel 0x1] . 1:1(0)", "+0 > [flowlabel 0x1] . 1:1(0)")]
    [InlineData("+0 > (ttl 255) . 1:1(0)", "+0 > [ttl 255] . 1:1(0)")]
    [InlineData("+0 < udp (1000)", "+0 < udp (1000)")]
    [InlineData("+0 < [tos 0x10] udp 53 > 5000 (0)", "+0 < [tos 0x10] udp 53 > 5000 (0)")]
    [InlineData("+0 < icmp unreachable", "+0 < icmp unreachable")]
    [InlineData("+0 < icmp unreachable frag_needed mtu 840 [0:1000(1000)]", "+0 < icmp unreachable frag_needed mtu 840 [0:1000(1000)]")]
    [InlineData("+0 < icmp packet_too_big mtu 1280 [udp (99)]", "+0 < icmp packet_too_big mtu 1280 [udp (99)]")]
    [InlineData("+0 > icmp echo_reply id 7 [raw (64)]", "+0 > icmp echo_reply id 7 [raw (64)]")]
    [InlineData("+0 < icmp type_42 code_7", "+0 < icmp type_42 code_7")]
    [InlineData("+0 < icmp time_exceeded exceeded_hop_limit", "+0 < icmp time_exceeded exceeded_hop_limit")]
    public void Packets(string written, string? printed)
    {
        if (printed is not null)
        {
            Check(written, printed);
        }
        else
        {
            Assert.Throws<ScriptException>(() => Parse(written));
        }
    }

    [Theory]
    [InlineData("ipv4 192.0.2.1 > 192.0.2.2: . 1:1(0)", "ipv4 192.0.2.1 > 192.0.2.2: . 1:1(0)")]
    [InlineData("ipv4 [ttl 3] 192.0.2.1>192.0.2.2 :[ce] . 1:1(0)", "ipv4 [ttl 3] 192.0.2.1 > 192.0.2.2: [ce] . 1:1(0)")]
    [InlineData("ipv6 fd00::1 > 2001:db8:0:0:0:0:0:2: . 1:1(0)", "ipv6 fd00::1 > 2001:db8::2: . 1:1(0)")]
    [InlineData("ipv6 :: > ::ffff:192.0.2.2: ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0)", "ipv6 :: > ::ffff:192.0.2.2: ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0)")]
    [InlineData("ipv6 (flowlabel 0x5) 1:: > ::2: udp (3)", "ipv6 [flowlabel 0x5] 1:: > ::2: udp (3)")]
    [InlineData("gre: . 1:1(0)", "gre: . 1:1(0)")]
    [InlineData("GREv0, Flags [none] sum 0x0 off 0 key 0 seq 5: . 1:1(0)", "gre flags [none], sum 0x0, off 0x0, key=0x0, seq 5: . 1:1(0)")]
    [InlineData("gre flags [checksum present, key present, sequence# present], sum 1, off 2, key=3, seq 4: . 1:1(0)",
        "gre flags [checksum present, key present, sequence# present], sum 0x1, off 0x2, key=0x3, seq 4: . 1:1(0)")]
    [InlineData("gre flags 0x1, sum 1, off 2, key 3, seq 4: . 1:1(0)", "gre flags 0x1, sum 0x1, off 0x2, key=0x3, seq 4: . 1:1(0)")]
    [InlineData("mpls (label 0, tc 0, ttl 0) (label 1048575, tc 7, [S], ttl 255): . 1:1(0)",
        "mpls (label 0, tc 0, ttl 0) (label 1048575, tc 7, [S], ttl 255): . 1:1(0)")]
    [InlineData("psp spi 0x10: . 1:1(0)", "psp spi 0x10: . 1:1(0)")]
    [InlineData("psp spi 16, vnid 0x7 : udp (5)", "psp spi 0x10, vc 0x7: udp (5)")]
    [InlineData("[ect0] encap psp spi 1 vc 2 7 > 8 P. 1:2(1) ack 1", "[ect0] encap psp spi 0x1, vc 0x2 7 > 8 P. 1:2(1) ack 1")]
    public void Encapsulations(string written, string printed) => Check("+0 > " + written, "+0 > " + printed);

    [Theory]
    [InlineData("nop,nop,nop,nop", "nop,nop,nop,nop")]
    [InlineData("nop , eol, nop,eol", "nop,eol,nop,eol")]
    [InlineData("mss 0", "mss 0")]
    [InlineData("mss 65535,sackOK,TS val 4294967295 ecr 0,nop,wscale 255", "mss 65535,sackOK,TS val 4294967295 ecr 0,nop,wscale 255")]
    [InlineData("nop,nop,sack 1:2", "nop,nop,sack 1:2")]
    [InlineData("nop,nop,sack 1:2 3:4 5:6 7:8", "nop,nop,sack 1:2 3:4 5:6 7:8")]
    [InlineData("md5 000102030405060708090a0b0c0d0e0f,nop,nop", "md5 000102030405060708090a0b0c0d0e0f,nop,nop")]
    [InlineData("FO,nop,nop", "FO,nop,nop")]
    [InlineData("FO 12345678901234567890123456789012,nop,nop", "FO 12345678901234567890123456789012,nop,nop")]
    [InlineData("FO 3021b9d889017eeb,nop,nop", "FO 3021b9d889017eeb,nop,nop")]
    [InlineData("FOEXP", "FOEXP")]
    [InlineData("FOEXP aabbCCdd", "FOEXP aabbCCdd")]
    [InlineData("ECN,nop,nop", "ECN,nop,nop")]
    [InlineData("ECN e0b 1 ceb 2 e1b 16777215,nop", "ECN e0b 1 ceb 2 e1b 16777215,nop")]
    [InlineData("ECN e1b 1 ceb 2,mss 1", "ECN e1b 1 ceb 2,mss 1")]
    [InlineData("mp_capable v1 flags[flag_h, nokey], nop", "mp_capable v1 flags [ flag_h , nokey ],nop")]
    [InlineData("...", "...")]
    public void Tcp_options(string written, string printed) =>
        Check($"+0 > S 0:0(0) <{written}>", $"+0 > S 0:0(0) <{printed}>");

    [Theory]
    [InlineData("f()", "f()")]
    [InlineData("f(..., -1, 0, 0x1F, 18446744073709551615, 0xffffffffffffffff)", "f(..., -1, 0, 0x1f, -1, 0xffffffffffffffff)")]
    [InlineData("f(1.50, -.5)", "f(1.50, -.5)")]
    [InlineData("f(SOCK_STREAM, A|B | C)", "f(SOCK_STREAM, A|B|C)")]
    [InlineData("f(1 << 4 & ~3 | 2 >> 1)", "f(1<<4&~3|2>>1)")]
    [InlineData("f(1|(2|3), (1|2)&3, ~(1|2), ((4)))", "f(1|(2|3), (1|2)&3, ~(1|2), 4)")]
    [InlineData("f(\"abc\")", "f(\"abc\")")]
    [InlineData("f(\"a\" \"b\"\n\"c\")", "f(\"abc\")")]
    [InlineData("f(\"abc\"...)", "f(\"abc\"...)")]
    [InlineData("""f("\"\\\n\r\t\x00\x7fA\0é")""", """f("\"\\\n\r\t\x00\x7fA\x00\xc3\xa9")""")]
    [InlineData("f([], [1], [[1,2],[...]])", "f([], [1], [[1, 2], [...]])")]
    [InlineData("f({1, 2}, {\"x\"})", "f({1, 2}, {\"x\"})")]
    [InlineData("f([TCP_X=3], {a=1, b=c|d})", "f([TCP_X=3], {a=1, b=c|d})")]
    [InlineData("f(inet_addr(\"192.0.2.1\"), inet6_addr(\"::1\"), inet6_addr(\"::ffff:1.2.3.4\"))",
        "f(inet_addr(\"192.0.2.1\"), inet6_addr(\"::1\"), inet6_addr(\"::ffff:1.2.3.4\"))")]
    [InlineData("f({sa_family=AF_INET,sin_port=htons(80),sin_addr=inet_addr(\"192.0.2.1\")})",
        "f({sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr(\"192.0.2.1\")})")]
    [InlineData("f({sa_family = AF_INET6, sin_port = htons(80), sin_addr = inet_addr(\"2001:DB8::1\")})",
        "f({sa_family = AF_INET6, sin_port = htons(80), sin_addr = inet_addr(\"2001:db8::1\")})")]
    [InlineData("f({msg_name(...)=...,msg_iov(2)=[{..., 1},{...,2}],msg_flags=A|B})",
        "f({msg_name(...)=...,\n      msg_iov(2)=[{..., 1}, {..., 2}],\n      msg_flags=A|B})")]
    [InlineData("f({msg_name(...)=...,msg_iov(0)=[],msg_flags=0,msg_control=[{cmsg_level=L,cmsg_type=T,cmsg_data=5}, {cmsg_level=L,cmsg_type=T,cmsg_data={scm_sec=1,scm_nsec=2}}]})",
        "f({msg_name(...)=...,\n      msg_iov(0)=[],\n      msg_flags=0,\n      msg_control=[{cmsg_level=L,\n                    cmsg_type=T,\n                    cmsg_data=5},\n" +
        "                   {cmsg_level=L,\n                    cmsg_type=T,\n                    cmsg_data={scm_sec=1,scm_nsec=2}}]})")]
    [InlineData("f({ee_errno=0,ee_origin=1,ee_type=2,ee_code=3,ee_info=4,ee_data=5})",
        "f({ee_errno=0,\n      ee_origin=1,\n      ee_type=2,\n      ee_code=3,\n      ee_info=4,\n      ee_data=5})")]
    [InlineData("f([{fd=4,events=POLLIN|POLLOUT}, {fd=5, events=0, revents=POLLHUP}])", "f([{fd=4, events=POLLIN|POLLOUT}, {fd=5, events=0, revents=POLLHUP}])")]
    [InlineData("f({events=EPOLLIN,fd=4}, {events=0, ptr=0}, {events=1, u32=2}, {events=1, u64=0x3})",
        "f({events=EPOLLIN, fd=4}, {events=0, ptr=0}, {events=1, u32=2}, {events=1, u64=0x3})")]
    [InlineData("f({onoff=1,linger=0})", "f({onoff=1, linger=0})")]
    [InlineData("f({flags [none], sum 0, off 0, key 0, seq 0})", "f({flags [none], sum 0x0, off 0x0, key=0x0, seq 0})")]
    [InlineData("f({}, {(label 1, tc 2, [S], ttl 3)})", "f({}, {(label 1, tc 2, [S], ttl 3)})")]
    [InlineData("f({spi=0x5})", "f({spi=0x5})")]
    [InlineData("f({..., 5}, {..., a}, {...})", "f({..., 5}, {..., a}, {...})")]
    public void Expressions(string written, string printed) => Check(written + " = 0", printed + " = 0", "+0 ");

    [Theory]
    [InlineData("= ...", "= ...")]
    [InlineData("= -1 EAGAIN (Resource temporarily unavailable)", "= -1 EAGAIN (Resource temporarily unavailable)")]
    [InlineData("= -1 EAGAIN", "= -1 EAGAIN")]
    [InlineData("= 5 (flags  O_RDWR|O_NONBLOCK)", "= 5 (flags O_RDWR|O_NONBLOCK)")]
    [InlineData("= 1 (isn't it)", "= 1 (isn't it)")]
    [InlineData("= -1 E2BIG (a)(b)", "= -1 E2BIG (a)")]
    [InlineData("= 0x2 (RDWR)", "= 0x2 (RDWR)")]
    public void Results(string written, string printed) => Check("f() " + written, "f() " + printed, "+0 ");

    private static void Check(string written, string printed, string time = "")
    {
        PacketdrillScript script = Parse(time + written);
        string text = PacketdrillWriter.Write(Assert.Single(script.Events));
        Assert.Equal(printed, text[time.Length..]);
        Assert.Equal(TreeText.Of(script), TreeText.Of(Parse(text)));
    }

    private static PacketdrillScript Parse(string text) => PacketdrillParser.Parse(text, "t.pkt", new Dictionary<string, string>());
}
