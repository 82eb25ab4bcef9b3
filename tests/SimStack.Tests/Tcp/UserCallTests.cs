using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using Xunit;
using static SimStack.Sockets.PollEvents;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>
/// RFC 9293 §3.10.1 to §3.10.6, the user calls in every state: OPEN is bind, listen, connect and accept; SEND and RECEIVE are send and recv;
/// CLOSE is shutdown and close; ABORT is close with SO_LINGER 0; STATUS is the state, poll and SO_ERROR. Results as Linux's non-blocking
/// sockets have them.
/// </summary>
public sealed class UserCallTests
{
    private static readonly byte[] Hello = "hello"u8.ToArray();

    /// <summary>One row per state: the result of each call, made on a connection that has just reached the state.</summary>
    public static TheoryData<TcpState, string, string> Results => new()
    {
        //                      bind     listen  connect      accept  send    recv      shut WR   shut RD
        { TcpState.Closed,      "OK      OK      EINPROGRESS  EINVAL  EPIPE   ENOTCONN  ENOTCONN  ENOTCONN", "POLLOUT, POLLHUP" },
        { TcpState.Listen,      "EINVAL  OK      EISCONN      EAGAIN  EPIPE   ENOTCONN  OK        OK", "None" },
        { TcpState.SynSent,     "EINVAL  EINVAL  EALREADY     EINVAL  EAGAIN  EAGAIN    OK        OK", "None" },
        { TcpState.SynReceived, "EINVAL  EINVAL  EALREADY     EINVAL  EAGAIN  EAGAIN    OK        OK", "None" },
        { TcpState.Established, "EINVAL  EINVAL  EISCONN      EINVAL  5       EAGAIN    OK        OK", "POLLOUT" },
        { TcpState.FinWait1,    "EINVAL  EINVAL  EISCONN      EINVAL  EPIPE   EAGAIN    OK        OK", "POLLOUT" },
        { TcpState.FinWait2,    "EINVAL  EINVAL  EISCONN      EINVAL  EPIPE   EAGAIN    OK        OK", "POLLOUT" },
        { TcpState.CloseWait,   "EINVAL  EINVAL  EISCONN      EINVAL  5       0         OK        OK", "POLLIN, POLLOUT, POLLRDHUP" },
        { TcpState.Closing,     "EINVAL  EINVAL  EISCONN      EINVAL  EPIPE   0         OK        OK", "POLLIN, POLLOUT, POLLHUP, POLLRDHUP" },
        { TcpState.LastAck,     "EINVAL  EINVAL  EISCONN      EINVAL  EPIPE   0         OK        OK", "POLLIN, POLLOUT, POLLHUP, POLLRDHUP" },
        { TcpState.TimeWait,    "OK      EINVAL  EISCONN      EINVAL  EPIPE   0         ENOTCONN  ENOTCONN", "POLLIN, POLLOUT, POLLHUP, POLLRDHUP" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    [Trait("RFC9293", "MUST-47")]
    public void Every_call_in_every_state(TcpState state, string results, string poll)
    {
        string[] expected = results.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] got =
        [
            On(state, (net, s) => s.Bind(new IpEndpoint(net.HostAddress, 4711)).ToString()),
            On(state, (net, s) => s.Listen(net.Now, 3).ToString()),
            On(state, (net, s) => s.Connect(net.Now, net.Peer.Endpoint).ToString()),
            On(state, (net, s) => s.Accept(net.Now, out _).ToString()),
            On(state, (net, s) => Short(s.Send(net.Now, Hello))),
            On(state, (net, s) => Short(s.Receive(net.Now, new byte[10]))),
            On(state, (net, s) => s.Shutdown(net.Now, ShutdownHow.SHUT_WR).ToString()),
            On(state, (net, s) => s.Shutdown(net.Now, ShutdownHow.SHUT_RD).ToString()),
        ];
        Assert.Equal(expected, got);
        Assert.Equal(poll, On(state, (_, s) => s.Poll().ToString()));
        Assert.Equal("OK", On(state, (_, s) => s.TakeError().ToString()));
        Assert.Equal(state.ToString(), On(state, (_, s) => s.State.ToString()));
    }

    /// <summary>What CLOSE sends, and the state it leads to (§3.10.4).</summary>
    public static TheoryData<TcpState, string, TcpState> Closes => new()
    {
        { TcpState.Closed, "", TcpState.Closed },
        { TcpState.Listen, "", TcpState.Closed },
        { TcpState.SynSent, "", TcpState.Closed },
        { TcpState.SynReceived, "FIN", TcpState.FinWait1 },
        { TcpState.Established, "FIN", TcpState.FinWait1 },
        { TcpState.FinWait1, "", TcpState.FinWait1 },
        { TcpState.FinWait2, "", TcpState.FinWait2 },
        { TcpState.CloseWait, "FIN", TcpState.LastAck },
        { TcpState.Closing, "", TcpState.Closing },
        { TcpState.LastAck, "", TcpState.LastAck },
        { TcpState.TimeWait, "", TcpState.TimeWait },
    };

    [Theory]
    [MemberData(nameof(Closes))]
    public void CLOSE(TcpState state, string sent, TcpState next)
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, state, simultaneous: true);
        TcpSocket socket = SocketOf(net, state);
        socket.Close(net.Now);
        if (sent == "FIN")
        {
            net.Peer.Expect(Fin(p.SndNxt, p.RcvNxt));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(next, net.StateOf());
        ExpectBadDescriptor(net, socket);
        socket.Close(net.Now); // a second time: nothing
        net.Peer.ExpectNothing();
    }

