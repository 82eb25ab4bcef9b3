using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>epoll(7): levels, edges, one shot; and what epoll_ctl refuses.</summary>
public sealed class EpollTests
{
    private const string Connected = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 bind(3, ..., ...) = 0
        +0 listen(3, 5) = 0
        +0 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>
        +0 > S. 0:0(0) ack 1 <...>
        +.05 < . 1:1(0) ack 1 win 30000
        +0 accept(3, ..., ...) = 4
        +0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
        +0 epoll_create(1) = 5

        """;

    [Theory]
    [InlineData("a level stays", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
        +0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
        +0 read(4, ..., 300) = 300
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        """)]
    [InlineData("an edge is more data, read or not", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, u64=7}) = 0
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, u64=7}, 4, 0) = 1
        +0 epoll_wait(5, {events=0, ptr=0}, 4, 0) = 0
        +.1 < P. 301:401(100) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, u32=7}, 4, 0) = 1
        +0 read(4, ..., 350) = 350
        +0 epoll_wait(5, {events=0, ptr=0}, 4, 0) = 0
        +.1 < F. 401:401(0) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, ptr=7}, 4, 0) = 1
        """)]
    [InlineData("an edge for writing is space for whom it was refused", """
        +0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [5000], 4) = 0
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLET, fd=4}) = 0
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
        +0 write(4, ..., 1000) = 1000
        +.1 < . 1:1(0) ack 1001 win 30000
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        +0 write(4, ..., 9000) = 9000
        +0 write(4, ..., 1000) = -1 EAGAIN
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        +.1 < . 1:1(0) ack 10001 win 30000
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        """)]
    [InlineData("an edge is one for those that wait for its kind", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLET, fd=4}) = 0
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        +.1 < F. 301:301(0) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
        """)]
    [InlineData("one shot, until it is set again", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLONESHOT, fd=4}) = 0
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
        +.1 < P. 301:401(100) ack 1 win 30000
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        +0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLONESHOT, fd=4}) = 0
        +0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
        +.1 < R. 401:401(0) ack 1 win 30000
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        """)]
    [InlineData("errors and hang-ups are told unasked", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLET, fd=4}) = 0
        +.1 < R. 1:1(0) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLERR|EPOLLHUP, fd=4}, 1, 0) = 1
        +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
        """)]
    [InlineData("exclusive ones", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLRDHUP|EPOLLEXCLUSIVE, fd=4}) = -1 EINVAL
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET|EPOLLEXCLUSIVE, fd=4}) = 0
        +0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 EINVAL
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
        """)]
    [InlineData("the turn goes round", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, fd=4}) = 0
        +0 pipe([6, 7]) = 0
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLOUT, fd=7}) = 0
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
        +0 epoll_wait(5, {events=EPOLLOUT, fd=7}, 1, 0) = 1
        +0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 8, 0) = 2
        +0 close(4) = 0
        +0 epoll_wait(5, {events=EPOLLOUT, fd=7}, 8, 0) = 1
        """)]
    [InlineData("it sleeps until something happens, or its time is over", """
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLRDHUP, fd=4}) = 0
        +0...0.2 epoll_wait(5, {events=0, ptr=0}, 1, 200) = 0
        +.3...0.5 epoll_wait(5, {events=EPOLLIN|EPOLLRDHUP, fd=4}, 1, -1) = 1
        +.2 < F. 1:1(0) ack 1 win 30000
        """)]
    [InlineData("an instance within another", """
        +0 epoll_create(1) = 6
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0
        +0 epoll_ctl(6, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, fd=5}) = 0
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLIN, fd=6}) = -1 ELOOP
        +0 epoll_wait(6, {events=0, ptr=0}, 1, 0) = 0
        +.1 < P. 1:301(300) ack 1 win 30000
        +0 poll([{fd=5, events=POLLIN, revents=POLLIN}], 1, 0) = 1
        +0 epoll_wait(6, {events=EPOLLIN, fd=5}, 1, 0) = 1
        +0 epoll_wait(6, {events=0, ptr=0}, 1, 0) = 0
        """)]
    [InlineData("what is refused", """
        +0 epoll_ctl(5, EPOLL_CTL_DEL, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT
        +0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EEXIST
        +0 epoll_ctl(5, EPOLL_CTL_DEL, 4, {events=0, fd=4}) = 0
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 5, {events=EPOLLIN, fd=5}) = -1 EINVAL
        +0 epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN, fd=3}) = -1 EINVAL
        +0 epoll_ctl(5, 9, 3, {events=EPOLLIN, fd=3}) = -1 EINVAL
        +0 epoll_wait(5, {events=0, ptr=0}, 0, 0) = -1 EINVAL
        +0 epoll_wait(4, {events=0, ptr=0}, 1, 0) = -1 EINVAL
        +0 open("/x", O_CREAT|O_RDWR) = 6
        +0 epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLIN, fd=6}) = -1 EPERM
        """)]
    public void As_linux_has_it(string what, string script)
    {
        PacketdrillResult result = Run(Connected + script);
        Assert.True(result.Passed, $"{what}: {result.Failure}");
    }

    [Fact]
    public void A_listening_socket_is_ready_when_a_connection_waits()
    {
        PacketdrillResult result = Run("""
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0 bind(3, ..., ...) = 0
            +0 listen(3, 5) = 0
            +0 epoll_create(1) = 5
            +0 epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLOUT|EPOLLET, fd=3}) = 0
            +0...0.1 epoll_wait(5, {events=EPOLLIN, fd=3}, 1, -1) = 1
            +.05 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>
            +0 > S. 0:0(0) ack 1 <...>
            +.05 < . 1:1(0) ack 1 win 30000
            +0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
            """);
        Assert.True(result.Passed, $"{result.Failure}");
    }

    [Theory]
    [InlineData("+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1", "events=EPOLLOUT")]
    [InlineData("+0 epoll_wait(5, {events=EPOLLOUT, fd=3}, 1, 0) = 1", "data 4 instead of 3")]
    [InlineData("+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0", "got 1")]
    [InlineData("+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLOUT, fd=3}) = 0", "fd=3 in the event; it is 4, as in the call")]
    public void And_not_otherwise(string line, string message)
    {
        PacketdrillResult result = Run(Connected + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, fd=4}) = 0\n" + line);
        Assert.Contains(message, result.Failure?.ToString(), StringComparison.Ordinal);
    }

    private static PacketdrillResult Run(string script) => PacketdrillRunner.Run(script + "\n", "epoll.pkt", new PacketdrillOptions());
}
