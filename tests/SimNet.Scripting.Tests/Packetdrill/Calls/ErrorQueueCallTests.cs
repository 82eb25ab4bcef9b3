using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>recvmsg with MSG_ERRQUEUE: MSG_ZEROCOPY, SO_TIMESTAMPING, ICMP; and what the tool compares of it.</summary>
public sealed class ErrorQueueCallTests
{
    private const string Connected = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
        +0 bind(3, ..., ...) = 0
        +0 listen(3, 5) = 0
        +0 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>
        +0 > S. 0:0(0) ack 1 <...>
        +.01 < . 1:1(0) ack 1 win 30000
        +0 accept(3, ..., ...) = 4

        """;

    private const string Stamped = Connected + """
        +0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_TX_SOFTWARE|SOF_TIMESTAMPING_TX_ACK|SOF_TIMESTAMPING_SOFTWARE|SOF_TIMESTAMPING_OPT_ID], 4) = 0
        +0 write(4, ..., 700) = 700
        +0 > P. 1:701(700) ack 1
        +.01 < . 1:1(0) ack 701 win 30000

        """;

    private const string Notice = "{cmsg_level=CMSG_LEVEL_IP, cmsg_type=CMSG_TYPE_RECVERR, cmsg_data={ee_errno=0, ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0, ee_code=SO_EE_CODE_ZEROCOPY_COPIED, ee_info=0, ee_data=1}}";

    [Theory]
    [InlineData("notices: nothing to read, calls in a row, MSG_TRUNC not set", Connected + """
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, msg_control=[]}, MSG_ERRQUEUE) = -1 EAGAIN
        +0 send(4, ..., 1000, MSG_ZEROCOPY) = 1000
        +0 sendto(4, ..., 1000, MSG_ZEROCOPY, ..., ...) = 1000
        +0 send(4, ..., 1000, MSG_ZEROCOPY|MSG_DONTWAIT) = 1000
        +0 > P. 1:1001(1000) ack 1
        +0 > P. 1001:2001(1000) ack 1
        +0 > P. 2001:3001(1000) ack 1
        +0 poll([{fd=4, events=POLLIN, revents=0}], 1, 0) = 0
        +.01 < . 1:1(0) ack 2001 win 30000
        +0 poll([{fd=4, events=POLLIN, revents=POLLERR}], 1, 0) = 1
        +0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=MSG_ERRQUEUE, msg_control=[$NOTICE]}, MSG_ERRQUEUE) = 0
        +0 poll([{fd=4, events=POLLIN, revents=0}], 1, 0) = 0
        """)]
    [InlineData("without MSG_ERRQUEUE the queue is not looked at", Connected + """
        +0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
        +0 send(4, ..., 1000, MSG_ZEROCOPY) = 1000
        +0 > P. 1:1001(1000) ack 1
        +.01 < P. 1:101(100) ack 1001 win 30000
        +0 read(4, ..., 1000) = 100
        +0 read(4, ..., 1000) = -1 EAGAIN
        +0 recv(4, ..., 1000, MSG_ERRQUEUE) = 0
        +0 recv(4, ..., 1000, MSG_ERRQUEUE) = -1 EAGAIN
        """)]
    [InlineData("buffers of sendmsg are fragments", Connected + """
        +0 sendmsg(4, {msg_name(...)=..., msg_iov(4)=[{..., 0}, {..., 10}, {..., 0}, {..., 20}], msg_flags=0}, MSG_ZEROCOPY) = 30
        +0 > P. 1:31(30) ack 1
        +0 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 0}, {..., 0}], msg_flags=0}, MSG_ZEROCOPY) = 0
        +.01 < . 1:1(0) ack 31 win 30000
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_CTRUNC, msg_control=[]}, MSG_ERRQUEUE) = 0
        +0 recv(4, ..., 1, MSG_ERRQUEUE) = -1 EAGAIN
        """)]
    [InlineData("a call that blocks is told of once, and goes on although others are told of", Connected + """
        +0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [2304], 4) = 0
        +0 send(4, ..., 1000, MSG_ZEROCOPY) = 1000
        +0 > P. 1:1001(1000) ack 1
        +0...0.01 send(4, ..., 40000, MSG_ZEROCOPY) = 40000
        +.01 < . 1:1(0) ack 1001 win 65535
        +.01 < . 1:1(0) ack 5001 win 65535
        +.01 < . 1:1(0) ack 10001 win 65535
        +.01 < . 1:1(0) ack 15001 win 65535
        +.01 < . 1:1(0) ack 20001 win 65535
        +.01 < . 1:1(0) ack 25001 win 65535
        +.03 < . 1:1(0) ack 30001 win 65535
        +.01 < . 1:1(0) ack 35001 win 65535
        +.01 < . 1:1(0) ack 41001 win 65535
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, msg_control=[$NOTICE]}, MSG_ERRQUEUE) = 0
        """)]
    [InlineData("times, with as much of the packet as there is room for", Stamped + """
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 2000}], msg_flags=MSG_ERRQUEUE, msg_control=[$TIME(10)$SEND]}, MSG_ERRQUEUE) = $LENGTH
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 30}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[$TIME(20)$ACK]}, MSG_ERRQUEUE) = 30
        """)]
    [InlineData("a time may be 4 ms off, and any where the script says 0", Stamped + """
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[$TIME(0)$SEND]}, MSG_ERRQUEUE) = 0
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[$TIME(16)$ACK]}, MSG_ERRQUEUE) = 0
        """)]
    [InlineData("times are told as long as SOF_TIMESTAMPING_SOFTWARE says so, numbers as long as SOF_TIMESTAMPING_OPT_ID was set then", Stamped + """
        +0 getsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [0x292], [4]) = 0
        +0 getsockopt(4, SOL_SOCKET, SO_TIMESTAMPING_NEW, [0], [4]) = 0
        +0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [0], 4) = 0
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[$SEND]}, MSG_ERRQUEUE) = 0
        """)]
    [InlineData("the new option has its own control message", Connected + """
        +0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING_NEW, [SOF_TIMESTAMPING_TX_ACK|SOF_TIMESTAMPING_SOFTWARE|SOF_TIMESTAMPING_OPT_ID|SOF_TIMESTAMPING_OPT_TSONLY], 4) = 0
        +0 getsockopt(4, SOL_SOCKET, SO_TIMESTAMPING_NEW, [0xa90], [4]) = 0
        +0 write(4, ..., 700) = 700
        +0 > P. 1:701(700) ack 1
        +.01 < . 1:1(0) ack 701 win 30000
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING_NEW, cmsg_data={scm_sec=0,scm_nsec=20000000}}$ACK]}, MSG_ERRQUEUE) = 0
        """)]
    [InlineData("a control message of sendmsg", Connected + """
        +0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_SOFTWARE|SOF_TIMESTAMPING_OPT_ID|SOF_TIMESTAMPING_OPT_CMSG], 4) = 0
        +0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 700}], msg_flags=0, msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPING, cmsg_data=SOF_TIMESTAMPING_TX_ACK}]}, 0) = 700
        +0 > P. 1:701(700) ack 1
        +.01 < . 1:1(0) ack 701 win 30000
        +0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[$TIME(20)$ACK]}, MSG_ERRQUEUE) = 0
        +0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 700}], msg_flags=0, msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPING, cmsg_data=SOF_TIMESTAMPING_SOFTWARE}]}, 0) = -1 EINVAL
        """)]
    public void As_linux_has_it(string what, string script)
    {
        foreach (PacketdrillIpVersion version in Enum.GetValues<PacketdrillIpVersion>())
        {
            PacketdrillResult result = Run(Expand(script).Replace("$LENGTH", version is PacketdrillIpVersion.Ipv6 ? "760" : "740"), version);
            Assert.True(result.Passed, $"{what}, {version}: {result.Failure}");
        }
    }

    [Fact]
    public void An_icmp_error_that_ends_an_attempt_to_connect_is_kept_in_ipv4_and_in_ipv6_if_asked_for()
    {
        const string Opening = """
            +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
            +0 connect(3, ..., ...) = -1 EINPROGRESS
            +0 > S 0:0(0) <...>
            +.01 < icmp unreachable $CODE [0:0(0)]
            +0 poll([{fd=3, events=0, revents=POLLERR|POLLHUP}], 1, 0) = 1
            +0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0

            """;
        const string Read = """
            +0 poll([{fd=3, events=0, revents=POLLERR|POLLHUP}], 1, 0) = 1
            +0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[{cmsg_level=CMSG_LEVEL_IP, cmsg_type=CMSG_TYPE_RECVERR, cmsg_data={ee_errno=ECONNREFUSED, ee_origin=$ORIGIN, ee_code=$NUMBER, ee_info=0, ee_data=0}}]}, MSG_ERRQUEUE) = 0
            +0 poll([{fd=3, events=0, revents=POLLHUP}], 1, 0) = 1
            """;
        string v4 = (Opening + Read).Replace("$CODE", "port_unreachable").Replace("$ORIGIN", "SO_EE_ORIGIN_ICMP, ee_type=3").Replace("$NUMBER", "3");
        string v6 = (Opening + Read).Replace("$CODE", "port_unreachable").Replace("$ORIGIN", "SO_EE_ORIGIN_ICMP6, ee_type=1").Replace("$NUMBER", "4");
        const string Socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
        Assert.Null(Run(Socket + v4, PacketdrillIpVersion.Ipv4).Failure?.ToString());
        Assert.Null(Run(Socket + "+0 setsockopt(3, SOL_IPV6, IPV6_RECVERR, [1], 4) = 0\n" + v6, PacketdrillIpVersion.Ipv6).Failure?.ToString());
        string none = Opening.Replace("$CODE", "port_unreachable") + "+0 recv(3, ..., 1, MSG_ERRQUEUE) = -1 EAGAIN";
        Assert.Null(Run(Socket + none, PacketdrillIpVersion.Ipv6).Failure?.ToString());
    }

    [Theory]
    [InlineData("$TIME(25)$SEND", "control message 1 with 0.010000 s instead of 0.025000 s")]
    [InlineData("$TIME(10)$ACK", "control message 2 with 42, 4, 0, 0, 0, 699 instead of 42, 4, 0, 0, 2, 699")]
    public void And_not_otherwise(string control, string message)
    {
        string line = $"+0 recvmsg(4, {{msg_name(...)=..., msg_iov(1)=[{{..., 0}}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[{control}]}}, MSG_ERRQUEUE) = 0";
        PacketdrillResult result = Run(Expand(Stamped + line), PacketdrillIpVersion.Ipv4);
        Assert.Contains(message, result.Failure?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [2], 4) = -1 EINVAL; setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0; getsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], [4]) = 0", "ok")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [0x80000], 4) = -1 EINVAL; setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [1], 3) = -1 EINVAL", "ok")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_OPT_ID], 4) = -1 EINVAL; setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_OPT_ID_TCP], 4) = -1 EINVAL", "ok")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_OPT_STATS|SOF_TIMESTAMPING_OPT_TSONLY], 4) = 0", "SOF_TIMESTAMPING_OPT_STATS is not supported yet")]
    [InlineData("setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_BIND_PHC], 4) = 0", "SOF_TIMESTAMPING_BIND_PHC is not supported yet")]
    [InlineData("recv(3, ..., 1, MSG_ERRQUEUE) = -1 EAGAIN; send(3, ..., 1, MSG_ZEROCOPY) = -1 EPIPE", "ok")]
    [InlineData("socket(..., SOCK_DGRAM, 0) = 4; setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0", "SO_ZEROCOPY on this kind of socket is not supported yet")]
    [InlineData("socket(..., SOCK_DGRAM, 0) = 4; setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [1], 4) = 0", "SO_TIMESTAMPING on this kind of socket is not supported yet")]
    public void Calls_and_what_they_return(string calls, string outcome) =>
        Assert.Equal(outcome, new CallBench().Run("socket(..., SOCK_STREAM, IPPROTO_TCP) = 3;" + calls));

    private static string Expand(string script)
    {
        const string Error = "{cmsg_level=CMSG_LEVEL_IP, cmsg_type=CMSG_TYPE_RECVERR, cmsg_data={ee_errno=ENOMSG, ee_origin=SO_EE_ORIGIN_TIMESTAMPING, ee_type=0, ee_code=0, ";
        script = script.Replace("$NOTICE", Notice).Replace("]$", "], $");
        foreach (int time in (int[])[0, 10, 16, 20, 25])
        {
            script = script.Replace($"$TIME({time})", $"{{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={{scm_sec=0,scm_nsec={time}000000}}}}");
        }

        return script.Replace("}}$", "}}, $").Replace("$SEND", Error + "ee_info=SCM_TSTAMP_SND, ee_data=699}}").Replace("$ACK", Error + "ee_info=SCM_TSTAMP_ACK, ee_data=699}}");
    }

    private static PacketdrillResult Run(string script, PacketdrillIpVersion version)
    {
        // What the level and the type are called depends on the socket's family; the runner defines both.
        return PacketdrillRunner.Run(script + "\n", "errors.pkt", new PacketdrillOptions { IpVersion = version });
    }
}
