using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>RFC 9293's figures of half-open connections and old duplicates (§3.5.1), of closing (§3.6), and the rules for RST (§3.5.2).</summary>
public sealed class AnomalyTests
{
    /// <summary>Figure 8, both ends: an old SYN wakes the listener, its SYN,ACK is refused, and the real SYN gets in.</summary>
    [Fact]
    [Trait("RFC9293", "MUST-11")]
    public void Recovery_from_an_old_duplicate_SYN()
    {
        Dialogue b = new();
        b.Listen();
        b.Peer.Send(Syn(90));
        b.Peer.Expect(SynAck(Iss, 91));
        b.Peer.Send(Rst(91));
        Assert.Equal("SYN-RECEIVED -> LISTEN (rcv RST)", b.TakeChanges()[^1]);
        b.Peer.Send(Syn(Irs));
        SegmentPattern synAck = b.Peer.Expect(SynAck(ack: Irs + 1));
        b.Peer.Send(Ack(Irs + 1, synAck.Seq + 1));
        Assert.Equal(TcpState.Established, b.StateOf());

        Dialogue a = new();
        a.Connect();
        a.Peer.Expect(Syn(Iss));
        a.Peer.Send(SynAck(300, 91));
        a.Peer.Expect(Rst(91));
        Assert.Equal(TcpState.SynSent, a.Socket.State);
        a.Peer.Send(SynAck(400, Iss + 1));
        a.Peer.Expect(Ack(Iss + 1, 401));
        Assert.Equal(TcpState.Established, a.Socket.State);
    }

    /// <summary>Figure 9, the end that crashed: it meets an ACK of nothing, resets, and tries again. Linux tries at once.</summary>
    [Theory]
    [InlineData("linux", 8)]
    [InlineData("rfc9293", 1000)]
    public void Half_open_discovery_by_the_end_that_opens_anew(string profile, long again)
    {
        Assert.True(Profile.TryGet(profile, out Profile found));
        Dialogue a = new(profile: found);
        a.Connect();
        a.Peer.Expect(Syn(Iss));
        a.Peer.Send(Ack(300, 100));
        a.Peer.Expect(Rst(100));
        a.AdvanceMs(again);
        a.Peer.ExpectAt(again, Syn(Iss));
        a.Peer.Send(SynAck(500, Iss + 1));
        a.Peer.Expect(Ack(Iss + 1, 501));
    }

    /// <summary>Figure 9, the end that still has the connection; the new SYN may lie in the window or not.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(-400)]
    public void Half_open_discovery_by_the_end_that_has_the_connection(int offset)
    {
        Dialogue b = new();
        b.EstablishPassively();
        b.Peer.Send(Syn(unchecked((uint)((int)Irs + offset))));
        b.Peer.Expect(Ack(Iss + 1, Irs + 1));
        b.Peer.Send(Rst(Irs + 1));
        Assert.Equal(TcpState.Closed, b.StateOf());
        Assert.Equal(Errno.ECONNRESET, b.Socket.TakeError());
        b.Peer.Send(Syn(400)); // the client's next try is an ordinary one
        b.Peer.Expect(SynAck(ack: 401));
    }

    /// <summary>Figure 10: data for a connection that a reboot forgot.</summary>
    [Fact]
    public void Half_open_discovery_by_data()
    {
        Dialogue a = new();
        a.Peer.Send(Data(300, 100, 10));
        a.Peer.Expect(Rst(100));

        Dialogue b = new();
        b.EstablishPassively();
        b.Socket.Send(b.Now, "0123456789"u8);
        SegmentPattern data = b.Peer.Expect(Data(Iss + 1, Irs + 1, "0123456789"));
        b.Peer.Send(Rst(data.Ack));
        Assert.Equal(TcpState.Closed, b.Socket.State);
        Assert.Equal(Errno.ECONNRESET, b.Socket.TakeError());
        b.Advance(Duration.FromSeconds(100));
        b.Peer.ExpectNothing();
    }

    /// <summary>Figure 11: an old SYN between two listeners.</summary>
    [Fact]
    [Trait("RFC9293", "MUST-11")]
    public void An_old_duplicate_SYN_between_two_passive_sockets()
    {
        Dialogue b = new();
        b.Listen();
        b.Peer.Send(Syn(77));
        b.Peer.Expect(SynAck(Iss, 78));
        Dialogue a = new();
        a.Listen();
        a.Peer.Send(SynAck(Iss, 78));
        SegmentPattern rst = a.Peer.Expect(Rst(78));
        b.Peer.Send(rst);
        Assert.Equal("SYN-RECEIVED -> LISTEN (rcv RST)", b.TakeChanges()[^1]);
        Assert.Equal(TcpState.Listen, a.Listener.State);
        Assert.Equal(TcpState.Listen, b.Listener.State);
        b.Advance(Duration.FromSeconds(100));
        b.Peer.ExpectNothing();
    }

