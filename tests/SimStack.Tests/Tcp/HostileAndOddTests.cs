using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>What peers, users and networks do seldom, and what hostile ones do on purpose.</summary>
public sealed class HostileAndOddTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Fact]
    public void Data_before_a_RST_is_still_there_after_accept()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First));
        net.Peer.Send(Data(Next, First, "hello"));
        net.Peer.Send(RstAck(Next + 5, First));
        net.Accept();
        Span<byte> buffer = stackalloc byte[10];
        Assert.Equal(5, net.Socket.Receive(net.Now, buffer).Value);
        Assert.Equal(Errno.ECONNRESET, net.Socket.Receive(net.Now, buffer).Error);
        Assert.Equal(0, net.Socket.Receive(net.Now, buffer).Value);
    }

    [Fact]
    public void A_SYN_ACK_with_data_completes_a_handshake_of_the_SYN_queue()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(SynAck(Irs, First) with { Data = [1, 2, 3] });
        net.Accept();
        Assert.Equal(TcpState.Established, net.Socket.State);
        Assert.Equal(3, net.Socket.ReadableCount);
    }

    [Theory]
    [InlineData(false, 1400, 1360)]
    [InlineData(true, 1400, 1340)]
    public void Two_connections_on_one_path_both_learn_a_smaller_MTU(bool ipv6, int mtu, int length)
    {
        Dialogue net = new(ipv6);
        net.Listen();
        ScriptedPeer[] peers = [net.Peer, net.AddPeer(5001)];
        uint[] first = new uint[2];
        for (int i = 0; i < 2; i++)
        {
            peers[i].Send(Syn(Irs).Mss(1460));
            first[i] = peers[i].Expect(SynAck()).Seq!.Value + 1;
            peers[i].Send(Ack(Next, first[i]));
            net.Accept().Send(net.Now, Bytes(first[i], 1400));
            peers[i].Expect(Data(first[i], Next, 1400));
        }

        for (int i = 0; i < 2; i++)
        {
            net.Host.Tcp.ReceiveIcmpError(net.Now, new IcmpErrorInfo
            {
                Type = (byte)(ipv6 ? (byte)Icmpv6Type.PacketTooBig : (byte)IcmpType.DestinationUnreachable),
                Code = (byte)(ipv6 ? 0 : 4),
                Info = (uint)mtu,
                Source = net.HostAddress,
                Destination = net.PeerAddress,
                Protocol = IpProtocol.Tcp,
                SourcePort = HostPort,
                DestinationPort = peers[i].Endpoint.Port,
                Sequence = new SequenceNumber(first[i]),
            });
            peers[i].Expect(Data(first[i], Next, length));
        }
    }

    [Fact]
    public void A_smaller_interface_MTU_makes_segments_shorter()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Host.Ip.SetMtu(net.Interface, 1000);
        net.Socket.Send(net.Now, Bytes(First, 1460));
        net.AdvanceMs(1000);
        net.Peer.Expect(Data(First, Next, 960));
    }

    [Theory]
    [InlineData("linux", true)]
    [InlineData("rfc9293", false)]
    public void After_shutdown_of_both_sides_new_data_is_answered_with_RST(string profile, bool reset)
    {
        Assert.True(Profile.TryGet(profile, out Profile known));
        Dialogue net = new(profile: known);
        net.EstablishPassively();
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_RDWR);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Ack(Next, First + 1));
        net.Peer.Send(Data(Next, First + 1, "x"));
        if (reset)
        {
            net.Peer.Expect(Rst(First + 1));
        }

        Assert.Equal(reset ? TcpState.Closed : TcpState.FinWait2, net.Socket.State);
        Assert.Equal(reset ? Errno.ECONNRESET : Errno.OK, net.Socket.TakeError());
    }

    [Fact]
    public void A_FIN_behind_old_data_is_no_new_data_for_a_closed_socket()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Peer.Send(Data(Next, First, 4));
        net.Socket.Receive(net.Now, new byte[4]);
        net.Socket.Close(net.Now);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next + 4, First + 1));
        net.Peer.Send(Fin(Next, First + 1) with { Length = 4 });
        net.Peer.Expect(Ack(First + 1, Next + 5));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
    }

    [Fact]
    public void A_FIN_ahead_of_a_hole_is_reported_by_SACK_and_ends_the_stream_in_its_turn()
    {
        Dialogue net = new();
        net.EstablishPassively(Syn().Mss(1460).SackOk());
        net.Peer.Send(Fin(Next + 10, First));
        net.Peer.Expect(Ack(First, Next).Sack(Next + 10, Next + 11));
        net.Peer.Send(Data(Next + 5, First, 5));
        net.Peer.Expect(Ack(First, Next).Sack(Next + 5, Next + 11));
        net.Peer.Send(Data(Next, First, 5));
        net.AdvanceMs(50);
        net.Peer.Expect(Ack(First, Next + 11));
        Assert.Equal(10, net.Socket.ReadableCount);
        Assert.Equal(TcpState.CloseWait, net.Socket.State);
    }

    [Fact]
    public void Data_claimed_behind_a_FIN_is_not_taken()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Peer.Send(Fin(Next + 10, First));
        net.Peer.Send(Data(Next + 10, First, 50));
        net.Peer.Send(Data(Next + 5, First, 50));
        net.Peer.Send(Data(Next, First, 5));
        Assert.Equal(10, net.Socket.ReadableCount);
        Assert.Equal(TcpState.CloseWait, net.Socket.State);
    }

    [Fact]
    public void Islands_of_one_byte_do_not_fill_the_memory()
    {
        Dialogue net = new(settings: s => s.RmemMaximum = 131_072);
        net.EstablishPassively();
        for (uint i = 0; i < 20_000; i++)
        {
            net.Peer.Send(Data(Next + 1 + 2 * i, First, 1));
        }

        Assert.InRange(net.Host.Counters[SnmpCounter.TcpExtTCPOFOQueue], 100, 200);
        Assert.Equal(20_000, net.Host.Counters[SnmpCounter.TcpExtTCPOFOQueue] + net.Host.Counters[SnmpCounter.TcpExtTCPOFODrop]);
        net.Peer.Ignore();

        // What belongs to an island that is there, or fills the hole, is still taken.
        net.Peer.Send(Data(Next, First, 1));
        net.Peer.Expect(Ack(First, Next + 2));
    }

    [Fact]
    public void Only_what_waited_for_the_neighbour_learns_that_it_does_not_answer()
    {
        Dialogue net = new();
        TcpSocket socket = net.NewSocket();
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, new IpEndpoint(IpAddress.FromV4(10, 0, 0, 77), 80)));
        net.AdvanceMs(2900);
        Assert.Equal(TcpState.SynSent, socket.State);
        net.AdvanceMs(200);
        Assert.Equal(Errno.EHOSTUNREACH, socket.TakeError());
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    public void IPv4_any_and_an_IPv6_address_share_a_port_but_IPv6_any_takes_both()
    {
        Dialogue net = new();
        IpEndpoint v4 = new(IpAddress.AnyV4, 2001), v6 = new(IpAddress.LoopbackV6, 2001), both = new(IpAddress.AnyV6, 2001);
        Assert.Equal(Errno.OK, net.Host.OpenTcpSocket(AddressFamily.AF_INET).Bind(v4));
        Assert.Equal(Errno.OK, net.Host.OpenTcpSocket(AddressFamily.AF_INET6).Bind(v6));
        Assert.Equal(Errno.EADDRINUSE, net.Host.OpenTcpSocket(AddressFamily.AF_INET6).Bind(both));
    }

    [Fact]
    public void Bind_to_no_port_passes_over_those_that_connections_have()
    {
        Dialogue net = new(settings: s => (s.PortRangeFirst, s.PortRangeLast) = (40_000, 40_001));
        TcpSocket connected = net.NewSocket();
        connected.Connect(net.Now, net.Peer.Endpoint);
        TcpSocket bound = net.NewSocket();
        Assert.Equal(Errno.OK, bound.Bind(new IpEndpoint(net.HostAddress, 0)));
        Assert.NotEqual(connected.LocalEndpoint.Port, bound.LocalEndpoint.Port);
        Assert.Equal(Errno.EADDRINUSE, net.NewSocket().Bind(new IpEndpoint(net.HostAddress, 0)));
    }

    [Fact]
    public void A_listener_whose_connect_finds_no_route_goes_on_listening()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        net.Listen();
        Assert.Equal(Errno.ENETUNREACH, net.Listener.Connect(net.Now, new IpEndpoint(IpAddress.FromV4(192, 0, 2, 1), 80)));
        Assert.Equal(TcpState.Listen, net.Listener.State);
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Next));
        net.Listener.Close(net.Now);
        Assert.Equal(TcpState.Closed, net.Listener.State);
    }

    [Fact]
    public void A_socket_is_CLOSED_once_TIME_WAIT_is_over()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Fin(Next, First + 1));
        Assert.Equal(TcpState.TimeWait, net.Socket.State);
        net.AdvanceMs(60_001);
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    [Fact]
    public void Send_Q_counts_the_SYN_once()
    {
        Dialogue net = new();
        net.Connect();
        List<SocketTableRow> rows = [];
        net.Host.GetSocketTable(rows);
        Assert.Equal(1, Assert.Single(rows).SendQ);
    }
}
