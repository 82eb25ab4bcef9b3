using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.8.6: both windows, probes of a closed one, silly windows, delayed acknowledgements.</summary>
public sealed class WindowTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Theory, InProfiles]
    [Requirement("SHLD-14", In = "linux26 windows freebsd rfc9293")]
    public void The_right_edge_offered_never_moves_left(string profile)
    {
        Dialogue net = Named.Established(profile);
        uint edge = net.Peer.RightEdge;
        for (uint i = 0; i < 150; i++)
        {
            if (i == 20)
            {
                net.Socket.SetOption(net.Now, SocketOption.SO_RCVBUF, 2304);
            }

            net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, (int)(i * 37 % 1000) + 1));
            net.AdvanceMs(i % 5 == 0 ? 600 : 0);
            foreach (SegmentPattern ack in net.Peer.TakeAll())
            {
                if (profile == "linux" && ack.Window == 0)
                {
                    edge = ack.Ack!.Value; // There is no memory for what was offered (tcp_select_window, ICSK_ACK_NOMEM).
                }

                uint right = ack.Ack!.Value + ack.Window!.Value;
                Assert.True(right >= edge, $"{right} after {edge}");
                edge = right;
            }

            if (i % 7 == 0)
            {
                net.Read(700);
            }
        }
    }

    /// <summary>The window shrinks below what is in flight: nothing new, what lies in it again, and no end of the connection.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-34")]
    [Requirement("SHLD-15")]
    [Requirement("SHLD-16")]
    [Requirement("SHLD-17")]
    public void A_window_that_shrinks_is_survived(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(4000);
        net.AdvanceMs(100);
        Assert.Equal(4000, net.Peer.TakeAll().Where(s => s.Seq!.Value < First + 4000).DistinctBy(s => s.Seq).Sum(s => s.DataLength()));
        net.Peer.Send(Ack(Next, First + 1000).Win(1500)); // to First + 2500, which lies left of SND.NXT
        net.Write(2000);
        net.AdvanceMs(3000);
        List<SegmentPattern> again = net.Peer.TakeAll();
        Assert.Contains(again, segment => segment.Seq == First + 1000 && segment.DataLength() == 1000); // what the window holds
        for (int i = 0; i < 40; i++)
        {
            // What lies in the window is acknowledged; the rest, behind its edge, does not end the connection, and nothing new is sent.
            net.Peer.Send(Ack(Next, First + 2500).Win(0));
            net.AdvanceMs(30_000);
            again.AddRange(net.Peer.TakeAll());
        }

        Assert.DoesNotContain(again, segment => segment.Seq!.Value + segment.DataLength() > First + 4000);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Peer.Send(Ack(Next, First + 4000).Win(9000));
        net.AdvanceMs(100);
        Assert.Equal(2000, net.Peer.TakeAll().Sum(segment => segment.DataLength()));
    }

    /// <summary>A window that shrinks to nothing is probed; the probe here is the first segment, which lies beyond it.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-35")]
    [Requirement("MAY-7")]
    public void A_window_that_shrinks_to_zero_is_probed(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(3000);
        net.AdvanceMs(100);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First + 1000).Win(0));
        net.AdvanceMs(10_000);
        List<SegmentPattern> probes = net.Peer.TakeAll();
        Assert.InRange(probes.Count, 2, 7);
        Assert.All(probes, probe => Assert.Equal(First + 1000, probe.Seq));
        net.Peer.Send(Ack(Next, First + 1000).Win(5000));
        net.AdvanceMs(20_000);
        Assert.Contains(net.Peer.TakeAll(), segment => segment.Seq!.Value + segment.DataLength() == First + 2000);
    }

    /// <summary>The first probe after the RTO, then ever more rarely; for ever while the peer answers.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-36")]
    [Requirement("MUST-37")]
    [Requirement("SHLD-29")]
    [Requirement("SHLD-30")]
    public void A_closed_window_is_probed_for_ever(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Peer.Expect(Data(First, Next, 10));
        net.Peer.Send(Ack(Next, First + 10).Win(0));
        net.Write(100);
        long rto = net.Socket.GetInfo(net.Now).Rto;
        long last = net.Now.Nanoseconds;
        double interval = 0;
        for (int i = 0; i < 30; i++)
        {
            SegmentPattern? probe = null;
            for (int ms = 0; ms < 130_000 && (probe = net.Peer.Take()) is null; ms += 10)
            {
                net.AdvanceMs(10);
            }

            Assert.NotNull(probe);
            double waited = (probe.At.Nanoseconds - last) / 1e3;
            Assert.True(i > 0 || Math.Abs(waited - rto) < 1000, $"first probe after {waited} µs, the RTO is {rto} µs");
            Assert.True(i is 0 or > 5 || Math.Abs(waited - 2 * interval) < 15_000, $"{waited} after {interval} µs");
            Assert.True(waited >= interval - 15_000);
            interval = waited;
            last = net.Now.Nanoseconds;
            net.Peer.Send(Ack(Next, First + 10).Win(0));
        }

        Assert.True(net.Now > Instant.Zero + Duration.FromSeconds(200));
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Peer.Send(Ack(Next, First + 10).Win(5000));
        net.AdvanceMs(100);
        Assert.Contains(net.Peer.TakeAll(), segment => segment.Seq == First + 10 && segment.DataLength() > 0);
    }

    [Theory, InProfiles]
    [Requirement("MAY-8")]
    public void Our_window_stays_closed_as_long_as_nobody_reads(string profile)
    {
        Dialogue net = Named.Established(profile);
        uint next = CloseReceiveWindow(net);
        for (int i = 0; i < 100; i++)
        {
            net.Advance(Duration.FromSeconds(60));
            net.Peer.Send(Data(next, First, 1));
            net.AdvanceMs(10);
            net.Peer.Expect(Ack(First, next).Win(0));
        }
    }

    /// <summary>§3.8.6.2.1: a usable window of a few bytes is left alone until it is worth a segment.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-38")]
    public void The_sender_avoids_silly_windows(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Write(1000);
        net.Peer.Expect(Data(First, Next, 1000));
        net.Peer.Send(Ack(Next, First + 1000).Win(100));
        net.Write(5000);
        net.AdvanceMs(150);
        net.Peer.ExpectNothing();
        net.Peer.Send(Ack(Next, First + 1000).Win(4000));
        net.Peer.Expect(Data(First + 1000, Next, 1000));
    }

    /// <summary>§3.8.6.2.2: reading a few bytes does not offer them at once.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-39")]
    public void The_receiver_avoids_silly_windows(string profile)
    {
        Dialogue net = Named.Established(profile);
        CloseReceiveWindow(net);
        net.AdvanceMs(1000);
        net.Peer.Ignore();
        int read = 0;
        SegmentPattern? update = null;
        while (update is null && read < 200_000)
        {
            read += net.Read(50).Length;
            update = net.Peer.Take();
        }

        Assert.True(read >= 500, $"an update after {read} bytes");
        Assert.True(update!.Window >= 500);
    }

    [Theory, InProfiles]
    [Requirement("SHLD-18")]
    [Requirement("MUST-40")]
    [Requirement("MUST-58")]
    public void An_ACK_may_wait_for_less_than_half_a_second(string profile)
    {
        Dialogue net = Interactive(profile, out uint next, out uint una);
        net.Peer.Send(Data(next, una, 10)); // the ACK goes with data if there is some
        net.Peer.ExpectNothing();
        net.Write(5);
        net.Peer.Expect(Data(una, next + 10, 5));
        net.Peer.Send(Ack(next + 10, una + 5));

        net.Peer.Send(Data(next + 10, una + 5, 10));
        net.Peer.Send(Data(next + 20, una + 5, 10));
        net.Peer.ExpectNothing();
        Instant arrived = net.Now;
        net.AdvanceMs(1000);
        SegmentPattern ack = net.Peer.Expect(Ack(una + 5, next + 30)); // one for both
        Assert.InRange((ack.At - arrived).Nanoseconds, 1, 499_999_999);
        net.Peer.ExpectNothing();
    }

    [Theory, InProfiles]
    [Requirement("SHLD-19")]
    public void Every_second_full_segment_is_acknowledged_at_once(string profile)
    {
        Dialogue net = Interactive(profile, out uint next, out uint una, mss: 1460);
        net.Peer.Send(Data(next, una, 1460));
        net.Read();
        net.Peer.Send(Data(next + 1460, una, 1460));
        net.Read();
        Assert.Equal(next + 2920, net.Peer.TakeAll()[^1].Ack);
    }

    /// <summary>The user answers each request, so that there is something for ACKs to go with.</summary>
    private static Dialogue Interactive(string profile, out uint next, out uint una, int mss = 1000)
    {
        Dialogue net = Named.Established(profile, mss: mss);
        (next, una) = (Next, First);
        for (int i = 0; i < 12; i++)
        {
            net.Peer.Send(Data(next, una, 1000));
            net.Read();
            net.Write(10);
            (next, una) = (next + 1000, una + 10);
            net.Peer.Ignore();
            net.Peer.Send(Ack(next, una));
            net.AdvanceMs(10);
        }

        net.Peer.Ignore();
        return net;
    }

    /// <summary>Sends until the window offered is zero; returns RCV.NXT.</summary>
    internal static uint CloseReceiveWindow(Dialogue net)
    {
        uint una = net.Socket.Connection!.Snd.Una.Value;
        for (int i = 0; i < 2000 && net.Peer.RightEdge != net.Socket.Connection.Rcv.Nxt.Value; i++)
        {
            uint next = net.Socket.Connection.Rcv.Nxt.Value;
            int length = (int)Math.Min(1000, net.Peer.RightEdge - next);
            net.Peer.Send(Data(next, una, length));
            net.AdvanceMs(600);
            net.Peer.Ignore();
        }

        Assert.Equal(0, net.Socket.Connection.Rcv.Remaining);
        return net.Socket.Connection.Rcv.Nxt.Value;
    }
}
