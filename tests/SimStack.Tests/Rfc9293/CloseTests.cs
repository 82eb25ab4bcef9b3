using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.5.3 and §3.6: RST, CLOSE and TIME-WAIT.</summary>
public sealed class CloseTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Theory, InProfiles]
    [Requirement("SHLD-2")]
    public void A_RST_may_carry_data(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Peer.Send(Rst(Next) with { Data = "out of memory"u8.ToArray() });
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ECONNRESET, net.Socket.TakeError());
    }

    [Theory, InProfiles]
    [Requirement("MUST-12")]
    public void The_user_can_tell_a_close_from_an_abort(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Peer.Send(Fin(Next, First));
        SocketResult end = net.Socket.Receive(net.Now, new byte[10]);
        Assert.Equal((true, 0), (end.Succeeded, end.Value));

        net = Named.Established(profile);
        net.Peer.Send(Rst(Next));
        Assert.Equal(Errno.ECONNRESET, net.Socket.Receive(net.Now, new byte[10]).Error);
    }

    /// <summary>close(2) ends both directions for the user.</summary>
    [Theory, InProfiles]
    [Requirement("MAY-1")]
    [Requirement("SHLD-3")]
    public void After_CLOSE_nothing_can_be_read_and_data_is_answered_by_RST(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First, Next));
        Assert.Equal(Errno.EBADF, net.Socket.Receive(net.Now, new byte[10]).Error);
        net.Peer.Send(Ack(Next, First + 1));
        net.Peer.Send(Data(Next, First + 1, 10));
        Assert.Contains(net.Peer.TakeAll(), segment => segment.Has(TcpFlags.Rst));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Theory, InProfiles]
    [Requirement("SHLD-3")]
    public void CLOSE_with_data_unread_sends_RST(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Peer.Send(Data(Next, First, 10));
        net.Peer.Ignore();
        net.Socket.Close(net.Now);
        Assert.True(net.Peer.Take()!.Has(TcpFlags.Rst));
        net.Peer.ExpectNothing();
    }

    /// <summary>The MSL of RFC 9293 §3.4.2 is two minutes.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-13")]
    [Departs("MUST-13", "linux linux26 windows freebsd")]
    public void TIME_WAIT_lasts_twice_the_MSL(string profile)
    {
        int seconds = profile switch { "rfc9293" => 240, "windows" => 120, _ => 60 };
        Dialogue net = Named.Dialogue(profile);
        Reach.State(net, TcpState.TimeWait);
        net.Advance(Duration.FromSeconds(seconds) - Duration.FromMilliseconds(1));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        net.AdvanceMs(2);
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    /// <summary>A SYN with a number above all that was received opens the connection anew, with an ISN above all that was sent.</summary>
    [Theory, InProfiles]
    [Requirement("MAY-2")]
    public void A_new_SYN_reopens_from_TIME_WAIT(string profile)
    {
        Dialogue net = Named.Dialogue(profile);
        Reach.Point p = Reach.State(net, TcpState.TimeWait);
        net.Peer.Send(Syn(p.RcvNxt + 1000).Mss(1000));
        SegmentPattern synAck = net.Peer.Expect(SynAck(ack: p.RcvNxt + 1001));
        Assert.True((int)(synAck.Seq!.Value - p.SndNxt) > 0);
    }

    /// <summary>RFC 6191 §2: with a greater timestamp a lower sequence number will do.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-4")]
    [Departs("SHLD-4", "windows")]
    public void Timestamps_shorten_TIME_WAIT(string profile)
    {
        Dialogue net = Named.Dialogue(profile);
        net.EstablishPassively(Syn().Mss(1000).Ts(1000, 0));
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        SegmentPattern fin = net.Peer.Expect(Fin(First, Next));
        net.Peer.Send(Fin(Next, First + 1).Ts(1001, fin.TsVal!.Value));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        net.Peer.Ignore();
        net.AdvanceMs(2000);
        net.Peer.Send(Syn(Irs - 50).Mss(1000).Ts(3000, 0));
        Assert.Equal(profile != "windows", net.Peer.Take()!.Has(TcpFlags.Syn | TcpFlags.Ack));
    }
}
