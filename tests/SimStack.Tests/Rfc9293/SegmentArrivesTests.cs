using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.10.7.4: what arrives out of order, acknowledgements together, blind injection; and §3.8.2, ECN.</summary>
public sealed class SegmentArrivesTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>What lies behind a hole is kept; the segment that fills it is acknowledged with all that was queued.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-31")]
    [Requirement("MUST-59")]
    [Requirement("MUST-58")]
    [Requirement("MAY-13")]
    public void What_comes_out_of_order_is_held_and_acknowledged_together(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Peer.Send(Data(Next + 500, First, 500));
        net.Peer.Expect(Ack(First, Next)); // an ACK for what is not at the left edge
        net.Peer.Send(Data(Next + 1000, First, 500));
        net.Peer.Expect(Ack(First, Next));
        net.Peer.Send(Data(Next + 1500, First, 500));
        net.Peer.Expect(Ack(First, Next));
        Assert.Equal(0, net.Socket.ReadableCount);
        net.Peer.Send(Data(Next, First, 500));
        net.Peer.Expect(Ack(First, Next + 2000)); // one, after all of them
        net.Peer.ExpectNothing();
        byte[] read = net.Read();
        Assert.Equal(Bytes(Next, 2000), read);
    }

    /// <summary>RFC 5961 §5: an ACK older than the largest window ever offered, or of what was never sent, brings no data in.</summary>
    [Theory, InProfiles]
    [Requirement("MAY-12")]
    public void Data_with_an_ACK_out_of_range_is_not_taken(string profile)
    {
        Dialogue net = Named.Dialogue(profile);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000).Win(2000));
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First).Win(2000));
        net.Accept();
        // Linux believes no ACK older than what was ever acknowledged either.
        net.Write(2000);
        net.AdvanceMs(1);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First + 2000).Win(2000));
        foreach (long ack in new long[] { -2001, -100_000, 1, 100_000, -0x7000_0000 })
        {
            net.Peer.Send(Data(Next, From(ack), 10).Win(2000));
            net.AdvanceMs(1000);
            Assert.Equal(0, net.Socket.ReadableCount);
            net.Peer.Expect(Ack(First + 2000, Next));
        }

        net.Peer.Send(Data(Next, From(-2000), 10).Win(2000));
        Assert.Equal(10, net.Socket.ReadableCount);
    }

    /// <summary>RFC 3168 §6.1.1: a SYN with ECE and CWR is granted by ECE, where net.ipv4.tcp_ecn has ECN switched on.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-8")]
    public void ECN_is_agreed_on(string profile)
    {
        Dialogue net = Named.Dialogue(profile, settings: s => s.Ecn = 2);
        net.Listen();
        net.Peer.Send(Syn(Irs).With(TcpFlags.Ece | TcpFlags.Cwr));
        net.Peer.Expect(SynAck(Iss, Next).With(TcpFlags.Ece));
    }

    private static uint From(long offset) => unchecked((uint)(First + 2000 + offset));
}