    [Theory]
    [InlineData(TcpState.Established, TcpState.FinWait1)]
    [InlineData(TcpState.CloseWait, TcpState.LastAck)]
    public void Shutdown_of_the_sending_side_is_CLOSE_with_the_socket_kept(TcpState state, TcpState next)
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, state, simultaneous: true);
        Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR));
        net.Peer.Expect(Fin(p.SndNxt, p.RcvNxt));
        Assert.Equal(next, net.Socket.State);
        Assert.Equal("EPIPE", Short(net.Socket.Send(net.Now, Hello)));
        Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR)); // §3.10.4: a second CLOSE is harmless
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void In_SYN_RECEIVED_the_FIN_of_a_shutdown_waits_for_the_handshake()
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, TcpState.SynReceived, simultaneous: true);
        Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR));
        net.Peer.ExpectNothing(); // Linux: tcp_shutdown.
        Assert.Equal("EPIPE", Short(net.Socket.Send(net.Now, Hello)));
        net.Peer.Send(Ack(p.RcvNxt, p.SndNxt));
        net.Peer.Expect(Fin(p.SndNxt, p.RcvNxt));
        Assert.Equal(TcpState.FinWait1, net.Socket.State);
    }

    [Fact]
    public void Shutdown_of_a_listener_ends_it_unless_only_sending_is_shut()
    {
        Dialogue net = new();
        TcpSocket listener = net.Listen();
        Assert.Equal(Errno.OK, listener.Shutdown(net.Now, ShutdownHow.SHUT_WR));
        Assert.Equal(TcpState.Listen, listener.State);
        Assert.Equal(Errno.OK, listener.Shutdown(net.Now, ShutdownHow.SHUT_RDWR));
        Assert.Equal(TcpState.Closed, listener.State);
        Assert.Equal(Errno.EINVAL, listener.Accept(net.Now, out _));
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(RstAck(0, Irs + 1));
    }

    [Fact]
    public void Shutdown_in_SYN_SENT_gives_the_attempt_up()
    {
        Dialogue net = new();
        Reach.State(net, TcpState.SynSent);
        Assert.Equal(Errno.OK, net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR));
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ECONNRESET, net.Socket.TakeError());
        net.AdvanceMs(5000);
        net.Peer.ExpectNothing();
    }

    /// <summary>ABORT: RST where the peer knows of the connection (§3.10.5).</summary>
    [Theory]
    [InlineData(TcpState.Closed, false)]
    [InlineData(TcpState.Listen, false)]
    [InlineData(TcpState.SynSent, false)]
    [InlineData(TcpState.SynReceived, true)]
    [InlineData(TcpState.Established, true)]
    [InlineData(TcpState.FinWait1, true)]
    [InlineData(TcpState.FinWait2, true)]
    [InlineData(TcpState.CloseWait, true)]
    [InlineData(TcpState.Closing, false)]
    [InlineData(TcpState.LastAck, false)]
    public void ABORT(TcpState state, bool reset)
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, state, simultaneous: true);
        TcpSocket socket = SocketOf(net, state);
        socket.Abort(net.Now);
        if (reset)
        {
            net.Peer.Expect(RstAck(p.SndNxt, p.RcvNxt));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.StateOf());
        ExpectBadDescriptor(net, socket);
        net.Advance(Duration.FromSeconds(300));
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("RFC9293", "SHLD-3")]
    public void Close_with_unread_data_or_without_linger_resets(bool unread)
    {
        Dialogue net = new();
        net.EstablishPassively();
        if (unread)
        {
            net.Peer.Send(Data(Irs + 1, Iss + 1, 10));
            net.Peer.Expect(Ack(Iss + 1, Irs + 11));
        }
        else
        {
            Assert.Equal(Errno.OK, net.Socket.SetOption(net.Now, SocketOption.SO_LINGER, 0));
        }

        net.Socket.Close(net.Now);
        net.Peer.Expect(RstAck(Iss + 1, unread ? Irs + 11 : Irs + 1));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Theory]
    [InlineData(TcpState.FinWait1)]
    [InlineData(TcpState.FinWait2)]
    [Trait("RFC9293", "SHLD-3")]
    public void Data_after_close_is_answered_with_RST(TcpState state)
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, state);
        net.Socket.Close(net.Now);
        net.Peer.Send(Data(p.RcvNxt, p.SndNxt, 10));
        net.Peer.Expect(Rst(p.SndNxt));
        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Theory]
    [InlineData(TcpState.SynSent, Errno.ECONNREFUSED)]
    [InlineData(TcpState.SynReceived, Errno.ECONNRESET)]
    [InlineData(TcpState.Established, Errno.ECONNRESET)]
    [InlineData(TcpState.FinWait1, Errno.ECONNRESET)]
    [InlineData(TcpState.FinWait2, Errno.ECONNRESET)]
    [InlineData(TcpState.CloseWait, Errno.EPIPE)]
    [InlineData(TcpState.Closing, Errno.ECONNRESET)]
    [InlineData(TcpState.LastAck, Errno.ECONNRESET)]
    [Trait("RFC9293", "MUST-12")]
    public void After_a_RST_the_error_is_told_once(TcpState state, Errno error)
    {
        foreach (string how in new[] { "SO_ERROR", "send" })
        {
            Dialogue net = new();
            Reach.Point p = Reach.State(net, state, simultaneous: true);
            net.Peer.Send(state is TcpState.SynSent ? RstAck(0, Iss + 1) : Rst(p.RcvNxt));
            Assert.Equal(TcpState.Closed, net.Socket.State);
            Assert.Equal(POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP, net.Socket.Poll());
            Assert.Equal(error, how == "send" ? net.Socket.Send(net.Now, Hello).Error : net.Socket.TakeError());
            Assert.Equal(Errno.OK, net.Socket.TakeError());
            Assert.Equal("EPIPE", Short(net.Socket.Send(net.Now, Hello)));
            Assert.Equal("0", Short(net.Socket.Receive(net.Now, new byte[10])));
            Assert.Equal(POLLIN | POLLOUT | POLLHUP | POLLRDHUP, net.Socket.Poll());
        }
    }

    [Theory]
    [InlineData(TcpState.SynReceived, Errno.ECONNREFUSED)]
    [InlineData(TcpState.CloseWait, Errno.ECONNRESET)]
    [InlineData(TcpState.LastAck, Errno.OK)]
    [Requirement("MUST-11", In = "rfc9293")]
    public void After_a_RST_by_the_RFC_the_active_opener_was_refused_and_who_closed_is_told_nothing(TcpState state, Errno error)
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        Reach.Point p = Reach.State(net, state, simultaneous: true);
        net.Peer.Send(Rst(p.RcvNxt));
        Assert.Equal(error, net.Socket.TakeError());
    }

    [Fact]
    [Trait("RFC9293", "MUST-12")]
    public void Recv_tells_a_reset_from_a_close()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Peer.Send(Data(Irs + 1, Iss + 1, 3));
        net.Peer.Send(Fin(Irs + 4, Iss + 1));
        Assert.Equal("3", Short(net.Socket.Receive(net.Now, new byte[10])));
        Assert.Equal("0", Short(net.Socket.Receive(net.Now, new byte[10])));
        Assert.Equal("0", Short(net.Socket.Receive(net.Now, new byte[10])));

        net = new();
        net.EstablishPassively();
        net.Peer.Send(Data(Irs + 1, Iss + 1, 3));
        net.Peer.Send(Rst(Irs + 4));
        Assert.Equal("3", Short(net.Socket.Receive(net.Now, new byte[10])));
        Assert.Equal("ECONNRESET", Short(net.Socket.Receive(net.Now, new byte[10])));
        Assert.Equal("0", Short(net.Socket.Receive(net.Now, new byte[10])));
    }

    [Fact]
    public void Connect_tells_its_success_once()
    {
        Dialogue net = new();
        net.EstablishActively();
        Assert.Equal(Errno.OK, net.Socket.Connect(net.Now, net.Peer.Endpoint));
        Assert.Equal(Errno.EISCONN, net.Socket.Connect(net.Now, net.Peer.Endpoint));
    }

    [Theory]
    [InlineData(false, Errno.ECONNREFUSED)]
    [InlineData(true, Errno.ECONNABORTED)]
    public void Connect_tells_its_failure_once_and_then_tries_again(bool errorTaken, Errno told)
    {
        Dialogue net = new();
        Reach.State(net, TcpState.SynSent);
        net.Peer.Send(RstAck(0, Iss + 1));
        if (errorTaken)
        {
            Assert.Equal(Errno.ECONNREFUSED, net.Socket.TakeError());
        }

        Assert.Equal(told, net.Socket.Connect(net.Now, net.Peer.Endpoint));
        Assert.Equal(Errno.EINPROGRESS, net.Socket.Connect(net.Now, net.Peer.Endpoint));
        net.Peer.Expect(Syn(Iss));
    }

    [Fact]
    public void A_connection_that_ended_leaves_no_fresh_socket()
    {
        Dialogue net = new();
        net.EstablishActively();
        net.Socket.Connect(net.Now, net.Peer.Endpoint);
        net.Peer.Send(Rst(Irs + 1));
        net.Socket.TakeError();
        Assert.Equal(Errno.EISCONN, net.Socket.Connect(net.Now, net.Peer.Endpoint));
        Assert.Equal(Errno.EINVAL, net.Socket.Listen(net.Now, 1));
    }

    [Fact]
    public void A_listening_socket_connects_by_the_RFC_only()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        TcpSocket socket = net.Listen();
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, net.Peer.Endpoint));
        net.Peer.Expect(Syn(Iss));
        Assert.Equal(["CLOSED -> LISTEN (passive OPEN)", "LISTEN -> SYN-SENT (SEND)"], net.TakeChanges());
        net.Peer.Send(SynAck(Irs, Iss + 1));
        net.Peer.Expect(Ack(Iss + 1, Irs + 1));
        Assert.Equal(TcpState.Established, socket.State);
    }

    [Fact]
    [Trait("RFC9293", "MUST-41")]
    [Trait("RFC9293", "MUST-42")]
    public void A_passive_open_leaves_connections_on_its_port_alone_and_stands_beside_SYN_SENT()
    {
        Dialogue net = new();
        ScriptedPeer other = net.AddPeer(5001);
        TcpSocket active = net.NewSocket();
        Assert.Equal(Errno.OK, active.SetOption(net.Now, SocketOption.SO_REUSEADDR, 1));
        Assert.Equal(Errno.OK, active.Bind(new IpEndpoint(net.HostAddress, HostPort)));
        active.SetInitialSequenceNumber(7);
        Assert.Equal(Errno.EINPROGRESS, active.Connect(net.Now, other.Endpoint));
        other.Expect(Syn(7));
        net.Listen(options: s => s.SetOption(net.Now, SocketOption.SO_REUSEADDR, 1));
        Assert.Equal(TcpState.SynSent, active.State);
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        other.Send(SynAck(500, 8));
        other.Expect(Ack(8, 501));
        Assert.Equal(TcpState.Established, active.State);
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal(TcpState.Established, net.Accept().State);
    }

    private static string On(TcpState state, Func<Dialogue, TcpSocket, string> call)
    {
        Dialogue net = new();
        Reach.State(net, state, simultaneous: true);
        return call(net, SocketOf(net, state));
    }

    private static TcpSocket SocketOf(Dialogue net, TcpState state) => state switch
    {
        TcpState.Closed => net.NewSocket(),
        TcpState.Listen => net.Listener,
        _ => net.Socket,
    };

    private static string Short(SocketResult result) => result.Succeeded ? $"{result.Value}" : $"{result.Error}";

    private static void ExpectBadDescriptor(Dialogue net, TcpSocket socket)
    {
        Assert.Equal(Errno.EBADF, socket.Bind(net.Peer.Endpoint));
        Assert.Equal(Errno.EBADF, socket.Listen(net.Now, 1));
        Assert.Equal(Errno.EBADF, socket.Connect(net.Now, net.Peer.Endpoint));
        Assert.Equal(Errno.EBADF, socket.Accept(net.Now, out _));
        Assert.Equal(Errno.EBADF, socket.Send(net.Now, Hello).Error);
        Assert.Equal(Errno.EBADF, socket.Receive(net.Now, new byte[1]).Error);
        Assert.Equal(Errno.EBADF, socket.Shutdown(net.Now, ShutdownHow.SHUT_RDWR));
    }
}
