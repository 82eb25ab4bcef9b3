using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tests.Udp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Icmp;

/// <summary>
/// What an ICMP error does to UDP and ping sockets. The errors by type and code were written down from a Linux 6.18 kernel behind
/// a TAP device.
/// </summary>
public sealed class DatagramErrorTests
{
    private readonly DatagramBench _bench = new();

    /// <summary>IPv6, type, code; what a connected socket is told; what one with IP_RECVERR is told.</summary>
    public static TheoryData<bool, byte, byte, Errno, Errno> Table => new()
    {
        { false, 3, 0, Errno.OK, Errno.ENETUNREACH },
        { false, 3, 1, Errno.OK, Errno.EHOSTUNREACH },
        { false, 3, 2, Errno.ENOPROTOOPT, Errno.ENOPROTOOPT },
        { false, 3, 3, Errno.ECONNREFUSED, Errno.ECONNREFUSED },
        { false, 3, 4, Errno.EMSGSIZE, Errno.EMSGSIZE },
        { false, 3, 5, Errno.OK, Errno.EOPNOTSUPP },
        { false, 3, 6, Errno.ENETUNREACH, Errno.ENETUNREACH },
        { false, 3, 7, Errno.EHOSTDOWN, Errno.EHOSTDOWN },
        { false, 3, 8, Errno.ENONET, Errno.ENONET },
        { false, 3, 9, Errno.ENETUNREACH, Errno.ENETUNREACH },
        { false, 3, 10, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH },
        { false, 3, 11, Errno.OK, Errno.ENETUNREACH },
        { false, 3, 12, Errno.OK, Errno.EHOSTUNREACH },
        { false, 3, 13, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH },
        { false, 3, 16, Errno.OK, Errno.OK },
        { false, 4, 0, Errno.OK, Errno.OK },
        { false, 5, 0, Errno.OK, Errno.OK },
        { false, 11, 0, Errno.OK, Errno.EHOSTUNREACH },
        { false, 11, 1, Errno.OK, Errno.OK },
        { false, 12, 0, Errno.EPROTO, Errno.EPROTO },
        { true, 1, 0, Errno.OK, Errno.ENETUNREACH },
        { true, 1, 1, Errno.EACCES, Errno.EACCES },
        { true, 1, 2, Errno.OK, Errno.EHOSTUNREACH },
        { true, 1, 3, Errno.OK, Errno.EHOSTUNREACH },
        { true, 1, 4, Errno.ECONNREFUSED, Errno.ECONNREFUSED },
        { true, 1, 5, Errno.EACCES, Errno.EACCES },
        { true, 1, 6, Errno.EACCES, Errno.EACCES },
        { true, 1, 7, Errno.EPROTO, Errno.EPROTO },
        { true, 2, 0, Errno.EMSGSIZE, Errno.EMSGSIZE },
        { true, 3, 0, Errno.OK, Errno.EHOSTUNREACH },
        { true, 3, 1, Errno.OK, Errno.EHOSTUNREACH },
        { true, 4, 0, Errno.EPROTO, Errno.EPROTO },
        { true, 100, 0, Errno.OK, Errno.EPROTO },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_UDP_socket_is_told(bool ipv6, byte type, byte code, Errno connected, Errno asked)
    {
        IpEndpoint peer = new(ipv6 ? DatagramBench.Peer6 : DatagramBench.Peer, 9);
        AddressFamily family = ipv6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET;

        UdpSocket first = _bench.Connected(peer);
        first.Send(_bench.Now, "hello"u8);
        _bench.IcmpArrives(type, code, 1300, _bench.SentOne());
        Assert.Equal(connected is Errno.OK ? Errno.EAGAIN : connected, first.Receive(_bench.Now, new byte[9]).Error);
        Assert.Equal(Errno.EAGAIN, first.Receive(_bench.Now, new byte[9]).Error);

        UdpSocket second = _bench.Host.OpenUdpSocket(family);
        second.SendTo(_bench.Now, "hello"u8, peer);
        _bench.IcmpArrives(type, code, 1300, _bench.SentOne());
        Assert.Equal(Errno.EAGAIN, second.Receive(_bench.Now, new byte[9]).Error);

        UdpSocket third = _bench.Host.OpenUdpSocket(family);
        third.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        third.SendTo(_bench.Now, "hello"u8, peer);
        _bench.IcmpArrives(type, code, 1300, _bench.SentOne());
        Assert.Equal(asked is not Errno.OK, (third.Poll() & PollEvents.POLLERR) != 0);
        Assert.Equal(asked is Errno.OK ? Errno.EAGAIN : Errno.OK, third.ReceiveError(out ExtendedError? error));
        if (asked is not Errno.OK)
        {
            Assert.Equal((asked, type, code), (error!.Error, error.Type, error.Code));
            Assert.Equal(peer, error.Destination);
            Assert.Equal("hello"u8.ToArray(), error.Data.ToArray());
            Assert.Equal(ipv6 ? DatagramBench.Peer6 : DatagramBench.Router, error.Offender);
        }

        Assert.Equal(Errno.EAGAIN, third.Receive(_bench.Now, new byte[9]).Error);
    }

    [Fact]
    public void A_pending_error_is_told_once_and_by_send_instead_of_sending()
    {
        UdpSocket socket = _bench.Connected(new IpEndpoint(DatagramBench.Peer, 9));
        socket.Send(_bench.Now, "hello"u8);
        _bench.IcmpArrives(3, 3, 0, _bench.SentOne());
        Assert.Equal(PollEvents.POLLOUT | PollEvents.POLLERR, socket.Poll());
        Assert.Equal(Errno.ECONNREFUSED, socket.Send(_bench.Now, "again"u8).Error);
        Assert.Empty(_bench.Sent());
        Assert.True(socket.Send(_bench.Now, "again"u8).Succeeded);
    }

    [Fact]
    public void The_error_queue_is_bounded()
    {
        UdpSocket socket = _bench.Host.OpenUdpSocket(AddressFamily.AF_INET);
        socket.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        socket.SetOption(_bench.Now, SocketOption.SO_RCVBUF, 4096);
        socket.SendTo(_bench.Now, "hello"u8, new IpEndpoint(DatagramBench.Peer, 9));
        byte[] packet = _bench.SentOne();
        for (int i = 0; i < 1000; i++)
        {
            _bench.IcmpArrives(3, 3, 0, packet);
        }

        Assert.Equal(9, socket.QueuedErrors);
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(Errno.OK, socket.ReceiveError(out _));
        }

        Assert.Equal(Errno.OK, socket.TakeError());
    }

