using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Keep-alive (RFC 9293 §3.8.4) and how long an orphan stays in FIN-WAIT-2.</summary>
public sealed class KeepAliveTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Fact]
    [Trait("RFC9293", "MUST-25")]
    public void It_is_off_by_default()
    {
        Dialogue net = Established();
        net.Advance(Duration.FromSeconds(10 * 24 * 3600));
        net.Peer.ExpectNothing();
    }

    [Fact]
    [Trait("RFC9293", "MUST-24")]
    [Trait("RFC9293", "MUST-26")]
    [Trait("RFC9293", "MUST-28")]
    [Trait("RFC9293", "SHLD-12")]
    public void The_first_probe_comes_after_two_hours_of_silence()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
        net.Advance(Duration.FromSeconds(7000));
        net.Peer.Send(Ack(Next, First));
        net.Advance(Duration.FromSeconds(7199));
        net.Peer.ExpectNothing();
        net.AdvanceMs(1001);
        net.Peer.ExpectAt(14_200_000, Ack(First - 1, Next));
    }

    [Fact]
    [Trait("RFC9293", "MUST-27")]
    [Trait("RFC9293", "MUST-29")]
    public void Unanswered_probes_end_the_connection_and_one_answer_starts_anew()
    {
        Dialogue net = Established();
        KeepAlive(net, 10, 5, 3);
        net.AdvanceMs(10_000);
        net.Peer.ExpectAt(10_000, Ack(First - 1, Next));
        net.AdvanceMs(5000);
        net.Peer.ExpectAt(15_000, Ack(First - 1, Next));
        net.Peer.Send(Ack(Next, First));
        for (int i = 0; i < 3; i++)
        {
            net.AdvanceMs(i == 0 ? 10_000 : 5000);
            net.Peer.ExpectAt(25_000 + 5000 * i, Ack(First - 1, Next));
        }

        net.AdvanceMs(4999);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.AdvanceMs(1);
        net.Peer.Expect(RstAck(First, Next));
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    public void Data_in_flight_has_its_own_timer()
    {
        Dialogue net = Established();
        KeepAlive(net, 1, 1, 1);
        net.Socket.Send(net.Now, Bytes(First, 10));
        net.AdvanceMs(10_000);
        while (net.Peer.Take() is { } segment)
        {
            Assert.Equal(10, segment.Data!.Length);
        }

        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    [Fact]
    public void A_user_timeout_takes_the_place_of_the_number_of_probes()
    {
        Dialogue net = Established();
        KeepAlive(net, 2, 1, 100);
        net.Socket.SetOption(net.Now, SocketOption.TCP_USER_TIMEOUT, 5000);
        net.AdvanceMs(4999);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.AdvanceMs(2);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Theory]
    [InlineData(0, 60)] // tcp_fin_timeout
    [InlineData(5, 5)]
    [InlineData(120, 120)]
    public void An_orphan_leaves_FIN_WAIT_2_in_time(int option, int seconds)
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_LINGER2, option);
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Ack(Next, First + 1));
        net.Advance(Duration.FromSeconds(seconds - 1));
        Assert.Equal(TcpState.FinWait2, net.StateOf());
        net.AdvanceMs(1001);
        Assert.Equal(TcpState.Closed, net.StateOf());
        net.Peer.ExpectNothing();
        net.Peer.Send(Fin(Next, First + 1));
        net.Peer.Expect(Rst(First + 1)); // nobody there any more
    }

    [Fact]
    public void A_socket_that_is_still_held_stays_in_FIN_WAIT_2()
    {
        Dialogue net = Established();
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Ack(Next, First + 1));
        net.Advance(Duration.FromSeconds(10_000));
        Assert.Equal(TcpState.FinWait2, net.StateOf());
        net.Peer.Send(Data(Next, First + 1, 100)); // half-closed: still receives
        Assert.Equal(100, net.Socket.ReadableCount);
        net.Peer.Expect(Ack(First + 1, Next + 100));
    }

    [Fact]
    public void TCP_LINGER2_below_zero_does_without_FIN_WAIT_2()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_LINGER2, -1);
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Ack(Next, First + 1));
        net.Peer.Expect(Rst(First + 1));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Fact]
    [Trait("RFC9293", "SHLD-3")]
    public void Data_after_close_is_answered_by_RST()
    {
        Dialogue net = Established();
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Data(Next, First, 10)); // the FIN has not arrived there
        net.Peer.Expect(Rst(First));
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPAbortOnData]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Close_resets_when_data_is_unread_or_SO_LINGER_is_0(bool unread)
    {
        Dialogue net = Established();
        if (unread)
        {
            net.Peer.Send(Data(Next, First, 10));
            net.Peer.Expect(Ack(First, Next + 10));
        }
        else
        {
            net.Socket.SetOption(net.Now, SocketOption.SO_LINGER, 0);
        }

        net.Socket.Close(net.Now);
        net.Peer.Expect(RstAck(First, unread ? Next + 10 : Next));
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal(0, net.Pool.Outstanding);
    }

    private static void KeepAlive(Dialogue net, int idle, int interval, int count)
    {
        net.Socket.SetOption(net.Now, SocketOption.TCP_KEEPIDLE, idle);
        net.Socket.SetOption(net.Now, SocketOption.TCP_KEEPINTVL, interval);
        net.Socket.SetOption(net.Now, SocketOption.TCP_KEEPCNT, count);
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
    }

    private static Dialogue Established()
    {
        Dialogue net = new();
        net.EstablishPassively();
        return net;
    }
}
