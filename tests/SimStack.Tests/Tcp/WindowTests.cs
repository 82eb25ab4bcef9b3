using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Windows: silly-window avoidance on both sides, probes, scaling, edges (RFC 9293 §3.8.6, RFC 7323 §2).</summary>
public sealed class WindowTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[200_000];

    /// <summary>MSS 1000, nothing in flight, that window, that many bytes to send: what leaves at once.</summary>
    [Theory]
    [Trait("RFC9293", "MUST-38")]
    [InlineData("rfc9293", 8000, 1000, 3000, "1000")] // a full segment
    [InlineData("rfc9293", 8000, 999, 3000, "")] // less than one, and less than half of the largest window
    [InlineData("rfc9293", 8000, 2500, 3000, "1000 1000")]
    [InlineData("rfc9293", 8000, 500, 500, "500")] // all there is
    [InlineData("rfc9293", 8000, 500, 501, "")]
    [InlineData("rfc9293", 1600, 900, 3000, "800")] // segments of at most half of the largest window
    [InlineData("rfc9293", 400, 200, 300, "200")] // half of the largest window
    [InlineData("rfc9293", 400, 199, 300, "")]
    [InlineData("linux", 8000, 1000, 3000, "1000")]
    [InlineData("linux", 8000, 999, 3000, "")]
    [InlineData("linux", 8000, 2500, 3000, "1000 1000 500")] // the last packet of the queue fills the window
    [InlineData("linux", 8000, 500, 500, "500")]
    [InlineData("linux", 8000, 500, 501, "")]
    [InlineData("linux", 1600, 900, 3000, "800")]
    [InlineData("linux", 400, 200, 300, "")] // all of a segment, or nothing
    public void The_sender_avoids_silly_windows(string profile, int largest, int window, int count, string leaves)
    {
        Assert.True(Profile.TryGet(profile, out Profile known));
        Dialogue net = Established(Syn().Mss(1000), window: largest, profile: known);
        net.Peer.Send(Ack(Next, First).Win(0));
        net.Peer.Send(Ack(Next, First).Win(window));
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Socket.Send(net.Now, Bytes(First, count));
        Assert.Equal(leaves, Lengths(net));
    }

    [Fact]
    [Trait("RFC9293", "MUST-36")]
    [Trait("RFC9293", "SHLD-29")]
    [Trait("RFC9293", "SHLD-30")]
    public void Linux_probes_a_closed_window_with_an_old_sequence_number_ever_more_rarely()
    {
        Dialogue net = Established(window: 0);
        net.Socket.Send(net.Now, Bytes(First, 100));
        net.Peer.ExpectNothing();
        double at = 0;
        for (int i = 0; i < 5; i++)
        {
            at += 200.001 * (1 << i);
            net.Advance(new Instant((long)(at * 1e6)) - net.Now);
            net.Peer.ExpectAt(at, Ack(First - 1, Next), 1e-5);
        }

        net.Peer.Send(Ack(Next, First).Win(1000));
        net.Peer.Expect(Data(First, Next, Bytes(First, 100)));
    }

    [Fact]
    [Trait("RFC9293", "MUST-37")]
    public void The_next_probe_is_counted_from_the_answer_and_an_answering_peer_is_probed_for_ever()
    {
        Dialogue net = Established(window: 0, settings: s => s.Retries2 = 5);
        net.Socket.Send(net.Now, Bytes(First, 100));
        net.AdvanceMs(201);
        net.Peer.Expect(Ack(First - 1, Next));
        net.AdvanceMs(99);
        net.Peer.Send(Ack(Next, First).Win(0));
        net.AdvanceMs(410);
        net.Peer.ExpectAt(300 + 400.002, Ack(First - 1, Next), 0.001);
        for (int i = 0; i < 100; i++)
        {
            net.Peer.Send(Ack(Next, First).Win(0));
            net.Advance(Duration.FromSeconds(7));
            net.Peer.Expect(Ack(First - 1, Next));
            net.Peer.Ignore();
        }

        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Advance(Duration.FromSeconds(60));
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError()); // silence is another matter
    }

    [Fact]
    [Requirement("MUST-36", In = "rfc9293")]
    public void The_RFCs_profile_probes_with_one_byte_which_goes_again_when_the_window_opens()
    {
        Dialogue net = Established(profile: Profile.Rfc9293, window: 0);
        net.Socket.Send(net.Now, Bytes(First, 100));
        for (int i = 0; i < 4; i++)
        {
            net.AdvanceMs((1000 << i) + 1);
            net.Peer.Expect(Data(First, Next, Bytes(First, 1)));
            net.Peer.Send(Ack(Next, First).Win(0)); // no duplicates in the sense of fast retransmit
            net.Peer.ExpectNothing();
        }

        net.Peer.Send(Ack(Next, First).Win(1000));
        net.Peer.Expect(Data(First, Next, Bytes(First, 1)));
        net.Peer.Send(Ack(Next, First + 1).Win(1000));
        net.Peer.Expect(Data(First + 1, Next, Bytes(First + 1, 99)));
    }

    [Fact]
    public void A_FIN_waits_for_the_window_too_and_leaves_with_the_plain_RTO()
    {
        Dialogue net = Established(window: 0);
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.AdvanceMs(3000);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First).Win(10));
        net.Peer.Expect(Fin(First, Next));
        net.AdvanceMs(201);
        net.Peer.Expect(Fin(First, Next));
    }

    [Fact]
    [Trait("RFC9293", "MUST-66")]
    public void With_a_closed_window_ACK_URG_and_RST_are_still_processed()
    {
        // Linux since 6.17 drops such a segment unread.
        Dialogue net = Closed(Profile.Rfc9293);
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        net.Socket.Send(net.Now, Bytes(First, 10));
        net.Peer.Expect(Data(First, next, 10).Win(0));
        net.Peer.Send(Data(next, First + 10, 1).Urgent(1));
        net.Peer.Expect(Ack(First + 10, next).Win(0));
        Assert.Equal(0, net.Socket.Connection!.Unacknowledged);
        Assert.True((net.Socket.Poll() & PollEvents.POLLPRI) != 0);
        net.Peer.Send(Rst(next));
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    /// <summary>Reading a little must not open a little window; reading half of it does.</summary>
    [Fact]
    [Trait("RFC9293", "MUST-39")]
    public void The_receiver_avoids_silly_windows()
    {
        Dialogue net = Closed();
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        net.Peer.Ignore();
        int read = 0;
        while (net.Peer.Waiting == 0)
        {
            read += net.Socket.Receive(net.Now, _buffer.AsSpan(0, 50)).Value;
            net.Drain();
        }

        SegmentPattern update = net.Peer.Expect(Ack(First, next));
        Assert.InRange(update.Window!.Value, 1000, read + 1000); // and what full segments could not fill
        Assert.True(read >= 1000, $"window update after {read} bytes");
    }

    [Fact]
    [Trait("RFC9293", "SHLD-14")]
    public void The_right_edge_never_moves_left_even_when_the_buffer_is_made_smaller()
    {
        Dialogue net = Established(Syn().Mss(1000), Profile.Rfc9293);
        uint edge = 0;
        for (uint i = 0; i < 200; i++)
        {
            if (i == 20)
            {
                net.Socket.SetOption(net.Now, SocketOption.SO_RCVBUF, 2304);
            }

            net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, (int)(i * 37 % 1000) + 1));
            net.AdvanceMs(i % 5 == 0 ? 50 : 0);
            while (net.Peer.Take() is { } ack)
            {
                uint right = ack.Ack!.Value + ack.Window!.Value;
                Assert.True(right >= edge, $"{right} after {edge}");
                edge = right;
            }

            if (i % 7 == 0)
            {
                net.Socket.Receive(net.Now, _buffer.AsSpan(0, 700));
            }
        }
    }

    [Theory]
    [InlineData(0, 65_535)]
    [InlineData(1, 131_070)]
    [InlineData(7, 8_388_480)]
    [InlineData(14, 1_073_725_440)]
    [InlineData(15, 1_073_725_440)] // RFC 7323 §2.3: taken as 14
    [InlineData(127, 1_073_725_440)]
    public void The_peers_scale_counts_in_every_segment_but_the_SYN(int scale, int window)
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1460).Scale(scale).Win(65_535));
        net.Peer.Expect(SynAck(Iss, Next).Win(65_160 / 1460 * 1460));
        net.Peer.Send(Ack(Next, First).Win(65_535));
        net.Accept();
        Assert.Equal(window, net.Socket.Connection!.Snd.Wnd);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_option_on_both_SYNs_neither_side_scales(bool ours)
    {
        Dialogue net = new(settings: s => s.WindowScaling = ours);
        net.Listen();
        net.Peer.Send(ours ? Syn(Irs).Mss(1460) : Syn(Irs).Mss(1460).Scale(7));
        net.Peer.Expect(SynAck(Iss, Next).Scale(-1));
        net.Peer.Send(Ack(Next, First).Win(1000));
        net.Accept();
        Assert.Equal(1000, net.Socket.Connection!.Snd.Wnd);
        net.Peer.Send(Data(Next, First, 1000));
        Assert.InRange(net.Peer.Expect(Ack(First, Next + 1000)).Window!.Value, 60_000, 65_535);
    }

    [Fact]
    public void A_larger_receive_buffer_is_offered_scaled_only()
    {
        Dialogue net = new();
        net.Listen(options: s => s.SetOption(net.Now, SocketOption.SO_RCVBUFFORCE, 4_000_000));
        net.Peer.Send(Syn(Irs).Mss(1460).Scale(0));
        SegmentPattern synAck = net.Peer.Expect(SynAck(Iss, Next).Win(65_535));
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        int largest = 0;
        for (int i = 0; i < 3000; i++)
        {
            net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, 1460));
            net.Socket.Receive(net.Now, _buffer);
            while (net.Peer.Take() is { } ack)
            {
                largest = Math.Max(largest, ack.Window!.Value << synAck.ScaleOption!.Value);
            }
        }

        // Twice that is for memory; of it, what full segments can fill is more than the header's field can say.
        Assert.Equal(65_535 << 6, largest);
    }

    [Fact]
    [Trait("RFC9293", "MUST-34")]
    [Trait("RFC9293", "SHLD-15")]
    public void A_window_that_shrinks_below_what_was_sent_sends_nothing_new()
    {
        Dialogue net = Established(Syn().Mss(1000));
        net.Socket.Send(net.Now, Bytes(First, 5000));
        Assert.Equal("1000 1000 1000 1000 1000", Lengths(net));
        net.Peer.Send(Ack(Next, First + 1000).Win(1000));
        net.Socket.Send(net.Now, Bytes(First + 5000, 1000));
        Assert.Equal("", Lengths(net));
        net.Peer.Send(Ack(Next, First + 5000).Win(1000));
        net.Peer.Expect(Data(First + 5000, Next, Bytes(First + 5000, 1000)));
    }

    /// <summary>With a peer that reads nothing until the window is shut.</summary>
    private static Dialogue Closed(Profile? profile = null)
    {
        Dialogue net = Established(Syn().Mss(1000), profile);
        for (int i = 0; i < 300; i++)
        {
            int room = net.Socket.Connection!.Rcv.Remaining;
            if (room > 0)
            {
                net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, Math.Min(room, 1000)));
            }

            net.AdvanceMs(50);
        }

        Assert.Equal(0, net.Socket.Connection!.Rcv.Remaining);
        net.Peer.Ignore();
        return net;
    }

    private static Dialogue Established(
        SegmentPattern? syn = null, Profile? profile = null, int window = 65_535, Action<Sysctls>? settings = null)
    {
        Dialogue net = new(profile: profile, settings: settings);
        net.Listen();
        net.Peer.Send((syn ?? Syn().Mss(1460)) with { Seq = Irs, Window = (ushort)window });
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First).Win(window));
        net.Accept();
        return net;
    }

    private static string Lengths(Dialogue net)
    {
        List<int> lengths = [];
        while (net.Peer.Take() is { } segment)
        {
            lengths.Add(segment.Data!.Length);
        }

        return string.Join(' ', lengths);
    }
}
