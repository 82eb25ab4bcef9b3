using SimStack.Sockets;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.8.5 and MUST-66: urgent data.</summary>
public sealed class UrgentTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>Sent: the pointer leads behind the last urgent byte. Received: that byte is the urgent one.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-30")]
    [Requirement("MUST-62")]
    public void The_pointer_names_the_byte_after_the_urgent_data(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Write(3);
        net.Peer.Expect(Data(First, Next, 3));
        net.Socket.Send(net.Now, "ab!"u8, MessageFlags.MSG_OOB);
        SegmentPattern urgent = net.Peer.Expect(Data(First + 3, Next, "ab!").With(TcpFlags.Urg));
        Assert.Equal(3, (int)urgent.UrgentPointer!.Value);

        net.Peer.Send(Data(Next, First + 6, "cd?ef").Urgent(3));
        byte[] one = new byte[5];
        Assert.Equal(1, net.Socket.Receive(net.Now, one, MessageFlags.MSG_OOB).Value);
        Assert.Equal((byte)'?', one[0]);
    }

    /// <summary>Over several segments, each of which points to the same place.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-31")]
    public void Urgent_data_may_have_any_length(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(2500, MessageFlags.MSG_OOB);
        net.AdvanceMs(100);
        List<SegmentPattern> sent = net.Peer.TakeAll();
        Assert.Equal(2500, sent.Sum(segment => segment.DataLength()));
        Assert.All(sent, segment =>
        {
            Assert.True(segment.Has(TcpFlags.Urg));
            Assert.Equal(First + 2500, segment.Seq!.Value + segment.UrgentPointer!.Value);
        });

        net.Peer.Send(Data(Next, First + 2500, 1000).Urgent(2500));
        net.Peer.Send(Data(Next + 1000, First + 2500, 1000).Urgent(1500));
        net.Peer.Send(Data(Next + 2000, First + 2500, 700).Urgent(500));
        int before = net.Read().Length; // as far as the mark
        Assert.Equal(2499, before);
        Assert.Equal(1, net.Socket.Receive(net.Now, new byte[5], MessageFlags.MSG_OOB).Value);
        Assert.Equal(200, net.Read().Length);
    }

    /// <summary>The socket becomes ready when the first pointer comes and when it moves on, and not for one that does not.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-32")]
    public void The_user_is_told_at_once_and_again_when_the_pointer_moves(string profile)
    {
        Dialogue net = Named.Established(profile);
        Assert.Equal(PollEvents.None, net.Socket.Poll() & PollEvents.POLLPRI);
        Assert.True(Wakes(net, Ack(Next, First).Urgent(100))); // ahead of its data
        // Linux polls for what is there; that some is announced MSG_OOB tells.
        Assert.Equal(!profile.StartsWith("linux", StringComparison.Ordinal), (net.Socket.Poll() & PollEvents.POLLPRI) != 0);
        Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, new byte[1], MessageFlags.MSG_OOB).Error);
        Assert.False(Wakes(net, Ack(Next, First).Urgent(100)));
        Assert.True(Wakes(net, Ack(Next, First).Urgent(300)));
    }

    [Theory, InProfiles]
    [Requirement("MUST-33")]
    public void The_user_can_learn_whether_urgent_data_is_left(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Peer.Send(Data(Next, First, "abcX").Urgent(4));
        Assert.True((net.Socket.Poll() & PollEvents.POLLPRI) != 0);
        Assert.Equal(3, net.Socket.GetInputQueue().Value); // bytes to the mark
        Assert.Equal(3, net.Read().Length);
        Assert.Equal(1, net.Socket.Receive(net.Now, new byte[5], MessageFlags.MSG_OOB).Value);
        Assert.Equal(PollEvents.None, net.Socket.Poll() & PollEvents.POLLPRI);
    }

    /// <summary>§3.4: when the receive window is closed too.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-66", In = "linux26 windows freebsd rfc9293")]
    public void RST_and_URG_count_with_a_closed_window(string profile)
    {
        Dialogue net = Named.Established(profile);
        uint next = WindowTests.CloseReceiveWindow(net);
        net.Peer.Send(Data(next, First, 1).Urgent(1));
        // Linux since 6.17 takes nothing beyond a closed window while there is something to read (tcp_sequence).
        Assert.Equal(
            profile == "linux" ? Errno.EINVAL : Errno.EAGAIN, net.Socket.Receive(net.Now, new byte[1], MessageFlags.MSG_OOB).Error);
        Assert.Equal(next, net.Socket.Connection!.Rcv.Nxt.Value);
        net.Peer.Send(Rst(next));
        Assert.Equal(SimStack.Tcp.TcpState.Closed, net.Socket.State);
    }

    private static bool Wakes(Dialogue net, SegmentPattern segment)
    {
        while (net.Host.TryTakeReady(out _))
        {
        }

        net.KeepsReady = true;
        net.Peer.Send(segment);
        net.KeepsReady = false;
        return net.Host.TryTakeReady(out HostSocket? ready) && ready == net.Socket;
    }
}
