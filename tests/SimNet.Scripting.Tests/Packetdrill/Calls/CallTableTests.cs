using SimNet.Scripting.Packetdrill;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>Calls that need no network, with what they return on Linux.</summary>
public sealed class CallTableTests
{
    private const string Tcp = "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3;";
    private const string NonBlocking = "socket(..., SOCK_STREAM|SOCK_NONBLOCK, 0) = 3;";
    private const string Udp = "socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3;";

    [Theory]
    // socket(2)
    [InlineData(Tcp)]
    [InlineData("socket(AF_INET, SOCK_STREAM, 0) = 3")]
    [InlineData("socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC, 0) = 3; fcntl(3, F_GETFD) = 1")]
    [InlineData("socket(..., SOCK_DGRAM, IPPROTO_ICMP) = 3")]
    [InlineData("socket(..., SOCK_STREAM, IPPROTO_UDP) = -1 EPROTONOSUPPORT (Protocol not supported)")]
    [InlineData("socket(AF_UNSPEC, SOCK_STREAM, 0) = -1 EAFNOSUPPORT")]
    [InlineData("socket(..., 99, 0) = -1 EINVAL; socket(..., SOCK_SEQPACKET, 0) = -1 ESOCKTNOSUPPORT")]
    // bind(2), listen(2), accept(2)
    [InlineData(Tcp + "bind(3, ..., ...) = 0; bind(3, ..., ...) = -1 EINVAL")]
    [InlineData("socket(AF_INET6, SOCK_STREAM, 0) = 3; bind(3, ..., ...) = -1 EINVAL")]
    [InlineData(Tcp + "bind(3, ..., ...) = 0; socket(..., SOCK_STREAM, 0) = 4; bind(4, ..., ...) = -1 EADDRINUSE")]
    [InlineData(Tcp + "bind(3, ..., ...) = 0; close(3) = 0; socket(..., SOCK_STREAM, 0) = 3; bind(3, ..., ...) = 0")]
    [InlineData(NonBlocking + "listen(3, 5) = 0; accept(3, ..., ...) = -1 EAGAIN (Resource temporarily unavailable)")]
    [InlineData(NonBlocking + "accept(3, ..., ...) = -1 EINVAL")]
    [InlineData(NonBlocking + "accept4(3, ..., ..., 1) = -1 EINVAL")]
    [InlineData(Udp + "listen(3, 5) = -1 EOPNOTSUPP; accept(3, ..., ...) = -1 EOPNOTSUPP")]
    // connect(2)
    [InlineData(NonBlocking + "connect(3, ..., ...) = -1 EINPROGRESS; connect(3, ..., ...) = -1 EALREADY; read(3, ..., 1) = -1 EAGAIN; write(3, ..., 1) = -1 EAGAIN")]
    [InlineData(NonBlocking + "connect(3, ..., ...) = -1 EINPROGRESS; connect(3, AF_UNSPEC, ...) = 0; connect(3, ..., ...) = -1 EINPROGRESS")]
    [InlineData(Udp + "connect(3, ..., ...) = 0; connect(3, AF_UNSPEC, ...) = 0; send(3, ..., 1, 0) = -1 EDESTADDRREQ")]
    // read(2), write(2) and their kin
    [InlineData(Tcp + "read(3, ..., 10) = -1 ENOTCONN; read(3, ..., 0) = 0; recv(3, ..., 0, 0) = -1 ENOTCONN; write(3, ..., 10) = -1 EPIPE (Broken pipe)")]
    [InlineData(Tcp + "readv(3, [{..., 10}, {..., 20}], 2) = -1 ENOTCONN; writev(3, [{..., 10}], 1) = -1 EPIPE")]
    [InlineData(Tcp + "recvfrom(3, ..., 10, MSG_PEEK, ..., ...) = -1 ENOTCONN; recv(3, ..., 10, MSG_ERRQUEUE) = -1 EAGAIN")]
    [InlineData(Tcp + "sendto(3, ..., 10, MSG_NOSIGNAL, ..., ...) = -1 EPIPE; sendto(3, ..., 10, 0, AF_UNSPEC, ...) = -1 EPIPE")]
    [InlineData(Udp + "write(3, ..., 10) = -1 EDESTADDRREQ; sendto(3, ..., 10, 0, ..., ...) = 10; sendto(3, ..., 70000, 0, ..., ...) = -1 EMSGSIZE")]
    [InlineData(Udp + "recv(3, ..., 10, MSG_DONTWAIT) = -1 EAGAIN; recv(3, ..., 10, MSG_OOB) = -1 EOPNOTSUPP")]
    [InlineData(Udp + "connect(3, ..., ...) = 0; send(3, NULL, 10, 0) = -1 EFAULT")]
    [InlineData("socket(..., SOCK_DGRAM, IPPROTO_ICMP) = 3; sendto(3, ..., 7, 0, ..., ...) = -1 EINVAL; sendto(3, ..., 64, 0, ..., ...) = 64")]
    // A result that is not looked at
    [InlineData(Tcp + "listen(3, 1) = ...; read(3, ..., 1) = ...; close(3) = ...; socket(..., SOCK_STREAM, 0) = 3; getsockopt(3, SOL_TCP, 9999, [0], [4]) = ...")]
    // shutdown(2), close(2)
    [InlineData(Tcp + "shutdown(3, SHUT_RD) = -1 ENOTCONN; shutdown(3, 3) = -1 EINVAL; listen(3, 1) = 0; shutdown(3, SHUT_RDWR) = 0; close(3) = 0")]
    // fcntl(2), ioctl(2)
    [InlineData(Tcp + "fcntl(3, F_GETFL) = 0x2 (flags O_RDWR); fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0; fcntl(3, F_GETFL) = 0x802")]
    [InlineData(Tcp + "fcntl(3, F_SETFD, FD_CLOEXEC) = 0; fcntl(3, F_GETFD) = 1")]
    [InlineData(Tcp + "ioctl(3, SIOCINQ, [0]) = 0; ioctl(3, SIOCOUTQ, [0]) = 0; listen(3, 1) = 0; ioctl(3, SIOCINQ, [0]) = -1 EINVAL")]
    // Descriptors of other kinds
    [InlineData("epoll_create(1) = 3; read(3, ..., 1) = -1 EINVAL; bind(3, ..., ...) = -1 ENOTSOCK; shutdown(3, SHUT_RD) = -1 ENOTSOCK; recv(3, ..., 1, 0) = -1 ENOTSOCK")]
    [InlineData("epoll_create(0) = -1 EINVAL; epoll_create1(EPOLL_CLOEXEC) = 3; fcntl(3, F_GETFD) = 1")]
    [InlineData("pipe([3, 4]) = 0; write(3, ..., 1) = -1 EBADF; read(4, ..., 1) = -1 EBADF; write(4, ..., 100) = 100; ioctl(3, FIONREAD, [100]) = 0; read(3, ..., 60) = 60; close(4) = 0; read(3, ..., 60) = 40; read(3, ..., 60) = 0")]
    [InlineData("pipe([3, 4]) = 0; close(3) = 0; write(4, ..., 1) = -1 EPIPE")]
    [InlineData("pipe([3, 4]) = 0; fcntl(4, F_SETFL, O_NONBLOCK) = 0; write(4, ..., 70000) = 65536; write(4, ..., 1) = -1 EAGAIN; fcntl(4, F_GETFL) = 0x801")]
    [InlineData("open(\"/tmp/none\", O_RDONLY) = -1 ENOENT; open(\"/tmp/x\", O_CREAT|O_RDWR) = 3; write(3, ..., 300) = 300; read(3, ..., 10) = 0; open(\"/tmp/../tmp/x\", O_RDONLY) = 4; read(4, ..., 500) = 300; write(4, ..., 1) = -1 EBADF")]
    [InlineData("open(\"/x\", O_CREAT|O_EXCL|O_WRONLY) = 3; open(\"/x\", O_CREAT|O_EXCL) = -1 EEXIST; fcntl(3, F_GETFL) = 0x8001; read(3, ..., 1) = -1 EBADF")]
    // capabilities(7)
    [InlineData(Tcp + "cap_set(CAP_EFFECTIVE, CAP_NET_ADMIN, CAP_CLEAR) = 0; setsockopt(3, SOL_SOCKET, SO_SNDBUFFORCE, [9000], 4) = -1 EPERM; cap_set(CAP_EFFECTIVE, CAP_NET_ADMIN, CAP_SET) = 0; setsockopt(3, SOL_SOCKET, SO_SNDBUFFORCE, [9000], 4) = 0")]
    [InlineData("cap_set(CAP_PERMITTED, CAP_NET_RAW, CAP_CLEAR) = -1 EPERM; cap_set(CAP_EFFECTIVE, CAP_NET_RAW, CAP_CLEAR) = 0; cap_set(CAP_PERMITTED, CAP_NET_RAW, CAP_CLEAR) = 0; cap_set(CAP_EFFECTIVE, CAP_NET_RAW, CAP_SET) = -1 EPERM")]
    public void A_call_returns_what_it_does_on_linux(string calls) => Assert.Equal("ok", new CallBench().Run(calls));

