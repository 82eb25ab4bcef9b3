using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>setsockopt and getsockopt as the kernel takes and hands out bytes.</summary>
public sealed class SocketOptionTests
{
    private const string Tcp = "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3;";

    [Theory]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0; getsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_SNDBUF, [20000], 4) = 0; getsockopt(3, SOL_SOCKET, SO_SNDBUF, [40000], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 3) = -1 EINVAL; setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], -1) = -1 EINVAL")]
    [InlineData("setsockopt(3, IPPROTO_TCP, TCP_NODELAY, [1], 4) = 0; getsockopt(3, SOL_TCP, TCP_NODELAY, [1], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_INFO, [1], 4) = -1 ENOPROTOOPT; setsockopt(3, SOL_TCP, TCP_CC_INFO, [1], 3) = -1 EINVAL; setsockopt(3, SOL_IP, IP_MTU, [1400], 4) = -1 ENOPROTOOPT")]
    [InlineData("setsockopt(3, SOL_IP, IP_TTL, [5], 4) = 0; setsockopt(3, SOL_IP, IP_TTL, [-1], 4) = 0; getsockopt(3, SOL_IP, IP_TTL, [64], [4]) = 0; setsockopt(3, SOL_IP, IP_TTL, [-2], 4) = -1 EINVAL")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_COOKIE_TRANSACTIONS, [1], 4) = -1 ENOPROTOOPT; getsockopt(3, SOL_TCP, TCP_COOKIE_TRANSACTIONS, [0], [4]) = -1 ENOPROTOOPT")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_KEEPIDLE, [0], 4) = -1 EINVAL; setsockopt(3, SOL_TCP, 9999, [0], 4) = -1 ENOPROTOOPT; setsockopt(3, 77, 1, [0], 4) = -1 ENOPROTOOPT")]
    [InlineData("setsockopt(3, SOL_IP, IP_TOS, [16], 1) = 0; getsockopt(3, SOL_IP, IP_TOS, [16], [4]) = 0; setsockopt(3, SOL_IP, IP_TOS, [9], 0) = 0; getsockopt(3, SOL_IP, IP_TOS, [0], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DONT], 1) = 0; getsockopt(3, SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DONT], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_IPV6, IPV6_TCLASS, [16], 4) = -1 ENOPROTOOPT; getsockopt(3, SOL_IP, IP_MTU, [0], [4]) = -1 ENOTCONN")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=7}, 8) = 0; getsockopt(3, SOL_SOCKET, SO_LINGER, [1], [4]) = 0; setsockopt(3, SOL_SOCKET, SO_LINGER, [1], 4) = -1 EINVAL")]
    [InlineData("getsockopt(3, SOL_SOCKET, SO_LINGER, \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\", [8]) = 0")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, [1], 4) = -1 EINVAL; setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, \"\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\", 16) = 0")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_SNDTIMEO, \"\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x40\\x42\\x0f\\x00\\x00\\x00\\x00\\x00\", 16) = -1 EDOM")]
    [InlineData("getsockopt(3, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], [4]) = 0; setsockopt(3, SOL_SOCKET, SO_TYPE, [1], 4) = -1 ENOPROTOOPT")]
    [InlineData("getsockopt(3, SOL_SOCKET, SO_PROTOCOL, [IPPROTO_TCP], [4]) = 0; getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, [0], [4]) = 0; listen(3, 1) = 0; getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, [1], [4]) = 0")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_MARK, [9], 4) = 0; getsockopt(3, SOL_SOCKET, SO_MARK, [9], [4]) = 0; setsockopt(3, SOL_SOCKET, SO_PRIORITY, [7], 4) = 0")]
    [InlineData("cap_set(CAP_EFFECTIVE, CAP_NET_ADMIN, CAP_CLEAR) = 0; cap_set(CAP_EFFECTIVE, CAP_NET_RAW, CAP_CLEAR) = 0; setsockopt(3, SOL_SOCKET, SO_MARK, [9], 4) = -1 EPERM; setsockopt(3, SOL_SOCKET, SO_PRIORITY, [6], 4) = 0; setsockopt(3, SOL_SOCKET, SO_PRIORITY, [7], 4) = -1 EPERM")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", 4) = 0; getsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", [4]) = 0; setsockopt(3, SOL_TCP, TCP_CONGESTION, \"nonsense\", 8) = -1 ENOENT; setsockopt(3, SOL_TCP, TCP_CONGESTION, \"\", 0) = -1 EINVAL")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_INQ, [2], 4) = -1 EINVAL; setsockopt(3, SOL_TCP, TCP_INQ, [1], 4) = 0; getsockopt(3, SOL_TCP, TCP_INQ, [1], [4]) = 0")]
    [InlineData("getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0; setsockopt(3, SOL_SOCKET, SO_BROADCAST, [5], 4) = 0; getsockopt(3, SOL_SOCKET, SO_BROADCAST, [1], [4]) = 0")]
    [InlineData("epoll_create(1) = 4; setsockopt(4, SOL_SOCKET, SO_ERROR, [0], 4) = -1 ENOTSOCK; getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = -1 ENOTSOCK")]
    public void As_linux_has_it(string calls) => Assert.Equal("ok", new CallBench().Run(Tcp + calls));

    [Theory]
    [InlineData("SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_WANT]", PacketdrillIpVersion.Ipv4, true, 0, 64)]
    [InlineData("SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DONT]", PacketdrillIpVersion.Ipv4, false, 0, 64)]
    [InlineData("SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_PROBE]", PacketdrillIpVersion.Ipv4, false, 0, 64)]
    [InlineData("SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DO]", PacketdrillIpVersion.Ipv4MappedIpv6, true, 0, 64)]
    [InlineData("SOL_IP, IP_TOS, [0x4B]", PacketdrillIpVersion.Ipv4, true, 0x48, 64)]
    [InlineData("SOL_IP, IP_TOS, [0x48]", PacketdrillIpVersion.Ipv4MappedIpv6, true, 0x48, 64)]
    [InlineData("SOL_IP, IP_TOS, [0x48]", PacketdrillIpVersion.Ipv6, true, 0, 64)]
    [InlineData("SOL_IPV6, IPV6_TCLASS, [0x4B]", PacketdrillIpVersion.Ipv6, true, 0x48, 64)]
    [InlineData("SOL_IPV6, IPV6_TCLASS, [0x48]", PacketdrillIpVersion.Ipv4MappedIpv6, true, 0, 64)]
    [InlineData("SOL_IP, IP_TTL, [9]", PacketdrillIpVersion.Ipv4, true, 0, 9)]
    [InlineData("SOL_IPV6, IPV6_UNICAST_HOPS, [7]", PacketdrillIpVersion.Ipv6, true, 0, 7)]
    public void Options_of_ip_are_seen_in_the_packets(string option, PacketdrillIpVersion version, bool mayNotFragment, int trafficClass, int hops)
    {
        const string Active = """
            +0...0.1 connect(3, ..., ...) = 0
            +0 > S 0:0(0) <...>
            +.1 < S. 0:0(0) ack 1 win 30000 <mss 1000>
            +0 > . 1:1(0) ack 1
            """;
        const string Passive = """
            +0 bind(3, ..., ...) = 0
            +0 listen(3, 1) = 0
            +0 < S 0:0(0) win 30000 <mss 1000>
            +0 > S. 0:0(0) ack 1 <...>
            +0 < . 1:1(0) ack 1 win 30000
            +0 accept(3, ..., ...) = 4
            +0 write(4, ..., 100) = 100
            +0 > P. 1:101(100) ack 1
            """;
        foreach (string opening in (string[])[Active, Passive])
        {
            PacketdrillResult result = PacketdrillRunner.Run(
                $"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 setsockopt(3, {option}, 4) = 0\n{opening}\n",
                "options.pkt",
                new PacketdrillOptions { IpVersion = version });
            Assert.True(result.Passed, $"{result.Failure}");
            Assert.All(result.Packets.Where(p => p.Outbound), p => Assert.Equal((mayNotFragment, trafficClass, hops), HeaderOf(p.Bytes.Span)));
        }
    }

    private static (bool MayNotFragment, int TrafficClass, int Hops) HeaderOf(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 4
        ? ((packet[6] & 0x40) != 0, packet[1], packet[8])
        : (true, ((packet[0] & 0xF) << 4) | (packet[1] >> 4), packet[7]);

    [Theory]
    [InlineData("setsockopt(3, SOL_TCP, TCP_CONGESTION, \"illinois\", 8) = 0", "TCP_CONGESTION illinois is not supported yet")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_NODELAY, 1, 4) = 0", "expected setsockopt(3, SOL_TCP, TCP_NODELAY, 1, 4) = 0, got the value 1; it can be [number], a string or a structure")]
    [InlineData("getsockopt(3, SOL_TCP, TCP_NODELAY, [0], [8]) = 0", "expected getsockopt(3, SOL_TCP, TCP_NODELAY, [0], [8]) = 0, got a length of 4")]
    [InlineData("getsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", [4]) = 0", "expected getsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", [4]) = 0, got \"cubi\"")]
    [InlineData("setsockopt(3, SOL_TCP, TCP_REPAIR, [1], 4) = 0", "TCP_REPAIR is not supported yet")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_SNDLOWAT, [1], 4) = 0", "SO_SNDLOWAT is not supported yet")]
    public void What_differs_or_lacks_is_named(string calls, string expected) => Assert.Equal(expected, new CallBench().Run(Tcp + calls));
}
