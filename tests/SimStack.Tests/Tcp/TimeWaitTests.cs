using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>TIME-WAIT: how long, what starts it again, what may end it early (RFC 9293 §3.6.1, RFC 6191, RFC 1337).</summary>
public sealed class TimeWaitTests
{
    [Theory]
    [InlineData("linux", 60)]
    [InlineData("rfc9293", 240)]
    [Requirement("MUST-13", In = "rfc9293")]
    [Departs("MUST-13", "linux")]
    public void It_lasts_2MSL(string profile, int seconds)
    {
        Dialogue net = In(profile);
        net.Advance(Duration.FromSeconds(seconds) - Duration.FromNanoseconds(1));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        net.Advance(Duration.FromNanoseconds(1));
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal("TIME-WAIT -> CLOSED (2MSL timeout)", net.TakeChanges()[^1]);
        Assert.Equal("2MSL", net.Timers[^1].Timer);
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    public void A_retransmitted_FIN_is_acknowledged_and_starts_2MSL_again()
    {
        Dialogue net = In("linux");
        net.Advance(Duration.FromSeconds(59));
        net.Peer.Send(Fin(Irs + 1, Iss + 2));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
        net.Advance(Duration.FromSeconds(59));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        net.Advance(Duration.FromSeconds(1));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Fact]
    public void An_old_SYN_is_answered_but_does_not_start_2MSL_again()
    {
        Dialogue net = In("linux");
        net.Advance(Duration.FromSeconds(59));
        net.Peer.Send(Syn(Irs - 5));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
        net.Advance(Duration.FromSeconds(1));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    [Fact]
    public void Segments_out_of_the_window_are_answered_at_most_twice_a_second()
    {
        Dialogue net = In("linux");
        net.Peer.Send(Ack(Irs, Iss + 2));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
        net.AdvanceMs(400);
        net.Peer.Send(Ack(Irs, Iss + 2));
        net.Peer.ExpectNothing();
        net.AdvanceMs(100);
        net.Peer.Send(Ack(Irs, Iss + 2));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
    }

    /// <summary>RFC 6191: by sequence number where there are no timestamps.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(1_000_000, true)]
    [InlineData(-1, false)]
    [Trait("RFC9293", "MAY-2")]
    public void Without_timestamps_a_SYN_with_a_greater_sequence_number_opens_anew(int offset, bool opens)
    {
        uint seq = (uint)(Irs + offset);
        Dialogue net = In("linux");
        net.AdvanceMs(1);
        net.Peer.Send(Syn(seq));
        if (opens)
        {
            // The new ISS lies above everything that the old connection used.
            net.Peer.Expect(SynAck(Iss + 2 + 65_537, seq + 1));
            Assert.Equal("TIME-WAIT -> CLOSED (rcv SYN)", net.TakeChanges()[^2]);
            net.Peer.Send(Ack(seq + 1, Iss + 2 + 65_538));
            Assert.Equal(TcpState.Established, net.StateOf());
        }
        else
        {
            net.Peer.Expect(Ack(Iss + 2, Irs + 2));
            Assert.Equal(TcpState.TimeWait, net.StateOf());
        }
    }

    /// <summary>RFC 6191: by timestamp, then the sequence number may be anything.</summary>
    [Theory]
    [InlineData(-1000, 21, true)]
    [InlineData(-1000, 20, false)]
    [InlineData(1000, 20, true)]
    [InlineData(1000, 19, false)]
    [InlineData(-1000, 19, false)]
    [Trait("RFC9293", "SHLD-4")]
    public void With_timestamps_a_SYN_with_a_greater_one_opens_anew(int offset, uint tsVal, bool opens)
    {
        uint seq = (uint)(Irs + offset);
        Dialogue net = In("linux", timestamps: true);
        net.AdvanceMs(1);
        net.Peer.Send(Syn(seq).Ts(tsVal, 0));
        if (opens)
        {
            net.Peer.Expect(SynAck(Iss + 2 + 65_537, seq + 1).TsEcho(tsVal));
        }
        else
        {
            net.Peer.Expect(Ack(Iss + 2, Irs + 2).TsEcho(20));
            Assert.Equal(TcpState.TimeWait, net.StateOf());
        }
    }

    [Fact]
    public void A_new_SYN_for_a_port_that_no_longer_listens_is_only_acknowledged()
    {
        Dialogue net = In("linux");
        net.Listener.Close(net.Now);
        net.Peer.Send(Syn(Irs + 1000));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
    }

    /// <summary>The peer that sent the SYN meets our old ACK, sends RST, and may come again (figure 9's recovery).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RST_ends_it_unless_tcp_rfc1337(bool rfc1337)
    {
        foreach (string profile in new[] { "linux", "rfc9293" })
        {
            Dialogue net = In(profile, settings: s => s.Rfc1337 = rfc1337);
            net.Peer.Send(Rst(Irs + 2));
            net.Peer.ExpectNothing();
            Assert.Equal(rfc1337 ? TcpState.TimeWait : TcpState.Closed, net.StateOf());
        }
    }

    [Fact]
    public void Our_own_connect_may_take_the_pair_again_only_by_tcp_tw_reuse_and_after_its_delay()
    {
        foreach ((int reuse, int delay, int afterMs, Errno expected) in new[]
        {
            (1, 1000, 1000, Errno.EINPROGRESS), (1, 1000, 999, Errno.EADDRNOTAVAIL), (1, 1, 1, Errno.EINPROGRESS), (1, 5000, 4999, Errno.EADDRNOTAVAIL),
            (0, 1000, 5000, Errno.EADDRNOTAVAIL), (2, 1000, 5000, Errno.EADDRNOTAVAIL),
        })
        {
            // The only port to choose from is that of the old connection, which connect had chosen as well.
            Dialogue net = new(settings: s => (s.TimeWaitReuse, s.PortRangeFirst, s.PortRangeLast, s.TimeWaitReuseDelay) = (reuse, HostPort, HostPort, delay));
            TcpSocket first = net.NewSocket();
            first.SetInitialSequenceNumber(Iss);
            Assert.Equal(Errno.EINPROGRESS, first.Connect(net.Now, net.Peer.Endpoint));
            uint echo = net.Peer.Expect(Syn(Iss)).TsVal!.Value;
            net.Peer.Send(SynAck(Irs, Iss + 1).Mss(1460).Ts(10, echo));
            net.Peer.Expect(Ack(Iss + 1, Irs + 1));
            first.Shutdown(net.Now, ShutdownHow.SHUT_WR);
            net.Peer.Expect(Fin(Iss + 1, Irs + 1));
            net.Peer.Send(Fin(Irs + 1, Iss + 2).Ts(20, echo));
            net.Peer.Expect(Ack(Iss + 2, Irs + 2));
            first.Close(net.Now);
            net.AdvanceMs(afterMs);
            Assert.Equal(expected, net.NewSocket().Connect(net.Now, net.Peer.Endpoint));
            if (expected is Errno.EINPROGRESS)
            {
                net.Peer.Expect(Syn(Iss + 2 + 65_537));
                Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTWRecycled]);
            }
        }
    }

