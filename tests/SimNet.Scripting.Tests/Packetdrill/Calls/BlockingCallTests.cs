using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>Calls that sleep, on connections with packets: what wakes them, and when.</summary>
public sealed class BlockingCallTests
{
    private const string Connected = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 bind(3, ..., ...) = 0
        +0 listen(3, 5) = 0
        +0...0.1 accept(3, ..., ...) = 4
        +.05 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>
        +0 > S. 0:0(0) ack 1 <...>
        +.05 < . 1:1(0) ack 1 win 30000

        """;

    private const string FiveSeconds = "\"\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\", 16";

    [Theory]
    [InlineData("a read until data comes", """
        +0...0.2 read(4, ..., 1000) = 300
        +.2 < P. 1:301(300) ack 1 win 30000
        """)]
    [InlineData("a read for all of it", """
        +0...0.3 recv(4, ..., 1000, MSG_WAITALL) = 1000
        +.2 < P. 1:301(300) ack 1 win 30000
        +.1 < P. 301:1001(700) ack 1 win 30000
        """)]
    [InlineData("a read for all of it that the end cuts short, and a FIN", """
        +0...0.3 recv(4, ..., 1000, MSG_WAITALL) = 300
        +.2 < P. 1:301(300) ack 1 win 30000
        +.1 < F. 301:301(0) ack 1 win 30000
        +0 read(4, ..., 1000) = 0
        """)]
    [InlineData("a read until a reset", """
        +0...0.2 read(4, ..., 1000) = -1 ECONNRESET (Connection reset by peer)
        +.2 < R. 1:1(0) ack 1 win 30000
        +0 read(4, ..., 1000) = 0
        +0 write(4, ..., 1000) = -1 EPIPE
        """)]
    [InlineData("a read with a timeout", $"""
        +0 setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {FiveSeconds}) = 0
        +0...5 read(4, ..., 1000) = -1 EAGAIN
        +6 < P. 1:301(300) ack 1 win 30000
        +0 read(4, ..., 1000) = 300
        """)]
    [InlineData("a write of more than the buffer takes", """
        +0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [4000], 4) = 0
        +0...0.3 write(4, ..., 50000) = 50000
        +.1 < . 1:1(0) ack 5001 win 60000
        +.1 < . 1:1(0) ack 10001 win 60000
        +.1 < . 1:1(0) ack 25001 win 60000
        """)]
    [InlineData("a write that a reset cuts short, and the error at the next", """
        +0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [4000], 4) = 0
        +0...0.1 write(4, ..., 90000) = 25000
        +.1 < R. 1:1(0) ack 1 win 30000
        +0 write(4, ..., 1000) = -1 ECONNRESET
        """)]
    [InlineData("poll until its timeout", """
        +0...0.25 poll([{fd=4, events=POLLIN, revents=0}], 1, 250) = 0
        """)]
    [InlineData("poll until data comes", """
        +0...0 poll([{fd=4, events=POLLIN|POLLOUT|POLLRDHUP, revents=POLLOUT}, {fd=3, events=POLLIN}], 2, 250) = 1
        +.1...0.2 poll([{fd=4, events=POLLIN|POLLRDNORM|POLLRDHUP, revents=POLLIN|POLLRDNORM}], 1, -1) = 1
        +.1 < P. 1:301(300) ack 1 win 30000
        """)]
    [InlineData("close with SO_LINGER until the FIN is acknowledged", """
        +0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=9}, 8) = 0
        +0...0.15 close(4) = 0
        +0 > F. 1:1(0) ack 1
        +.15 < . 1:1(0) ack 2 win 30000
        """)]
    [InlineData("close with SO_LINGER that nobody acknowledges", """
        +0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, 8) = 0
        +0...2 close(4) = 0
        +3 fcntl(3, F_GETFL) = 2
        """)]
    [InlineData("splice into a pipe and out of it", """
        +0 pipe([5, 6]) = 0
        +0...0.1 splice(4, 0, 6, 0, 5000, 0) = 700
        +.1 < P. 1:701(700) ack 1 win 30000
        +0 splice(5, 0, 4, 0, 700, 0) = 700
        +0 > P. 1:701(700) ack 701
        +0 splice(5, 0, 4, 0, 5000, SPLICE_F_NONBLOCK) = -1 EAGAIN
        +0 splice(4, 1, 6, 0, 5000, 0) = -1 EFAULT
        +0 splice(4, 0, 6, 1, 5000, 0) = -1 ESPIPE
        """)]
    [InlineData("bad buffers", """
        +0 write(4, NULL, 100) = -1 EFAULT (Bad address)
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 read(4, NULL, 1000) = -1 EFAULT
        +0 recv(4, NULL, 100, MSG_TRUNC) = 100
        +0 recv(4, ..., 1000, MSG_PEEK) = 200
        +0 ioctl(4, SIOCINQ, [200]) = 0
        """)]
    [InlineData("what is left to read", """
        +0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0, msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=200}]}, 0) = 100
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=MSG_CTRUNC}, 0) = 100
        +.1 < F. 301:301(0) ack 1 win 30000
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 50}], msg_flags=0, msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=51}]}, 0) = 50
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 50}], msg_flags=0, msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=1}]}, 0) = 50
        """)]
    [InlineData("what is left to send", """
        +0 write(4, ..., 20000) = 20000
        +0 ioctl(4, SIOCOUTQ, [20000]) = 0
        +0 ioctl(4, SIOCOUTQNSD, [10000]) = 0
        """)]
    public void It_wakes_when_it_should(string what, string script)
    {
        foreach (PacketdrillIpVersion version in Enum.GetValues<PacketdrillIpVersion>())
        {
            PacketdrillResult result = Run(Connected + script, version);
            Assert.True(result.Passed, $"{what}, {version}: {result.Failure}");
        }
    }

    [Theory]
    [InlineData("""
        0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
        +0 bind(3, ..., ...) = 0
        +0 connect(3, ..., ...) = 0
        +0 write(3, ..., 100) = 100
        +0 > udp (100)
        +0...0.1 recv(3, ..., 1000, 0) = 200
        +.1 < udp (200)
        +0 poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
        +.1 < udp (200)
        +0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 50}], msg_flags=MSG_TRUNC}, 0) = 50
        +0 recv(3, ..., 1000, MSG_DONTWAIT) = -1 EAGAIN
        """)]
    [InlineData("""
        0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
        +0 setsockopt(3, SOL_IP, IP_RECVERR, [1], 4) = 0
        +0 connect(3, ..., ...) = 0
        +0 write(3, ..., 100) = 100
        +0 > udp (100)
        +0...0.1 recv(3, ..., 1000, 0) = -1 ECONNREFUSED
        +.1 < icmp unreachable port_unreachable [udp (100)]
        +0 poll([{fd=3, events=POLLIN, revents=POLLERR}], 1, 0) = 1
        +0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 2000}], msg_flags=MSG_ERRQUEUE, msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=ECONNREFUSED, ee_origin=SO_EE_ORIGIN_ICMP, ee_type=3, ee_code=3, ee_info=0, ee_data=0}}]}, MSG_ERRQUEUE) = 0
        +0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 2000}], msg_flags=0}, MSG_ERRQUEUE) = -1 EAGAIN
        """)]
    public void Datagrams_and_errors_about_them(string script)
    {
        PacketdrillResult result = Run(script);
        Assert.True(result.Passed, $"{result.Failure}");
    }

    [Theory]
    [InlineData("+0...0.1 read(4, ..., 1000) = 300\n+.2 < P. 1:301(300) ack 1 win 30000\n")]
    [InlineData("+0...0.2 read(4, ..., 1000) = 301\n+.2 < P. 1:301(300) ack 1 win 30000\n")]
    [InlineData("+0...0.25 poll([{fd=4, events=POLLIN, revents=0}], 1, 200) = 0\n")]
    [InlineData("+0 read(4, ..., 1000) = 300\n+.2 < P. 1:301(300) ack 1 win 30000\n")]
    [InlineData("+0...0.1 read(4, ..., 1000) = 300\n")]
    public void And_not_otherwise(string script) => Assert.False(Run(Connected + script).Passed);

    [Fact]
    public void A_connect_sleeps_until_it_is_decided()
    {
        const string Script = """
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0...0.1 connect(3, ..., ...) = 0
            +0 > S 0:0(0) <...>
            +.1 < S. 0:0(0) ack 1 win 30000 <mss 1000>
            +0 > . 1:1(0) ack 1
            +0 connect(3, ..., ...) = -1 EISCONN
            +0 close(3) = 0
            +0 > F. 1:1(0) ack 1
            +0 < R. 1:1(0) ack 2 win 0
            +0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0...0.1 connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)
            +0 > S 0:0(0) <...>
            +.1 < R. 0:0(0) ack 1 win 0
            """;
        PacketdrillResult result = Run(Script);
        Assert.True(result.Passed, $"{result.Failure}");
    }

    private static PacketdrillResult Run(string script, PacketdrillIpVersion version = PacketdrillIpVersion.Ipv4) =>
        PacketdrillRunner.Run(script + "\n", "blocking.pkt", new PacketdrillOptions { IpVersion = version });
}
