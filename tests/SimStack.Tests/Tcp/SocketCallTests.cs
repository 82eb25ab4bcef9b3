using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>connect(2) with AF_UNSPEC (Linux: tcp_disconnect), and options of TCP sockets that are IP's.</summary>
public sealed class SocketCallTests
{
    [Fact]
    public void The_peer_is_reset_and_the_socket_connects_again()
    {
        Dialogue net = new();
        TcpSocket socket = net.EstablishActively();
        Assert.Equal(Errno.OK, socket.Disconnect(net.Now));
        net.Drain();
        Assert.Equal(TcpFlags.Rst, net.Peer.Take()!.Flags & TcpFlags.Rst);
        Assert.Equal(TcpState.Closed, socket.State);
        Assert.Equal(HostPort, socket.LocalEndpoint.Port);
        Assert.Equal(Errno.ECONNRESET, socket.TakeError());
        Assert.Equal(Errno.ENOTCONN, socket.Receive(net.Now, new byte[1]).Error);
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, net.Peer.Endpoint));
        Assert.Equal(TcpState.SynSent, socket.State);
    }

    [Fact]
    public void A_listening_socket_stops_and_keeps_its_port()
    {
        Dialogue net = new();
        TcpSocket socket = net.Listen();
        Assert.Equal(Errno.OK, socket.Disconnect(net.Now));
        Assert.Equal(TcpState.Closed, socket.State);
        Assert.Equal(HostPort, socket.LocalEndpoint.Port);
        Assert.Equal(Errno.OK, socket.Listen(net.Now, 1));
        socket.Close(net.Now);
        Assert.Equal(Errno.EBADF, socket.Disconnect(net.Now));
    }

    [Theory]
    [InlineData(SocketOption.IP_TOS, 0x13, 0x10)]
    [InlineData(SocketOption.IP_TOS, -1, 0xFC)]
    [InlineData(SocketOption.IPV6_TCLASS, 0x2F, 0x2C)]
    [InlineData(SocketOption.IPV6_TCLASS, -1, 0)]
    [InlineData(SocketOption.IPV6_UNICAST_HOPS, 7, 7)]
    [InlineData(SocketOption.IPV6_UNICAST_HOPS, -1, 64)]
    [InlineData(SocketOption.IP_MTU_DISCOVER, 0, 0)]
    [InlineData(SocketOption.IP_MTU_DISCOVER, 5, 5)]
    [InlineData(SocketOption.IP_FREEBIND, 7, 1)]
    public void What_is_set_is_told(SocketOption option, int value, int told)
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        Assert.Equal(Errno.OK, socket.SetOption(net.Now, option, value));
        Assert.Equal(told, socket.GetOption(option).Value);
    }

    [Theory]
    [InlineData(SocketOption.IPV6_TCLASS, 256)]
    [InlineData(SocketOption.IPV6_UNICAST_HOPS, -2)]
    [InlineData(SocketOption.IP_MTU_DISCOVER, 6)]
    public void What_is_out_of_range_is_refused(SocketOption option, int value)
    {
        Dialogue net = new();
        Assert.Equal(Errno.EINVAL, net.NewSocket().SetOption(net.Now, option, value));
    }

    [Fact]
    public void Only_a_free_bind_takes_another_hosts_address()
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        IpEndpoint strange = new(IpAddress.FromV4(203, 0, 113, 9), 7000);
        Assert.Equal(Errno.EADDRNOTAVAIL, socket.Bind(strange));
        socket.SetOption(net.Now, SocketOption.IP_FREEBIND, 1);
        Assert.Equal(Errno.OK, socket.Bind(strange));
    }

    [Fact]
    public void The_path_mtu_is_told_of_a_connection_and_can_only_be_read()
    {
        Dialogue net = new();
        Assert.Equal(Errno.ENOTCONN, net.NewSocket().GetOption(SocketOption.IP_MTU).Error);
        net.EstablishActively();
        Assert.Equal(1500, net.Socket.GetOption(SocketOption.IP_MTU).Value);
        Assert.Equal(Errno.ENOPROTOOPT, net.Socket.SetOption(net.Now, SocketOption.IP_MTU, 1000));
    }

    [Theory]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_WANT, true)]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_DONT, false)]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_OMIT, false)]
    public void Segments_become_shorter_only_where_the_path_is_asked(PathMtuDiscovery how, bool shorter)
    {
        Dialogue net = new();
        TcpSocket socket = net.EstablishActively(SynAck(Irs, Iss + 1).Mss(1460), s => s.SetOption(default, SocketOption.IP_MTU_DISCOVER, (int)how));
        socket.Send(net.Now, new byte[1460]);
        net.Drain();
        net.Peer.Ignore();
        net.DeliverIcmpError(3, 4, Iss + 1, rest: 1000);
        Assert.Equal(shorter, socket.GetOption(SocketOption.TCP_MAXSEG).Value < 1460);
    }

    [Fact]
    public void Congestion_controls_are_known_by_name()
    {
        Dialogue net = new();
        Assert.Equal("cubic", net.NewSocket().CongestionControl);
        TcpSocket socket = net.Listen(options: s => Assert.Equal(Errno.OK, s.SetCongestionControl(default, "reno")));
        Assert.Equal(Errno.ENOENT, socket.SetCongestionControl(default, "tahoe"));
        Assert.Equal(Errno.EPERM, socket.SetCongestionControl(default, "dctcp", privileged: false));
        Assert.Equal(Errno.OK, socket.SetCongestionControl(default, "reno", privileged: false));
        Assert.Equal("reno", socket.CongestionControl);
        net.Peer.Send(Syn(Irs));
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal("reno", net.Accept().CongestionControl);
    }

    [Fact]
    public void The_queues_tell_what_is_sent_and_what_waits()
    {
        Dialogue net = new();
        TcpSocket socket = net.EstablishPassively();
        socket.Send(net.Now, new byte[100_000]);
        Assert.True(socket.UnsentCount > 0);
        Assert.True(socket.UnacknowledgedCount > socket.UnsentCount);
        socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        int waiting = socket.UnacknowledgedCount;
        Assert.Equal(Errno.OK, socket.Disconnect(net.Now));
        Assert.Equal((0, 0), (socket.UnsentCount, socket.UnacknowledgedCount));
        Assert.True(waiting > 1);
    }
}
