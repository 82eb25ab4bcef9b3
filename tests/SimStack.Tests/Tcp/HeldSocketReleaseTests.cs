using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>What waits for the end of a call that has the socket, and is done then if it still has to be (Linux: tcp_release_cb).</summary>
public sealed class HeldSocketReleaseTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[10_000];

    /// <summary>Two segments in the backlog that cannot become one.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_acknowledgement_does_for_all_that_came_from_the_backlog(bool defers)
    {
        Dialogue net = Established(s => s.BacklogAckDefer = defers);
        SocketHold hold = net.Socket.Hold();
        net.Peer.Send(Data(Next, First, 10));
        net.Peer.Send(Data(Next + 10, First, 10) with { EcnField = 2 });
        hold.Look(net.Now);
        if (!defers)
        {
            net.Peer.Expect(Ack(First, Next + 10));
        }

        net.Peer.Expect(Ack(First, Next + 20));
        net.Peer.ExpectNothing();
        hold.Release(net.Now);
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void A_delayed_acknowledgement_waits_for_the_end_of_the_call()
    {
        Dialogue net = OwingAck();
        SocketHold hold = net.Socket.Hold();
        net.AdvanceMs(300);
        net.Peer.ExpectNothing();
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtDelayedACKLocked]);
        hold.Release(net.Now);
        net.Peer.Expect(Ack(First + 10, Next + 20));
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtDelayedACKs]);
        net.AdvanceMs(300);
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void A_call_that_looks_sends_the_delayed_acknowledgement()
    {
        Dialogue net = OwingAck();
        SocketHold hold = net.Socket.Hold();
        net.AdvanceMs(300);
        hold.Look(net.Now);
        net.Peer.Expect(Ack(First + 10, Next + 20));
        hold.Release(net.Now);
        net.Peer.ExpectNothing();
    }

    /// <summary>The timer went off, but the acknowledgement came before anybody could act.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_retransmission_waits_for_the_end_of_the_call_and_may_be_needless_then(bool acknowledged)
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 100));
        net.Peer.Expect(Data(First, Next, 100));
        SocketHold hold = net.Socket.Hold();
        net.AdvanceMs(5000);
        net.Peer.ExpectNothing();
        if (acknowledged)
        {
            net.Peer.Send(Ack(Next, First + 100));
        }

        hold.Release(net.Now);
        if (!acknowledged)
        {
            net.Peer.Expect(Data(First, Next, 100));
        }

        net.Peer.ExpectNothing();
    }

    [Fact]
    public void A_keep_alive_probe_is_tried_again_50_ms_later()
    {
        Dialogue net = Established(s => (s.KeepAliveTime, s.TimerHz) = (1, 0));
        net.Socket.SetOption(net.Now, SocketOption.SO_KEEPALIVE, 1);
        net.AdvanceMs(990);
        SocketHold hold = net.Socket.Hold();
        net.AdvanceMs(30);
        hold.Release(net.Now);
        net.AdvanceMs(29);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.Expect(Ack(First - 1, Next));
    }

    [Fact]
    public void A_smaller_path_MTU_counts_from_the_end_of_the_call()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 1460));
        net.Peer.Expect(Data(First, Next, 1460));
        SocketHold hold = net.Socket.Hold();
        net.DeliverIcmpError(3, 4, First, rest: 1000);
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtLockDroppedIcmps]);
        hold.Release(net.Now);
        net.Peer.Expect(Data(First, Next, 960));
    }

    [Fact]
    public void Another_ICMP_error_is_a_soft_one_while_a_call_has_the_socket()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, 1);
        net.Socket.Send(net.Now, Bytes(First, 10));
        net.Drain();
        SocketHold hold = net.Socket.Hold();
        net.DeliverIcmpError(3, 1, First);
        hold.Release(net.Now);
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtLockDroppedIcmps]);
        Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, _buffer).Error);
        net.DeliverIcmpError(3, 1, First);
        Assert.Equal(Errno.EHOSTUNREACH, net.Socket.Receive(net.Now, _buffer).Error);
    }

    /// <summary>What waits in the backlog takes of SO_RCVBUF (tcp_space).</summary>
    [Fact]
    public void The_window_is_smaller_while_the_backlog_is_worked_on()
    {
        ushort free = WindowAfterOne(held: false);
        Assert.InRange(WindowAfterOne(held: true), 1, free - 1000);
    }

    private static ushort WindowAfterOne(bool held)
    {
        Dialogue net = Established(s => (s.BacklogAckDefer, s.RmemDefault, s.WindowScaling) = (false, 16_384, false));
        SocketHold hold = held ? net.Socket.Hold() : default;
        net.Peer.Send(Data(Next, First, 1460));
        hold.Release(net.Now);
        return net.Peer.Expect(Ack(First, Next + 1460)).Window!.Value;
    }

    /// <summary>An exchange has begun, and data came that is not acknowledged at once.</summary>
    private Dialogue OwingAck()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, 10));
        net.Peer.Expect(Ack(First, Next + 10));
        Assert.Equal(10, net.Socket.Receive(net.Now, _buffer).Value);
        net.Socket.Send(net.Now, Bytes(First, 10));
        net.Peer.Expect(Data(First, Next + 10, 10));
        net.Peer.Send(Data(Next + 10, First + 10, 10));
        net.Peer.ExpectNothing();
        return net;
    }

    private static Dialogue Established(Action<Sysctls>? settings = null)
    {
        Dialogue net = new(settings: settings);
        net.EstablishPassively();
        return net;
    }
}
