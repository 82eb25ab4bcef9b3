using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>The retransmission timer (RFC 6298, RFC 9293 §3.8.1 to §3.8.3) and what gives up.</summary>
public sealed class RetransmissionTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Fact]
    [Trait("RFC9293", "MUST-19")]
    public void Unacknowledged_data_is_sent_again_with_doubling_intervals_up_to_the_limit()
    {
        Dialogue net = Established();
        Write(net, 100);
        net.Peer.ExpectAt(0, Data(First, Next, 100));
        double at = 0, interval = 200.001; // 200 ms and the round trip of 1 µs
        for (int i = 0; i < 12; i++)
        {
            at += interval;
            net.Advance(new Instant((long)(at * 1e6)) - net.Now);
            net.Peer.ExpectAt(at, Data(First, Next, Bytes(First, 100)).Push(), 1e-6);
            interval = Math.Min(interval * 2, 120_000);
        }

        Assert.Equal(12, net.Host.Counters[SnmpCounter.TcpRetransSegs]);
    }

    [Theory]
    [Trait("RFC9293", "MUST-20")]
    [Trait("RFC9293", "MUST-21")]
    [InlineData(3, 5, 6_300)]
    [InlineData(5, 7, 25_500)]
    [InlineData(8, 10, 204_700)]
    public void The_connection_ends_with_ETIMEDOUT_after_tcp_retries2(int retries, int sendings, int milliseconds)
    {
        Dialogue net = Established(settings: s => s.Retries2 = retries);
        Write(net, 1);
        net.AdvanceMs(milliseconds - 200);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.AdvanceMs(200);
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
        Assert.Equal(sendings, Count(net));
    }

    [Fact]
    [Trait("RFC9293", "SHLD-11")]
    public void The_default_R2_is_far_beyond_100_seconds()
    {
        Dialogue net = Established();
        Write(net, 1);
        net.Advance(Duration.FromSeconds(924));
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Advance(Duration.FromSeconds(121));
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    [Theory]
    [InlineData(1000, 1200)]
    [InlineData(3000, 3200)]
    [InlineData(100_000, 100_200)]
    public void The_user_timeout_runs_from_the_first_retransmission(int timeout, int dead)
    {
        Dialogue net = Established();
        Assert.Equal(Errno.OK, net.Socket.SetOption(net.Now, SocketOption.TCP_USER_TIMEOUT, timeout));
        Write(net, 1);
        net.AdvanceMs(dead - 1);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.AdvanceMs(2);
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Fact]
    public void An_orphan_gives_up_sooner()
    {
        Dialogue net = Established();
        Write(net, 1);
        net.Socket.Close(net.Now);
        net.Advance(Duration.FromSeconds(102));
        Assert.Equal(TcpState.FinWait1, net.StateOf());
        net.Advance(Duration.FromSeconds(104));
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    [Trait("RFC9293", "MUST-18")]
    public void Karn_no_sample_from_a_retransmitted_segment_and_the_backoff_stays_until_there_is_one()
    {
        Dialogue net = Established();
        Write(net, 100);
        net.AdvanceMs(601); // retransmissions at 200 and 600 ms
        net.Peer.Send(Ack(Next, First + 100));
        net.Peer.Ignore();
        Write(net, 100); // sent with RTO 800 ms still
        double sentAt = net.Peer.Expect(Data(First + 100, Next, 100)).At.Nanoseconds / 1e6;
        net.AdvanceMs(805);
        net.Peer.ExpectAt(sentAt + 800, Data(First + 100, Next, 100), 0.1);
        net.Peer.Send(Ack(Next, First + 200));
        Write(net, 100);
        net.Peer.Expect(Data(First + 200, Next, 100));
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First + 300)); // a sample: 10 ms
        Write(net, 100);
        sentAt = net.Peer.Expect(Data(First + 300, Next, 100)).At.Nanoseconds / 1e6;
        net.AdvanceMs(250);
        net.Peer.ExpectAt(sentAt + 201.25, Data(First + 300, Next, 100), 0.1);
    }

    [Fact]
    public void With_timestamps_a_retransmitted_segment_gives_a_sample_and_ends_the_backoff()
    {
        Dialogue net = Established(Syn().Mss(1460).Ts(1, 0));
        Write(net, 100);
        net.AdvanceMs(200 + 400 + 1);
        net.Peer.Expect(Data(First, Next, 100));
        net.Peer.Expect(Data(First, Next, 100));
        SegmentPattern last = net.Peer.Expect(Data(First, Next, 100));
        net.AdvanceMs(7);
        net.Peer.Send(Ack(Next, First + 100).Ts(2, last.TsVal!.Value));
        Write(net, 100);
        double sentAt = net.Peer.Expect(Data(First + 100, Next, 100)).At.Nanoseconds / 1e6;
        net.AdvanceMs(250);
        net.Peer.ExpectAt(sentAt + 201, Data(First + 100, Next, 100), 1);
    }

    [Fact]
    [Requirement("MUST-22", In = "rfc9293")]
    [Requirement("MUST-23", In = "rfc9293")]
    public void A_SYN_is_given_up_later_than_three_minutes_by_the_RFCs_profile()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        net.Connect();
        net.Advance(Duration.FromSeconds(180));
        Assert.Equal(TcpState.SynSent, net.Socket.State);
        double[] at = [.. Enumerable.Range(0, 8).Select(_ => net.Peer.Take()).TakeWhile(s => s is not null).Select(s => s!.At.Nanoseconds / 1e9)];
        Assert.Equal([0, 1, 3, 7, 15, 31, 63, 123], at);
        net.Advance(Duration.FromSeconds(120));
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Theory]
    [InlineData(0, 10, 200.6)]
    [InlineData(1, 10, 3000)] // RFC 6298 §5.7
    [InlineData(2, 1, 3000)] // RFC 6928 §2
    public void Lost_SYN_ACKs_make_the_start_careful(int lost, int window, double rto)
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.AdvanceMs((1000 << lost) - 1000);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First));
        net.Accept();
        double start = net.Now.Nanoseconds / 1e6;
        net.Socket.Send(net.Now, new byte[20_000]);
        net.Drain();
        Assert.Equal(window, net.Peer.Waiting);
        net.Peer.Ignore();
        net.AdvanceMs(3001);
        net.Peer.ExpectAt(start + rto, Data(First, Next, 1000), 1);
    }

    [Fact]
    [Trait("RFC9293", "MUST-34")]
    [Trait("RFC9293", "MUST-35")]
    [Trait("RFC9293", "SHLD-16")]
    [Trait("RFC9293", "SHLD-17")]
    public void A_shrunk_window_is_probed_for_ever_while_the_peer_answers()
    {
        Dialogue net = Established(settings: s => s.Retries2 = 3);
        Write(net, 3000);
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First).Win(0));
        int probes = 0;
        for (int i = 0; i < 600; i++)
        {
            net.Advance(Duration.FromSeconds(1));
            while (net.Peer.Take() is { } probe)
            {
                Assert.Equal(First, probe.Seq); // SHLD-16: nothing beyond the right edge but a probe
                probes++;
                net.Peer.Send(Ack(Next, First).Win(0));
            }
        }

        Assert.InRange(probes, 8, 20);
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Peer.Send(Ack(Next, First).Win(65_535));
        net.Advance(Duration.FromSeconds(140)); // Linux leaves it to the timer.
        net.Peer.Expect(Data(First, Next, 1460));
        net.Peer.Ignore();
        net.Peer.Send(Ack(Next, First + 1460));
        net.Peer.Send(Ack(Next, First + 3000));
        net.Advance(Duration.FromSeconds(500));
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    [Fact]
    public void A_FIN_is_sent_again_with_the_data_before_it_as_one_segment()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 10), MessageFlags.MSG_MORE);
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(First, Next) with { Length = 10 });
        net.AdvanceMs(201);
        net.Peer.Expect(Fin(First, Next) with { Length = 10 });
        net.Peer.Send(Ack(Next, First + 10)); // all but the FIN
        net.AdvanceMs(450);
        net.Peer.Expect(Fin(First + 10, Next) with { Length = 0 });
        net.Peer.Send(Ack(Next, First + 11));
        Assert.Equal(TcpState.FinWait2, net.StateOf());
    }

    /// <summary>What is sent again when the first was small, as a Linux 6.18 kernel does it. MSS 1000; a trailing e ends a record.</summary>
    [Theory]
    [InlineData("300 300 300 300 300", false, true, "900")] // as many as fit a segment
    [InlineData("500", true, true, "500F")] // the FIN too
    [InlineData("200e 200 200", false, true, "200")]
    [InlineData("300 2500", false, true, "300")] // what was more than a segment when it was sent stays by itself
    [InlineData("300 300", false, false, "300")] // tcp_retrans_collapse 0
    public void Small_segments_join_when_they_are_sent_again(string writes, bool close, bool collapse, string again)
    {
        Dialogue net = Established(Syn().Mss(1000), s => s.RetransmitCollapse = collapse);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        int total = 0;
        foreach (string write in writes.Split(' '))
        {
            int size = int.Parse(write.TrimEnd('e'));
            net.Socket.Send(net.Now, Bytes(First + (uint)total, size), write.EndsWith('e') ? MessageFlags.MSG_EOR : MessageFlags.None);
            total += size;
        }

        if (close)
        {
            net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        }

        net.Peer.Ignore();
        net.AdvanceMs(201);
        SegmentPattern got = net.Peer.Expect((close ? Fin(First, Next) : Data(First, Next, 1)) with { Length = int.Parse(again.TrimEnd('F')) });
        Assert.Equal(Bytes(First, got.Data!.Length), got.Data);
        Assert.Equal(TcpFlags.Psh, got.Flags & TcpFlags.Psh);
        net.Peer.ExpectNothing();
        net.Peer.Send(Ack(Next, First + (uint)got.SequenceLength));
        net.AdvanceMs(2000);
        net.Peer.Send(Ack(Next, First + (uint)total + (close ? 1u : 0)));
        Assert.Equal((0, 0L), (net.Socket.GetInfo(net.Now).Unacked, net.Socket.GetInfo(net.Now).NotsentBytes));
        Assert.Equal(0, net.Socket.GetInfo(net.Now).Lost);
    }

    private static Dialogue Established(SegmentPattern? syn = null, Action<Sysctls>? settings = null)
    {
        Dialogue net = new(settings: settings);
        net.EstablishPassively(syn);
        return net;
    }

    private static void Write(Dialogue net, int count)
    {
        Assert.Equal(count, net.Socket.Send(net.Now, Bytes(net.Socket.Connection!.Snd.Written.Value, count)).Value);
        net.Drain();
    }

    private static int Count(Dialogue net)
    {
        int count = 0;
        while (net.Peer.Take() is not null)
        {
            count++;
        }

        return count;
    }
}
