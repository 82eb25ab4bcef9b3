using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Calls and options around sending and reading, as Linux has them: cork, no delay, low-water mark, queues. MSS 1000.</summary>
public sealed class SendCallTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[100_000];

    [Fact]
    public void A_cork_holds_small_data_until_it_is_pulled_or_TCP_NODELAY_is_set()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        net.Socket.Send(net.Now, new byte[30]);
        net.Socket.Send(net.Now, new byte[20]);
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 0);
        net.Peer.Expect(Data(First, Next, 50).Push());
        net.Peer.Send(Ack(Next, First + 50));

        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        net.Socket.Send(net.Now, new byte[30]);
        net.Socket.Send(net.Now, new byte[2000]);
        net.Peer.Expect(Data(First + 50, Next, 1000));
        net.Peer.Expect(Data(First + 1050, Next, 1000));
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Peer.Expect(Data(First + 2050, Next, 30).Push());
    }

    [Fact]
    public void MSG_MORE_holds_small_data_for_this_call_and_does_not_push_it()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[30], MessageFlags.MSG_MORE);
        net.Socket.Send(net.Now, new byte[30], MessageFlags.MSG_MORE);
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Peer.Expect(Data(First, Next, 60).Push(false));
        net.Peer.Send(Ack(Next, First + 60));
        net.Socket.Send(net.Now, new byte[30], MessageFlags.MSG_MORE);
        net.Peer.ExpectNothing();
        net.Socket.Send(net.Now, new byte[30]);
        net.Peer.Expect(Data(First + 60, Next, 60).Push());
    }

    [Fact]
    public void What_a_cork_holds_back_goes_after_200_ms()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_CORK, 1);
        net.Socket.Send(net.Now, new byte[30]);
        net.AdvanceMs(209);
        net.Peer.ExpectNothing();
        net.AdvanceMs(1);
        net.Peer.Expect(Data(First, Next, 30).Push());
    }

    /// <summary>Writable below half of the mark; a write takes whole packets, of half the peer's window, as long as less than the mark waits.</summary>
    [Theory]
    [InlineData(0, 30_000, 65_535)] // as large as the send buffer
    [InlineData(5000, 0, 65_535)]
    [InlineData(0, 5000, 65_535)]
    public void A_low_water_mark_bounds_what_waits_to_be_sent(int option, uint sysctl, int window)
    {
        Dialogue net = Established(s => s.NotSentLowWater = sysctl, window);
        Assert.Equal(Errno.OK, net.Socket.SetOption(net.Now, SocketOption.TCP_NOTSENT_LOWAT, option));
        Assert.Equal(option, net.Socket.GetOption(SocketOption.TCP_NOTSENT_LOWAT).Value);
        int mark = option != 0 ? option : (int)sysctl;
        int taken = net.Socket.Send(net.Now, _buffer).Value;
        Assert.Equal(taken - 10_000, (int)net.Socket.GetInfo(net.Now).NotsentBytes);
        Assert.InRange(taken - 10_000, mark, mark + 32_000);
        Assert.Equal(-1, net.Socket.Send(net.Now, _buffer).Value);
        while (net.Socket.GetInfo(net.Now).NotsentBytes * 2 >= mark)
        {
            Assert.Equal(PollEvents.None, net.Socket.Poll() & PollEvents.POLLOUT);
            net.AdvanceMs(10);
            uint reached = First;
            while (net.Peer.Take() is { } segment)
            {
                reached = segment.Seq!.Value + (uint)segment.Data!.Length;
            }

            net.Peer.Send(Ack(Next, reached).Win(window));
        }

        Assert.Equal(PollEvents.POLLOUT, net.Socket.Poll() & PollEvents.POLLOUT);
    }

    [Fact]
    public void The_queues_are_told_with_the_FINs_among_them()
    {
        Dialogue net = Established();
        Assert.Equal(Errno.OK, net.Socket.SetOption(net.Now, SocketOption.TCP_INQ, 1));
        Assert.Equal(1, net.Socket.GetOption(SocketOption.TCP_INQ).Value);
        net.Peer.Send(Data(Next, First, 1000));
        Assert.Equal((1000, 1000), (net.Socket.Unread, net.Socket.GetInputQueue().Value));
        net.Socket.Receive(net.Now, _buffer.AsSpan(0, 300));
        Assert.Equal((700, 700), (net.Socket.Unread, net.Socket.GetInputQueue().Value));
        net.Peer.Send(Fin(Next + 1000, First));
        Assert.Equal((701, 700), (net.Socket.Unread, net.Socket.GetInputQueue().Value));
        net.Socket.Receive(net.Now, _buffer);
        Assert.Equal((1, 0), (net.Socket.Unread, net.Socket.GetInputQueue().Value));

        net.Socket.Send(net.Now, new byte[15_000]);
        Assert.Equal((15_000, 5000), (net.Socket.GetOutputQueue().Value, net.Socket.GetUnsentQueue().Value));
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        Assert.Equal((15_001, 5001), (net.Socket.GetOutputQueue().Value, net.Socket.GetUnsentQueue().Value));
        net.Peer.Send(Ack(Next + 1001, First + 10_000));
        net.Peer.Send(Ack(Next + 1001, First + 15_000));
        Assert.Equal((1, 0), (net.Socket.GetOutputQueue().Value, net.Socket.GetUnsentQueue().Value));
        net.Peer.Send(Ack(Next + 1001, First + 15_001));
        Assert.Equal((0, 0), (net.Socket.GetOutputQueue().Value, net.Socket.GetUnsentQueue().Value));
        Assert.Equal(Errno.EINVAL, net.Listener.GetInputQueue().Error);
        Assert.Equal(Errno.EINVAL, net.Listener.GetOutputQueue().Error);
    }

    [Fact]
    public void After_SHUT_RD_data_can_be_read_all_the_same()
    {
        Dialogue net = Established();
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_RD);
        Assert.Equal(0, net.Socket.Receive(net.Now, _buffer).Value);
        net.Peer.Send(Data(Next, First, 500));
        net.Peer.Expect(Ack(First, Next + 500));
        Assert.Equal(500, net.Socket.Receive(net.Now, _buffer).Value);
        Assert.Equal(0, net.Socket.Receive(net.Now, _buffer).Value);
        net.Socket.Send(net.Now, new byte[10]);
        net.Peer.Expect(Data(First, Next + 500, 10));
    }

    /// <summary>What leaves is as large as the queue lets it; nothing is lost, and what did not leave is tried again.</summary>
    [Fact]
    public void What_the_device_has_no_room_for_was_not_sent()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_USER_TIMEOUT, 2000);
        net.Interface.RefusesFrames = true;
        Assert.Equal(2500, net.Socket.Send(net.Now, new byte[2500]).Value);
        Assert.Equal((0, 2500), (net.Socket.GetInfo(net.Now).Unacked, net.Socket.GetUnsentQueue().Value));
        net.AdvanceMs(211);
        Assert.Equal((1, 0), (net.Socket.GetInfo(net.Now).Probes, net.Socket.GetInfo(net.Now).Backoff));
        net.AdvanceMs(500);
        Assert.Equal(2, net.Socket.GetInfo(net.Now).Probes);
        net.Interface.RefusesFrames = false;
        net.AdvanceMs(500);
        net.Peer.Expect(Data(First, Next, 1000));
        net.Peer.ExpectNothing();
        net.Peer.Send(Ack(Next, First + 1000));
        net.Peer.Expect(Data(First + 1000, Next, 1000));
        net.Peer.Expect(Data(First + 2000, Next, 500));
        net.Peer.Send(Ack(Next, First + 2500));

        net.Interface.RefusesFrames = true;
        net.Socket.Send(net.Now, new byte[10]);
        net.AdvanceMs(2150);
        Assert.Equal(4, net.Socket.GetInfo(net.Now).Probes);
        net.AdvanceMs(100);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.Send(net.Now, new byte[10]).Error);
    }

    [Fact]
    public void Segments_that_Linux_drops_unread()
    {
        Dialogue net = Established();
        net.Peer.Send(Bare(TcpFlags.None, Next) with { Length = 100 });
        net.Peer.Send(Bare(TcpFlags.None, unchecked(Next - 500)) with { Length = 100 });
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Socket.ReadableCount);
    }

    private static Dialogue Established(Action<Sysctls>? settings = null, int window = 65_535)
    {
        Dialogue net = new(settings: settings);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First).Win(window));
        net.Accept();
        net.Peer.Ignore();
        return net;
    }
}