    [Theory]
    [InlineData(Tcp + "listen(3, 5) = 0; accept(3, ..., ...) = 4")]
    [InlineData(Tcp + "connect(3, ..., ...) = 0")]
    [InlineData(Udp + "recv(3, ..., 10, 0) = 10")]
    [InlineData("pipe([3, 4]) = 0; read(3, ..., 1) = 1")]
    [InlineData("pipe([3, 4]) = 0; write(4, ..., 65537) = 65537")]
    [InlineData("pipe([3, 4]) = 0; poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, -1) = 1")]
    public void A_call_that_would_sleep_blocks_and_no_other_may_meanwhile(string calls)
    {
        CallBench bench = new();
        Assert.Equal("blocked", bench.Run(calls));
        Assert.True(bench.Process.Deadline.IsNever);
        string name = bench.Process.BlockedCall!.Call.Name;
        Assert.Equal($"expected close(3) = 0, got {name} of line 1 that still blocks", bench.Run("close(3) = 0"));
    }

    [Theory]
    // What a failure says.
    [InlineData(Tcp + "write(3, ..., 1000) = 1000", "expected write(3, ..., 1000) = 1000, got -1 EPIPE (Broken pipe)")]
    [InlineData(Tcp + "read(3, ..., 10) = -1 EAGAIN (Try again)", "expected read(3, ..., 10) = -1 EAGAIN, got -1 ENOTCONN (Transport endpoint is not connected)")]
    [InlineData(Tcp + "bind(3, ..., ...) = -1 EINVAL", "expected bind(3, ..., ...) = -1 EINVAL, got 0")]
    [InlineData(Tcp + "fcntl(3, F_GETFL) = 0x802", "expected fcntl(3, F_GETFL) = 0x802, got 2")]
    [InlineData(Tcp + "getsockopt(3, SOL_TCP, TCP_NODELAY, [1], [4]) = 0", "expected getsockopt(3, SOL_TCP, TCP_NODELAY, [1], [4]) = 0, got [0]")]
    [InlineData(Tcp + "ioctl(3, SIOCINQ, [7]) = 0", "expected ioctl(3, SIOCINQ, [7]) = 0, got [0]")]
    [InlineData(Tcp + "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0 EAGAIN", "expected setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0 EAGAIN, got 0")]
    [InlineData(Tcp + "poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1", "expected poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1, got revents=POLLOUT|POLLHUP for fd 3")]
    // What a script may not write.
    [InlineData("read(7, ..., 10) = 0", "expected read(7, ..., 10) = 0, got descriptor 7, which is not open")]
    [InlineData(Tcp + "socket(..., SOCK_STREAM, 0) = 3", "expected socket(..., SOCK_STREAM, 0) = 3, got descriptor 3 a second time; it is still open")]
    [InlineData("socket(..., SOCK_STREEM, 0) = 3", "expected socket(..., SOCK_STREEM, 0) = 3, got the name SOCK_STREEM, which is not known; did you mean `SOCK_STREAM`?")]
    [InlineData("sockett(..., SOCK_STREAM, 0) = 3", "the system call sockett (did you mean `socket`?) is not supported yet")]
    [InlineData("frobnicate(3) = 0", "the system call frobnicate is not supported yet")]
    [InlineData("socket(..., SOCK_STREAM, 0) = ...", "expected socket(..., SOCK_STREAM, 0) = ..., got no number for the descriptor; the result says which one it is")]
    [InlineData(Tcp + "getsockopt(3, SOL_TCP, 9999, [7], [4]) = -1 ENOPROTOOPT", "expected getsockopt(3, SOL_TCP, 9999, [7], [4]) = -1 ENOPROTOOPT, got [0]")]
    [InlineData(Tcp + "listen(3) = 0", "expected listen(3) = 0, got 1 arguments; listen takes 2")]
    [InlineData(Tcp + "bind(3, 5, ...) = 0", "expected bind(3, 5, ...) = 0, got argument 2 of bind is 5; it can only be ...")]
    [InlineData(Tcp + "read(3, 5, 10) = 0", "expected read(3, 5, 10) = 0, got the buffer is 5; it can be ... or NULL")]
    [InlineData(Tcp + "readv(3, [{..., 10}], 2) = 10", "expected readv(3, [{..., 10}], 2) = 10, got 1 buffers and a count of 2; they are the same")]
    [InlineData(Tcp + "read(3, ..., 10) = -1 ENOSUCH", "expected read(3, ..., 10) = -1 ENOSUCH, got ENOSUCH, which is no errno")]
    // What we lack.
    [InlineData("socket(..., SOCK_STREAM, IPPROTO_MPTCP) = 3", "IPPROTO_MPTCP is not supported yet")]
    [InlineData("socket(..., SOCK_RAW, 0) = 3", "SOCK_RAW is not supported yet")]
    [InlineData(Tcp + "setsockopt(3, SOL_TCP, TCP_REPAIR, [1], 4) = 0", "TCP_REPAIR is not supported yet")]
    [InlineData(Tcp + "getsockopt(3, SOL_SOCKET, SO_COOKIE, [1], [4]) = 0", "SO_COOKIE is not supported yet")]
    [InlineData(Tcp + "send(3, ..., 10, 0x100000|MSG_MORE) = 10", "0x100000 is not supported yet")]
    [InlineData(Tcp + "recv(3, ..., 10, 0x100000) = 10", "0x100000 is not supported yet")]
    [InlineData(Tcp + "fcntl(3, F_DUPFD, 5) = 5", "F_DUPFD is not supported yet")]
    [InlineData("psp_rx_assoc(3, [1]) = 0", "the system call psp_rx_assoc is not supported yet")]
    [InlineData("open(\"/proc/net/tcp\", O_RDONLY) = 3", "open of /proc/net/tcp is not supported yet")]
    public void What_goes_wrong_is_said_in_one_line(string calls, string expected) => Assert.Equal(expected, new CallBench().Run(calls));

    [Fact]
    public void Sockets_are_of_the_family_of_the_ip_version()
    {
        foreach (PacketdrillIpVersion version in Enum.GetValues<PacketdrillIpVersion>())
        {
            string family = version is PacketdrillIpVersion.Ipv4 ? "2" : "10";
            Assert.Equal("ok", new CallBench(version).Run(Tcp + $"bind(3, ..., ...) = 0; getsockopt(3, SOL_SOCKET, SO_DOMAIN, [{family}], [4]) = 0"));
        }
    }
}