    /// <summary>Figure 12, the side that closes first.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_normal_close(bool ipv6)
    {
        Dialogue a = new(ipv6);
        a.EstablishActively();
        a.TakeChanges();
        a.Socket.Close(a.Now);
        a.Peer.Expect(Fin(Iss + 1, Irs + 1));
        a.Peer.Send(Ack(Irs + 1, Iss + 2));
        a.Peer.Send(Fin(Irs + 1, Iss + 2));
        a.Peer.Expect(Ack(Iss + 2, Irs + 2));
        a.Advance(Duration.FromSeconds(60));
        Assert.Equal(
            ["ESTABLISHED -> FIN-WAIT-1 (CLOSE)", "FIN-WAIT-1 -> FIN-WAIT-2 (rcv ACK of FIN)", "FIN-WAIT-2 -> TIME-WAIT (rcv FIN)",
                "TIME-WAIT -> CLOSED (2MSL timeout)"],
            a.TakeChanges());
    }

    /// <summary>Figure 13.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_simultaneous_close(bool ipv6)
    {
        Dialogue a = new(ipv6);
        a.EstablishActively();
        a.TakeChanges();
        a.Socket.Close(a.Now);
        a.Peer.Expect(Fin(Iss + 1, Irs + 1));
        a.Peer.Send(Fin(Irs + 1, Iss + 1));
        a.Peer.Expect(Ack(Iss + 2, Irs + 2));
        a.Peer.Send(Ack(Irs + 2, Iss + 2));
        a.Advance(Duration.FromSeconds(60));
        Assert.Equal(
            ["ESTABLISHED -> FIN-WAIT-1 (CLOSE)", "FIN-WAIT-1 -> CLOSING (rcv FIN)", "CLOSING -> TIME-WAIT (rcv ACK of FIN)",
                "TIME-WAIT -> CLOSED (2MSL timeout)"],
            a.TakeChanges());
    }

    /// <summary>The FIN is repeated like data until it is acknowledged.</summary>
    [Theory]
    [InlineData(TcpState.FinWait1)]
    [InlineData(TcpState.Closing)]
    [InlineData(TcpState.LastAck)]
    public void An_unacknowledged_FIN_is_repeated_with_doubling_intervals(TcpState state)
    {
        Dialogue net = new();
        Reach.Point p = Reach.State(net, state);
        Instant sent = net.Now;
        net.AdvanceMs(4000);
        long previous = 0;
        for (int i = 0; i < 3; i++)
        {
            SegmentPattern fin = net.Peer.Expect(Fin(p.SndNxt - 1, p.RcvNxt));
            long after = (fin.At - sent).WholeMilliseconds;
            Assert.True(i == 0 || after == 3 * previous || after == (previous * 7 / 3), $"FIN number {i + 2} after {after} ms");
            previous = after;
        }
    }

    /// <summary>§3.5.2: a RST is never answered, whatever the state, in either profile.</summary>
    [Theory]
    [InlineData("linux")]
    [InlineData("rfc9293")]
    public void A_RST_never_brings_a_RST(string profile)
    {
        Assert.True(Profile.TryGet(profile, out Profile found));
        foreach (TcpState state in Enum.GetValues<TcpState>())
        {
            foreach (int offset in new[] { -1000, -1, 0, 1, 1000, 1_000_000 })
            {
                foreach (bool ack in new[] { false, true })
                {
                    Dialogue net = new(profile: found);
                    Reach.Point p = Reach.State(net, state);
                    uint seq = unchecked(p.RcvNxt + (uint)offset);
                    net.Peer.Send(ack ? RstAck(seq, p.SndNxt + 5) : Rst(seq));
                    SegmentPattern? answer = net.Peer.Take();
                    Assert.True(answer is null || (answer.Flags & TcpFlags.Rst) == 0, $"{state}, {offset}: {answer}");
                }
            }
        }
    }

    /// <summary>§3.5.2, group 3: synchronized states answer what is unacceptable with an empty ACK and stay; two hosts can't do so for ever.</summary>
    [Fact]
    public void Acknowledgements_of_acknowledgements_are_limited()
    {
        Dialogue net = new();
        net.EstablishPassively();
        int answers = 0;
        for (int i = 0; i < 100; i++)
        {
            net.Peer.Send(Ack(Irs - 50, Iss + 1));
            answers += net.Peer.Take() is null ? 0 : 1;
            net.AdvanceMs(10);
        }

        Assert.Equal(2, answers); // one each 500 ms (tcp_invalid_ratelimit)
        Assert.Equal(98, (int)net.Host.Counters[SnmpCounter.TcpExtTCPACKSkippedSeq]);
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    [Fact]
    public void A_RST_behind_the_last_SACK_block_ends_a_connection_of_Linux()
    {
        foreach ((Profile profile, bool ends) in new[] { (Profile.Linux, true), (Profile.Rfc9293, false) })
        {
            Dialogue net = new(profile: profile);
            net.EstablishPassively(Syn().Mss(1460).SackOk());
            net.Peer.Send(Data(Irs + 101, Iss + 1, 100));
            net.Peer.Expect(Ack(Iss + 1, Irs + 1).Sack(Irs + 101, Irs + 201));
            net.AdvanceMs(600);
            net.Peer.Send(Rst(Irs + 201));
            Assert.Equal(ends ? TcpState.Closed : TcpState.Established, net.Socket.State);
        }
    }
}
