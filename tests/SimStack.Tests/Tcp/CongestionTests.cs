using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Slow start, congestion avoidance, fast retransmit and recovery, restart (RFC 5681, 6582, 6928, 2861). MSS 1000.</summary>
public sealed class CongestionTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private const int Mss = 1000;

    [Fact]
    [Trait("RFC9293", "MUST-19")]
    public void The_initial_window_is_ten_segments_and_slow_start_doubles_it()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 200_000);
        Assert.Equal(10, Take(net));
        uint acked = First;
        foreach (int window in new[] { 20, 40 })
        {
            int flight = window / 2;
            for (int i = 0; i < flight; i++)
            {
                acked += Mss;
                net.Peer.Send(Ack(Next, acked));
            }

            Assert.Equal(window, Take(net));
            Assert.Equal(window * Mss, windows.Last.CongestionWindow);
        }
    }

    [Fact]
    public void One_ACK_for_two_segments_counts_twice()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 100_000);
        Take(net);
        net.Peer.Send(Ack(Next, First + 2 * Mss));
        Assert.Equal(4, Take(net));
        Assert.Equal(12 * Mss, windows.Last.CongestionWindow);
    }

    [Fact]
    public void What_the_application_does_not_use_does_not_grow()
    {
        (Dialogue net, Windows windows) = Established();
        uint acked = First;
        for (int i = 0; i < 50; i++)
        {
            Write(net, 3 * Mss);
            acked += 3 * Mss;
            net.AdvanceMs(5);
            net.Peer.Send(Ack(Next, acked));
        }

        Assert.Equal(10 * Mss, windows.Last.CongestionWindow);
        Write(net, 60 * Mss);
        Take(net);
        for (int i = 0; i < 10; i++)
        {
            net.Peer.Send(Ack(Next, acked += Mss));
        }

        Assert.Equal(20 * Mss, windows.Last.CongestionWindow);
        Take(net);
        net.Peer.Send(Ack(Next, acked = net.Socket.Connection!.Snd.Nxt.Value));
        int afterBurst = windows.Last.CongestionWindow;
        for (int i = 0; i < 200; i++)
        {
            Write(net, 3 * Mss);
            acked = net.Socket.Connection!.Snd.Nxt.Value;
            net.AdvanceMs(5);
            net.Peer.Send(Ack(Next, acked));
        }

        // Once more for the round in which the window was full.
        Assert.InRange(windows.Last.CongestionWindow, afterBurst, 2 * afterBurst);
        int settled = windows.Last.CongestionWindow;
        Write(net, 3 * Mss);
        net.Peer.Send(Ack(Next, acked + 3 * Mss));
        Assert.Equal(settled, windows.Last.CongestionWindow);
    }

    [Fact]
    public void The_third_duplicate_retransmits_and_halves_and_recovery_ends_at_what_was_out()
    {
        (Dialogue net, Windows windows) = Established(s => s.ProportionalReduction = false);
        Write(net, 100_000);
        Take(net);
        for (int i = 0; i < 2; i++)
        {
            net.Peer.Send(Ack(Next, First));
            net.Peer.Expect(Data(First + (uint)(10 + i) * Mss, Next, Mss)); // limited transmit (RFC 3042)
        }

        net.Peer.Send(Ack(Next, First));
        net.Peer.Expect(Data(First, Next, Bytes(First, Mss)));
        net.Peer.ExpectNothing();
        Assert.Equal(5 * Mss, windows.Last.CongestionWindow);
        Assert.Equal(5 * Mss, windows.Last.SlowStartThreshold);
        for (int i = 4; i <= 11; i++)
        {
            net.Peer.Send(Ack(Next, First)); // never a second fast retransmit; new data as dup ACKs deflate the flight
        }

        List<SegmentPattern> sent = All(net);
        Assert.All(sent, s => Assert.True(new SequenceNumber(s.Seq!.Value) >= new SequenceNumber(First + 12 * Mss)));
        Assert.Equal(4, sent.Count); // 12 out, 11 of them arrived: room for 4 besides the one sent again
        net.Peer.Send(Ack(Next, First + 12 * Mss));
        Assert.Equal(5 * Mss, windows.Last.CongestionWindow);
        Assert.Equal(1, Take(net)); // 4 in flight, 5 allowed
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpRetransSegs]);
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtTCPTimeouts]);
    }

    /// <summary>A window that the peer closed for long has told nothing of the network meanwhile; probes of it do not count as sending.</summary>
    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 40)]
    public void A_pause_that_the_peers_window_made_restarts_slow_start(bool setting, int window)
    {
        Dialogue net = new(settings: s => s.SlowStartAfterIdle = setting);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(Mss));
        net.AdvanceMs(50);
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        net.Peer.Ignore();
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUF, 400_000);
        net.Socket.Send(net.Now, new byte[10_000]);
        net.AdvanceMs(50);
        net.Peer.Send(Ack(Next, First + 10_000));
        net.Socket.Send(net.Now, new byte[20_000]);
        net.AdvanceMs(50);
        net.Peer.Send(Ack(Next, First + 30_000).Win(0));
        net.Socket.Send(net.Now, new byte[50_000]);
        for (int i = 0; i < 40; i++)
        {
            net.AdvanceMs(50);
            if (net.Peer.Waiting > 0)
            {
                net.Peer.Ignore();
                net.Peer.Send(Ack(Next, First + 30_000).Win(0));
            }
        }

        Assert.Equal(40, net.Socket.GetInfo(net.Now).SndCwnd);
        net.Peer.Send(Ack(Next, First + 30_000));
        Assert.Equal(window, net.Socket.GetInfo(net.Now).SndCwnd);
        Assert.Equal(window, Take(net));
    }

    /// <summary>Two duplicates told of two segments already: the ACK that shows it was reordering lets the window grow by the third only.</summary>
    [Fact]
    public void Reordered_segments_count_once()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 100_000);
        Take(net);
        net.Peer.Send(Ack(Next, First));
        net.Peer.Send(Ack(Next, First));
        Assert.Equal(2, Take(net));
        net.Peer.Send(Ack(Next, First + 3 * Mss));
        Assert.Equal(11 * Mss, windows.Last.CongestionWindow);
        Assert.Equal(2, Take(net));
        net.Peer.Send(Ack(Next, First + 5 * Mss));
        Assert.Equal(13 * Mss, windows.Last.CongestionWindow);
        Assert.Equal(4, Take(net));
    }

    [Fact]
    public void A_partial_ACK_retransmits_the_next_hole_at_once()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 10 * Mss);
        Take(net);
        for (int i = 0; i < 7; i++)
        {
            net.Peer.Send(Ack(Next, First));
        }

        Assert.Equal([First], All(net).Select(s => s.Seq!.Value));
        net.Peer.Send(Ack(Next, First + 4 * Mss));
        Assert.Equal([First + 4 * Mss], All(net).Select(s => s.Seq!.Value));
        net.Peer.Send(Ack(Next, First + 7 * Mss));
        Assert.Equal([First + 7 * Mss], All(net).Select(s => s.Seq!.Value));
        Assert.Equal(5 * Mss, windows.Last.CongestionWindow);
        net.Peer.Send(Ack(Next, First + 10 * Mss));
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtTCPTimeouts]);
        Assert.Equal(3, net.Host.Counters[SnmpCounter.TcpRetransSegs]);
    }

    [Fact]
    public void Duplicates_for_what_was_out_before_a_recovery_start_no_second_one()
    {
        (Dialogue net, _) = Established();
        Write(net, 10 * Mss);
        net.AdvanceMs(210); // all is taken for lost; the first goes again
        Take(net);
        net.Peer.Send(Ack(Next, First + 10 * Mss)); // but nothing was
        Write(net, 3 * Mss);
        Take(net);
        for (int i = 0; i < 5; i++)
        {
            net.Peer.Send(Ack(Next, First + 10 * Mss)); // the retransmission's duplicates, say
        }

        Assert.DoesNotContain(All(net), s => s.Seq == First + 10 * Mss);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x8000_0000u)] // in the upper half of the number space, too
    [InlineData(0xFFFF_F000u)]
    public void Fast_retransmit_works_for_any_ISS(uint iss)
    {
        Dialogue net = new();
        net.Listen();
        net.Listener.SetInitialSequenceNumber(iss);
        net.Peer.Send(Syn(Irs).Mss(Mss));
        net.Peer.Expect(SynAck(iss, Next));
        net.Peer.Send(Ack(Next, iss + 1));
        net.Accept();
        Write(net, 8 * Mss);
        Take(net);
        for (int i = 0; i < 3; i++)
        {
            net.Peer.Send(Ack(Next, iss + 1));
        }

        net.Peer.Expect(Data(iss + 1, Next, Mss));
    }

    [Fact]
    public void After_a_timeout_the_window_is_one_segment_and_slow_start_goes_up_to_half()
    {
        (Dialogue net, Windows windows) = Established(s => s.Frto = 0);
        Write(net, 30 * Mss);
        Take(net);
        net.AdvanceMs(205);
        Assert.Equal(1 * Mss, windows.Last.CongestionWindow);
        Assert.Equal(5 * Mss, windows.Last.SlowStartThreshold);
        Assert.Equal([First], All(net).Select(s => s.Seq!.Value));
        net.Peer.Send(Ack(Next, First + Mss));
        Assert.Equal([First + Mss, First + 2 * Mss], All(net).Select(s => s.Seq!.Value)); // go back, two at a time
        net.Peer.Send(Ack(Next, First + 2 * Mss));
        net.Peer.Send(Ack(Next, First + 3 * Mss));
        Assert.Equal([3, 4, 5, 6], All(net).Select(s => (int)(s.Seq!.Value - First) / Mss));
        Assert.Equal(4 * Mss, windows.Last.CongestionWindow);
        net.Peer.Send(Ack(Next, First + 10 * Mss));
        // Slow start to the threshold, then one segment for each window.
        Assert.InRange(windows.Last.CongestionWindow, 5 * Mss, 6 * Mss);
        net.AdvanceMs(1);
        Take(net);
    }

    [Fact]
    public void A_second_timeout_of_the_same_data_does_not_halve_again()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 10 * Mss);
        net.AdvanceMs(205);
        Assert.Equal(5 * Mss, windows.Last.SlowStartThreshold);
        net.AdvanceMs(405);
        Assert.Equal(5 * Mss, windows.Last.SlowStartThreshold);
        net.AdvanceMs(805);
        Assert.Equal(5 * Mss, windows.Last.SlowStartThreshold);
        Assert.Equal(Mss, windows.Last.CongestionWindow);
    }

    [Fact]
    public void Congestion_avoidance_adds_a_segment_for_each_window()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 10 * Mss);
        Take(net);
        for (int i = 0; i < 3; i++)
        {
            net.Peer.Send(Ack(Next, First));
        }

        net.Peer.Send(Ack(Next, First + 10 * Mss));
        Assert.Equal(5 * Mss, windows.Last.CongestionWindow);
        uint acked = First + 10 * Mss;
        for (int window = 5; window < 9; window++)
        {
            Write(net, window * Mss);
            Assert.InRange(Take(net), window, window + 1);
            for (int i = 0; i < window; i++)
            {
                Assert.Equal(window * Mss, windows.Last.CongestionWindow);
                net.Peer.Send(Ack(Next, acked += Mss));
            }

            Assert.Equal((window + 1) * Mss, windows.Last.CongestionWindow);
        }
    }

    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 40)]
    public void An_idle_connection_restarts_with_the_initial_window(bool restart, int allowed)
    {
        (Dialogue net, Windows windows) = Established(s => s.SlowStartAfterIdle = restart);
        Write(net, 30 * Mss);
        uint acked = First;
        for (int i = 0; i < 30; i++)
        {
            net.Peer.Send(Ack(Next, acked += Mss));
        }

        Assert.Equal(40 * Mss, windows.Last.CongestionWindow);
        net.Peer.Ignore();
        net.Advance(Duration.FromSeconds(10));
        Write(net, 60 * Mss);
        Assert.Equal(allowed, Take(net));
    }

    [Fact]
    public void What_a_smaller_path_MTU_lost_goes_again_at_once_in_shorter_segments()
    {
        (Dialogue net, Windows windows) = Established();
        Write(net, 5 * Mss);
        Take(net);
        byte[] icmp = new byte[14 + 20 + 8 + 28];
        EthernetWriter.Write(icmp, new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002), EtherType.Ipv4);
        Ipv4Writer.Write(icmp.AsSpan(14), net.PeerAddress, net.HostAddress, IpProtocol.Icmp, 36);
        Span<byte> message = icmp.AsSpan(34);
        (message[0], message[1], message[6], message[7]) = (3, 4, 600 >> 8, 600 & 0xFF);
        Ipv4Writer.Write(message[8..], net.HostAddress, net.PeerAddress, IpProtocol.Tcp, Mss + 20);
        (message[28], message[29], message[30], message[31]) = (0, 80, PeerPort >> 8, PeerPort & 0xFF);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(message[32..], First);
        ushort sum = InternetChecksum.Compute(message);
        (message[2], message[3]) = ((byte)(sum >> 8), (byte)sum);
        net.DeliverFrame(icmp);
        List<SegmentPattern> again = All(net);
        Assert.Equal(5 * Mss, again.Sum(s => s.Data!.Length));
        Assert.All(again, s => Assert.InRange(s.Data!.Length, 1, 560));
        Assert.Equal(10, windows.Last.CongestionWindow == 0 ? 10 : windows.Last.CongestionWindow / Mss);
        Assert.Equal(560, net.Socket.Connection!.SendMss);
    }

    // There is no round trip here for which packets could wait to grow.
    private static (Dialogue Net, Windows Windows) Established(Action<Sysctls>? settings = null)
    {
        settings += s => (s.TsoWindowDivisor, s.CongestionControl) = (100, "reno");
        Dialogue net = new(settings: settings);
        Windows windows = new();
        net.Host.Observer = windows;
        net.EstablishPassively(Syn().Mss(Mss));
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUFFORCE, 1_000_000);
        return (net, windows);
    }

    private static void Write(Dialogue net, int count)
    {
        Assert.Equal(count, net.Socket.Send(net.Now, Bytes(net.Socket.Connection!.Snd.Written.Value, count)).Value);
        net.Drain();
    }

    private static int Take(Dialogue net) => All(net).Count;

    private static List<SegmentPattern> All(Dialogue net)
    {
        List<SegmentPattern> all = [];
        while (net.Peer.Take() is { } segment)
        {
            all.Add(segment);
        }

        return all;
    }

    private sealed class Windows : HostObserver
    {
        public TcpWindowSample Last { get; private set; }

        public override void WindowSampled(in TcpWindowSample sample) => Last = sample;
    }
}
