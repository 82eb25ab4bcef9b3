using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Whom a socket wakes (Linux: sk_data_ready, sk_write_space, sk_state_change, sk_error_report).</summary>
public sealed class WakeUpTests
{
    private const PollEvents Everyone = HostSocket.WakesEveryone;
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Fact]
    public void Each_cause_has_its_own_key_and_is_told_once()
    {
        Dialogue net = new();
        net.EstablishPassively();
        Assert.Equal(PollEvents.POLLIN, net.Listener.TakeWakeUps());
        net.Socket.TakeWakeUps();
        net.Peer.Send(Data(Next, First, 100));
        Assert.Equal(PollEvents.POLLIN, net.Socket.TakeWakeUps());
        Assert.Equal(PollEvents.None, net.Socket.TakeWakeUps());
        net.Peer.Send(Data(Next + 100, First, 100));
        Assert.Equal(PollEvents.POLLIN, net.Socket.TakeWakeUps());
        net.Peer.Send(Fin(Next + 200, First));
        Assert.Equal(Everyone, net.Socket.TakeWakeUps());
        net.Peer.Ignore();
    }

    [Fact]
    public void Data_beyond_a_hole_wakes_nobody()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.TakeWakeUps();
        net.Peer.Send(Data(Next + 100, First, 100));
        net.Peer.Ignore();
        Assert.Equal(PollEvents.None, net.Socket.TakeWakeUps());
    }

    [Fact]
    public void Space_wakes_only_whom_it_was_refused()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.TakeWakeUps();
        net.Socket.Send(net.Now, new byte[1000]);
        net.Peer.Send(Ack(Next, First + 1000));
        net.Peer.Ignore();
        Assert.Equal(PollEvents.None, net.Socket.TakeWakeUps());
        uint sent = 1000;
        while (net.Socket.Send(net.Now, new byte[1000]) is { Succeeded: true } result)
        {
            sent += (uint)result.Value;
        }

        Assert.Equal(PollEvents.None, net.Socket.Poll() & PollEvents.POLLOUT);
        for (uint acked = 2000; acked <= sent; acked += 1000)
        {
            net.Peer.Send(Ack(Next, First + acked));
        }

        net.Peer.Ignore();
        Assert.Equal(PollEvents.POLLOUT, net.Socket.TakeWakeUps());
    }

    [Fact]
    public void Asking_before_the_handshake_is_done_is_no_waiting_for_space()
    {
        Dialogue net = new();
        TcpSocket socket = net.Connect();
        Assert.Equal(PollEvents.None, socket.Poll());
        net.Peer.Ignore();
        net.Peer.Send(SynAck(Irs, Iss + 1));
        Assert.Equal(Everyone, socket.TakeWakeUps());
        socket.Send(net.Now, new byte[100]);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First + 100));
        Assert.Equal(PollEvents.None, socket.TakeWakeUps());
    }

    [Fact]
    public void An_icmp_error_that_the_user_asked_for_wakes_for_the_error_alone()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, 1);
        net.Socket.Send(net.Now, new byte[100]);
        net.Peer.Ignore();
        net.Socket.TakeWakeUps();
        net.DeliverIcmpError(3, 1, First);
        Assert.Equal(PollEvents.POLLERR, net.Socket.TakeWakeUps());
    }
}