    [Theory]
    [InlineData(true, Errno.EINPROGRESS)]
    [InlineData(false, Errno.EADDRNOTAVAIL)]
    public void A_port_that_the_user_bound_may_be_taken_again_at_once_where_timestamps_tell_old_from_new(bool timestamps, Errno expected)
    {
        Dialogue net = In("linux", timestamps, options: s => s.SetOption(default, SocketOption.SO_REUSEADDR, 1));
        net.Listener.Close(net.Now);
        net.Socket.Close(net.Now);
        net.AdvanceMs(1);
        TcpSocket socket = net.NewSocket();
        socket.SetOption(net.Now, SocketOption.SO_REUSEADDR, 1);
        Assert.Equal(Errno.OK, socket.Bind(new IpEndpoint(net.HostAddress, HostPort)));
        Assert.Equal(expected, socket.Connect(net.Now, net.Peer.Endpoint));
    }

    [Fact]
    public void An_orphan_does_not_stay_in_FIN_WAIT_2_for_ever()
    {
        Dialogue net = new();
        Reach.State(net, TcpState.FinWait2);
        net.Advance(Duration.FromSeconds(3600));
        Assert.Equal(TcpState.FinWait2, net.StateOf()); // while the user holds it, it may
        net.Socket.Close(net.Now);
        net.Advance(Duration.FromSeconds(60) - Duration.FromNanoseconds(1));
        Assert.Equal(TcpState.FinWait2, net.StateOf());
        net.Advance(Duration.FromNanoseconds(1));
        Assert.Equal(TcpState.Closed, net.StateOf());
        net.Peer.Send(Fin(Irs + 1, Iss + 2));
        net.Peer.Expect(Rst(Iss + 2));
    }

