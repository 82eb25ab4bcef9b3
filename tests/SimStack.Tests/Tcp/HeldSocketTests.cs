using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>A call that takes time has the socket: segments wait in the backlog (Linux: tcp_add_backlog, release_sock).</summary>
public sealed class HeldSocketTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[100_000];

    [Fact]
    public void What_arrives_during_a_call_is_acknowledged_when_it_ends_and_as_one()
    {
        Dialogue net = Established();
        SocketHold hold = net.Socket.Hold();
        Assert.True(hold.IsHeld);
        net.Peer.Send(Data(Next, First, 1460));
        net.Peer.Send(Data(Next + 1460, First, 1000));
        net.Peer.ExpectNothing();
        Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, _buffer).Error);
        hold.Release(net.Now);
        net.Peer.Expect(Ack(First, Next + 2460));
        net.Peer.ExpectNothing();
        Assert.Equal(2460, net.Socket.Receive(net.Now, _buffer).Value);
        Assert.Equal(Bytes(Next, 1460), _buffer[..1460]);
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTCPBacklogCoalesce]);
        Assert.Equal(1460, net.Socket.GetInfo(net.Now).RcvMss);
        Assert.Equal(3u, net.Socket.GetInfo(net.Now).SegsIn - 1);
    }

    /// <summary>Two segments of ten bytes arrive; how many acknowledgements there are when the call ends.</summary>
    [Theory]
    [InlineData(10, TcpFlags.None, TcpFlags.None, false, true)]
    [InlineData(10, TcpFlags.Psh, TcpFlags.None, false, true)]
    [InlineData(10, TcpFlags.None, TcpFlags.Fin, false, true)]
    [InlineData(11, TcpFlags.None, TcpFlags.None, false, false)]
    [InlineData(10, TcpFlags.Ece, TcpFlags.None, false, false)]
    [InlineData(10, TcpFlags.None, TcpFlags.Cwr, false, false)]
    [InlineData(10, TcpFlags.None, TcpFlags.Urg, false, false)]
    [InlineData(10, TcpFlags.Urg, TcpFlags.None, false, false)]
    [InlineData(10, TcpFlags.None, TcpFlags.None, true, false)]
    public void Segments_become_one_if_they_could_have_come_as_one(int gap, TcpFlags first, TcpFlags second, bool marked, bool joined)
    {
        Dialogue net = Established();
        SocketHold hold = net.Socket.Hold();
        net.Peer.Send(Data(Next, First, 10).With(first));
        net.Peer.Send(Data(Next + (uint)gap, First, 10).With(second) with { EcnField = marked ? (byte)3 : (byte)0 });
        hold.Release(net.Now);
        Assert.Equal(joined ? 1 : 0, net.Host.Counters[SnmpCounter.TcpExtTCPBacklogCoalesce]);
    }

    [Fact]
    public void A_call_that_looks_takes_what_came_and_acknowledges_when_it_ends()
    {
        Dialogue net = Established();
        net.Peer.Send(Data(Next, First, 1460));
        net.Peer.Expect(Ack(First, Next + 1460));
        SocketHold hold = net.Socket.Hold();
        Assert.Equal(1460, net.Socket.Receive(net.Now, _buffer).Value);
        net.Peer.Send(Data(Next + 1460, First, 100));
        hold.Look(net.Now);
        net.Peer.Expect(Ack(First, Next + 1560));
        Assert.Equal(100, net.Socket.Receive(net.Now, _buffer).Value);
        net.Peer.Send(Data(Next + 1560, First, 100));
        net.Peer.ExpectNothing();
        hold.Release(net.Now);
        net.Peer.Expect(Ack(First, Next + 1660));
        net.Peer.Send(Data(Next + 1660, First, 100));
        net.Peer.Expect(Ack(First, Next + 1760));
    }

    [Fact]
    public void Only_one_call_has_the_socket()
    {
        Dialogue net = Established();
        SocketHold hold = net.Socket.Hold();
        Assert.False(net.Socket.Hold().IsHeld);
        hold.Release(net.Now);
        Assert.True(net.Socket.Hold().IsHeld);
        Assert.False(net.NewSocket().Hold().IsHeld);
    }

    [Fact]
    public void What_follows_a_reset_is_nobodys()
    {
        Dialogue net = Established();
        SocketHold hold = net.Socket.Hold();
        net.Peer.Send(Rst(Next));
        net.Peer.Send(Data(Next, First, 10));
        Assert.Equal(TcpState.Established, net.StateOf());
        hold.Release(net.Now);
        net.Peer.ExpectNothing();
        Assert.Equal(Errno.ECONNRESET, net.Socket.Receive(net.Now, _buffer).Error);
    }

    [Fact]
    public void A_peer_cannot_fill_memory_with_what_waits()
    {
        Dialogue net = Established();
        SocketHold hold = net.Socket.Hold();
        for (uint i = 0; i < 5000; i++)
        {
            net.Peer.Send(Data(Next + 100_000 + i * 3, First, 1));
        }

        Assert.InRange(net.Host.Counters[SnmpCounter.TcpExtTCPBacklogDrop], 3000, 4999);
        hold.Release(net.Now);
        net.Peer.Send(Data(Next, First, 1));
        Assert.Equal(1, net.Socket.Receive(net.Now, _buffer).Value);
    }

    [Fact]
    public void Joined_duplicates_count_as_so_many()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 14_600));
        net.Drain();
        while (net.Peer.Take() is not null)
        {
        }

        SocketHold hold = net.Socket.Hold();
        for (int i = 0; i < 3; i++)
        {
            net.Peer.Send(Ack(Next, First));
        }

        Assert.Equal(2, net.Host.Counters[SnmpCounter.TcpExtTCPBacklogCoalesce]);
        hold.Release(net.Now);
        net.Peer.Expect(Data(First, Next, 1460));
    }

    private static Dialogue Established()
    {
        Dialogue net = new();
        net.EstablishPassively();
        return net;
    }
}