    [Theory]
    [InlineData(false, 19, false)]
    [InlineData(false, 27, false)]
    [InlineData(false, 28, true)]
    [InlineData(true, 39, false)]
    [InlineData(true, 47, false)]
    [InlineData(true, 48, true)]
    public void A_quote_that_is_too_short_is_counted(bool ipv6, int length, bool enough)
    {
        UdpSocket socket = _bench.Connected(new IpEndpoint(ipv6 ? DatagramBench.Peer6 : DatagramBench.Peer, 9));
        socket.Send(_bench.Now, "hello"u8);
        _bench.IcmpArrives((byte)(ipv6 ? 1 : 3), (byte)(ipv6 ? 4 : 3), 0, _bench.SentOne()[..length]);
        Assert.Equal(enough ? 0 : 1, _bench[ipv6 ? SnmpCounter.Icmp6InErrors : SnmpCounter.IcmpInErrors]);
        Assert.Equal(enough ? Errno.ECONNREFUSED : Errno.OK, socket.TakeError());
    }

    [Fact]
    public void An_error_about_what_nobody_sent_is_counted()
    {
        UdpSocket socket = _bench.Connected(new IpEndpoint(DatagramBench.Peer, 9));
        socket.Send(_bench.Now, "hello"u8);
        byte[] packet = _bench.SentOne();
        packet[23] = 10; // another destination port
        _bench.IcmpArrives(3, 3, 0, packet);
        Assert.Equal(Errno.OK, socket.TakeError());
        Assert.Equal(1, _bench[SnmpCounter.IcmpInErrors]);
    }

    [Fact]
    public void A_ping_socket_gets_replies_and_errors_of_its_own_requests()
    {
        PingSocket socket = _bench.Host.OpenPingSocket(AddressFamily.AF_INET);
        socket.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        byte[] message = new byte[20];
        PingSocket.WriteRequest(message, AddressFamily.AF_INET, 7, "twelve bytes"u8);
        Assert.Equal(20, socket.SendTo(_bench.Now, message, new IpEndpoint(DatagramBench.Peer, 0)).Value);
        byte[] packet = _bench.SentOne();
        Assert.True(Ipv4View.TryParse(packet, out Ipv4View ip, out _));
        Assert.True(IcmpView.TryParse(ip.Payload, out IcmpView request, out _));
        Assert.Equal((IcmpType.Echo, socket.LocalEndpoint.Port, (ushort)7), (request.Type, request.Id, request.Sequence));
        Assert.True(ip.DontFragment);

        byte[] reply = new byte[20];
        IcmpWriter.WriteEcho(reply, true, request.Id, 7, request.Payload);
        _bench.ArrivesRaw(IpProtocol.Icmp, reply);
        IcmpWriter.WriteEcho(reply, true, (ushort)(request.Id + 1), 7, request.Payload);
        _bench.ArrivesRaw(IpProtocol.Icmp, reply);
        byte[] buffer = new byte[100];
        Assert.Equal(20, socket.ReceiveFrom(_bench.Now, buffer, out DatagramInfo info).Value);
        Assert.Equal((DatagramBench.Peer, (byte)64), (info.From.Address, info.TimeToLive));
        Assert.Equal((0, 7), (buffer[0], buffer[7]));
        Assert.Equal(Errno.EAGAIN, socket.Receive(_bench.Now, buffer).Error);

        _bench.IcmpArrives(11, 0, 0, packet);
        Assert.Equal(Errno.OK, socket.ReceiveError(out ExtendedError? error));
        Assert.Equal((Errno.EHOSTUNREACH, (byte)11, DatagramBench.Router), (error!.Error, error.Type, error.Offender));
        Assert.Equal(packet[20..], error.Data.ToArray());
    }

    [Fact]
    public void A_ping_socket_sends_nothing_but_requests()
    {
        PingSocket socket = _bench.Host.OpenPingSocket(AddressFamily.AF_INET);
        IpEndpoint peer = new(DatagramBench.Peer, 0);
        Assert.Equal(Errno.EINVAL, socket.SendTo(_bench.Now, new byte[7], peer).Error);
        Assert.Equal(Errno.EINVAL, socket.SendTo(_bench.Now, new byte[8], peer).Error);
        PingSocket other = _bench.Host.OpenPingSocket(AddressFamily.AF_INET);
        Assert.Equal(Errno.OK, other.Bind(new IpEndpoint(IpAddress.AnyV4, 500)));
        Assert.Equal(Errno.EADDRINUSE, socket.Bind(new IpEndpoint(DatagramBench.Own, 500)));
    }
}