    /// <summary>Nobody holds a connection that is closed: beyond tcp_max_orphans it is reset, and its memory free.</summary>
    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(2, 4, 2)]
    [InlineData(3, 3, 0)]
    public void There_are_no_more_orphans_than_tcp_max_orphans(int limit, int closed, int aborted)
    {
        Dialogue net = new(settings: s => s.MaxOrphans = limit);
        net.Listen();
        ScriptedPeer[] peers = [.. Enumerable.Range(0, closed).Select(i => net.AddPeer((ushort)(6000 + i)))];
        foreach (ScriptedPeer peer in peers)
        {
            peer.Send(Syn(Irs));
            peer.Send(Ack(Irs + 1, peer.Expect(SynAck()).Seq!.Value + 1));
            net.Accept().Close(net.Now);
        }

        Assert.Equal(aborted, net.Host.Counters[SnmpCounter.TcpExtTCPAbortOnMemory]);
        Assert.Equal(aborted > 0 ? TcpState.Closed : TcpState.FinWait1, net.StateOf(peers[^1]));

        // One that is gone makes room for another.
        Assert.Equal(TcpState.FinWait1, net.StateOf(peers[0]));
        peers[0].Send(Rst(Irs + 1));
        Assert.Equal(TcpState.Closed, net.StateOf(peers[0]));
        net.Host.Counters[SnmpCounter.TcpExtTCPAbortOnMemory] = 0;
        ScriptedPeer late = net.AddPeer(7000);
        late.Send(Syn(Irs));
        late.Send(Ack(Irs + 1, late.Expect(SynAck()).Seq!.Value + 1));
        net.Accept().Close(net.Now);
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtTCPAbortOnMemory]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    public void There_are_no_more_records_than_tcp_max_tw_buckets(int limit, int records)
    {
        Dialogue net = new(settings: s => s.MaxTimeWaitBuckets = limit);
        net.Listen();
        foreach (ScriptedPeer peer in (ScriptedPeer[])[net.Peer, net.AddPeer(6000)])
        {
            peer.Send(Syn(Irs));
            uint next = peer.Expect(SynAck()).Seq!.Value + 1;
            peer.Send(Ack(Irs + 1, next));
            net.Accept().Shutdown(net.Now, ShutdownHow.SHUT_WR);
            peer.Expect(Fin(next));
            peer.Send(Fin(Irs + 1, next + 1));
            peer.Expect(Ack(next + 1, Irs + 2));
        }

        Assert.Equal(2 - records, net.Host.Counters[SnmpCounter.TcpExtTCPTimeWaitOverflow]);
        Assert.Equal(records, net.Host.Counters[SnmpCounter.TcpExtTW]);
        net.Advance(Duration.FromSeconds(61));
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    /// <summary>The record in FIN-WAIT-2: what it is told by which segment (Linux: tcp_timewait_state_process).</summary>
    [Theory]
    [InlineData("fin", "FIN-WAIT-2 -> TIME-WAIT (rcv FIN)")]
    [InlineData("rst", "FIN-WAIT-2 -> CLOSED (rcv RST)")]
    [InlineData("syn", "FIN-WAIT-2 -> CLOSED (rcv SYN)")]
    [InlineData("data", "FIN-WAIT-2 -> CLOSED (data after CLOSE)")]
    [InlineData("time", "FIN-WAIT-2 -> CLOSED (FIN-WAIT-2 timeout)")]
    public void An_orphan_in_FIN_WAIT_2_is_told_by_its_end(string what, string change)
    {
        Dialogue net = new();
        Reach.State(net, TcpState.FinWait2);
        net.Socket.Close(net.Now);
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtTW]);
        switch (what)
        {
            case "time": net.Advance(Duration.FromSeconds(61)); break;
            case "fin": net.Peer.Send(Fin(Irs + 1, Iss + 2)); break;
            case "rst": net.Peer.Send(Rst(Irs + 77)); break;
            case "syn": net.Peer.Send(Syn(Irs + 77)); break;
            case "data": net.Peer.Send(Data(Irs + 1, Iss + 2, "x")); break;
        }

        Assert.Equal(change, net.TakeChanges()[^1]);
    }

    private static Dialogue In(string profile, bool timestamps = false, Action<Sysctls>? settings = null, Action<TcpSocket>? options = null)
    {
        Assert.True(Profile.TryGet(profile, out Profile found));
        Dialogue net = new(profile: found, settings: settings);
        SegmentPattern syn = Syn().Mss(1460);
        net.EstablishPassively(timestamps ? syn.Ts(10, 0) : syn, options);
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        uint? echo = net.Peer.Expect(Fin(Iss + 1, Irs + 1)).TsVal;
        SegmentPattern fin = Fin(Irs + 1, Iss + 2);
        net.Peer.Send(timestamps ? fin.Ts(20, echo!.Value) : fin);
        net.Peer.Expect(timestamps ? Ack(Iss + 2, Irs + 2).TsEcho(20) : Ack(Iss + 2, Irs + 2));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        return net;
    }
}
