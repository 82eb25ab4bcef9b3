using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>The listening socket's two queues: entries, limits, overflow, timing, order.</summary>
public sealed class ListenQueueTests
{
    [Fact]
    public void Both_queues_are_seen_with_entries_and_limits()
    {
        Dialogue net = new();
        net.Listen(backlog: 3);
        Assert.Equal((0, 4, 0, 3), Queues(net));
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        Assert.Equal((1, 4, 0, 3), Queues(net));
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal((0, 4, 1, 3), Queues(net));
        Assert.Equal(PollEvents.POLLIN, net.Listener.Poll());
        Assert.Equal(1, net.Listener.ReadableCount);
        net.Accept();
        Assert.Equal((0, 4, 0, 3), Queues(net));
        Assert.Equal(PollEvents.None, net.Listener.Poll());
        Assert.Equal(
            [(1, 0, "SYN queued"), (0, 1, "handshake completed"), (0, 0, "accept")],
            net.Queues.Select(q => (q.SynQueue, q.AcceptQueue, q.Cause)));
        Assert.All(net.Queues, q => Assert.Equal((4, 3, HostPort), (q.SynQueueLimit, q.Backlog, q.Local.Port)));
    }

    [Fact]
    public void The_socket_table_shows_what_waits()
    {
        Dialogue net = new();
        net.Listen(backlog: 3);
        ScriptedPeer half = net.AddPeer(5001);
        Handshake(net.Peer);
        half.Send(Syn(Irs));
        List<SocketTableRow> rows = [];
        net.Host.GetSocketTable(rows);
        Assert.Equal(
            [(TcpState.Listen, 1, 3, true), (TcpState.Established, 0, 0, false), (TcpState.SynReceived, 0, 0, true)],
            rows.Select(r => (r.State, r.RecvQ, r.SendQ, r.Accepted)));
        net.Accept();
        rows.Clear();
        net.Host.GetSocketTable(rows);
        Assert.True(rows[1].Accepted);
    }

    [Theory]
    [InlineData(2, 4096, 3)]
    [InlineData(0, 4096, 1)]
    [InlineData(100, 2, 3)]
    [InlineData(-1, 4, 5)]
    public void Linux_holds_one_more_than_the_backlog_which_somaxconn_bounds(int backlog, int somaxconn, int held)
    {
        Dialogue net = new(settings: s => s.SoMaxConn = somaxconn);
        net.Listen(backlog);
        for (int i = 0; i < held; i++)
        {
            Handshake(net.AddPeer((ushort)(6000 + i)));
        }

        Assert.Equal(held, Queues(net).Accept);
        net.Queues.Clear();
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
        Assert.Equal("SYN dropped: accept queue full", Assert.Single(net.Queues).Cause);
        Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
        Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpExtListenDrops]);

        // Room again: the client's next SYN gets in.
        net.Accept();
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(ack: Irs + 1));
    }

    [Fact]
    public void By_the_RFCs_profile_the_backlog_is_the_number_held()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        net.Listen(2);
        Handshake(net.AddPeer(6000));
        Handshake(net.AddPeer(6001));
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
    }

    [Theory]
    [InlineData(0, 4096, 1)]
    [InlineData(2, 4096, 3)]
    [InlineData(100, 4, 4)]
    [InlineData(100, 8, 7)]
    public void The_SYN_queue_is_bounded_by_the_backlog_and_tcp_max_syn_backlog(int backlog, int maxSynBacklog, int held)
    {
        Dialogue net = new(settings: s =>
        {
            s.MaxSynBacklog = maxSynBacklog;
            s.Set("net.ipv4.tcp_syncookies", "0", out _);
        });
        net.Listen(backlog);
        for (int i = 0; i < held; i++)
        {
            ScriptedPeer peer = net.AddPeer((ushort)(6000 + i));
            peer.Send(Syn(Irs));
            peer.Expect(SynAck(ack: Irs + 1));
        }

        Assert.Equal((held, held, 0, Math.Min(backlog, 4096)), Queues(net));
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
        // Linux keeps the last quarter of tcp_max_syn_backlog for peers that it knows, where there are no cookies.
        bool lastQuarter = backlog == 100;
        Assert.Equal(lastQuarter ? "SYN dropped: the last quarter is for known peers" : "SYN dropped: SYN queue full", net.Queues[^1].Cause);
        Assert.Equal(lastQuarter ? 0 : 1, (int)net.Host.Counters[SnmpCounter.TcpExtTCPReqQFullDrop]);
    }

    [Fact]
    public void Listen_again_changes_the_backlog()
    {
        Dialogue net = new();
        net.Listen(0);
        Handshake(net.AddPeer(6000));
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
        Assert.Equal(Errno.OK, net.Listener.Listen(net.Now, 5));
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(ack: Irs + 1));
    }

    /// <summary>Two handshakes overlap, and the second's last ACK finds the queue full by then.</summary>
    [Fact]
    public void With_abort_on_overflow_0_the_last_ACK_is_dropped_and_the_SYN_ACK_repeated()
    {
        Dialogue net = new();
        (ScriptedPeer second, SegmentPattern synAck) = Overlap(net);
        second.ExpectNothing();
        Assert.Equal("ACK dropped: accept queue full", net.Queues[^1].Cause);
        Assert.Equal(TcpState.SynReceived, net.StateOf(second));
        net.AdvanceMs(1000);
        second.ExpectAt(1000, SynAck(synAck.Seq, Irs + 1));
        net.Accept();
        second.Send(Ack(Irs + 1, synAck.Seq + 1));
        Assert.Equal(TcpState.Established, net.StateOf(second));
        Assert.Equal(second.Endpoint, net.Accept().RemoteEndpoint);
    }

    [Fact]
    public void With_abort_on_overflow_0_the_clients_data_finds_room_too()
    {
        Dialogue net = new();
        (ScriptedPeer second, SegmentPattern synAck) = Overlap(net);
        second.Send(Data(Irs + 1, synAck.Seq + 1, 10)); // the client is ESTABLISHED and does not know
        second.ExpectNothing();
        net.Accept();
        second.Send(Data(Irs + 1, synAck.Seq + 1, 10));
        second.Expect(Ack(synAck.Seq + 1, Irs + 11));
        Assert.Equal(10, net.Accept().ReadableCount);
    }

    [Fact]
    public void With_abort_on_overflow_1_the_last_ACK_is_answered_with_RST()
    {
        Dialogue net = new(settings: s => s.AbortOnOverflow = true);
        (ScriptedPeer second, SegmentPattern synAck) = Overlap(net);
        second.Expect(Rst(synAck.Seq + 1));
        Assert.Equal("reset: accept queue full", net.Queues[^1].Cause);
        Assert.Equal(TcpState.Closed, net.StateOf(second));
        net.AdvanceMs(5000);
        second.ExpectNothing();
    }

    /// <summary>As a real kernel's capture has it: with the queue full before the SYN comes there is no RST, whatever the setting.</summary>
    [Fact]
    public void With_abort_on_overflow_1_a_SYN_that_meets_a_full_queue_is_dropped_all_the_same()
    {
        Dialogue net = new(settings: s => s.AbortOnOverflow = true);
        net.Listen(0);
        Handshake(net.AddPeer(6000));
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
    }

    [Theory]
    [InlineData(5, new double[] { 1000, 3000, 7000, 15_000, 31_000 }, 63_000)]
    [InlineData(2, new double[] { 1000, 3000 }, 7000)]
    [InlineData(0, new double[0], 1000)]
    public void The_SYN_ACK_is_repeated_after_1_2_4_seconds_and_so_on(int retries, double[] times, long end)
    {
        Dialogue net = new(settings: s => s.SynAckRetries = retries);
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectAt(0, SynAck(Iss, Irs + 1));
        net.AdvanceMs(end - 1);
        foreach (double time in times)
        {
            net.Peer.ExpectAt(time, SynAck(Iss, Irs + 1));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.SynReceived, net.StateOf());
        net.AdvanceMs(1);
        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal("handshake timed out", net.Queues[^1].Cause);
        Assert.Equal(times.Length + 1, net.Timers.Count(t => t.Timer == "SYN-ACK"));
        Assert.Equal(TcpState.Listen, net.Listener.State);
    }

    [Fact]
    public void A_duplicate_SYN_brings_the_SYN_ACK_again_but_not_more_than_twice_a_second()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.AdvanceMs(300);
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectAt(300, SynAck(Iss, Irs + 1));
        net.AdvanceMs(400);
        net.Peer.Send(Syn(Irs)); // tcp_invalid_ratelimit
        net.Peer.ExpectNothing();
        net.AdvanceMs(600);
        net.Peer.ExpectAt(1300, SynAck(Iss, Irs + 1)); // the timer began anew with the answer
        Assert.Equal(1, Queues(net).Syn);
    }

    [Fact]
    public void Accept_gives_the_oldest_first_whichever_handshake_began_first()
    {
        Dialogue net = new();
        net.Listen();
        ScriptedPeer a = net.AddPeer(6000), b = net.AddPeer(6001), c = net.AddPeer(6002);
        uint seqA = Half(a), seqB = Half(b), seqC = Half(c);
        b.Send(Ack(Irs + 1, seqB + 1));
        c.Send(Ack(Irs + 1, seqC + 1));
        a.Send(Ack(Irs + 1, seqA + 1));
        Assert.Equal(b.Endpoint, net.Accept().RemoteEndpoint);
        Assert.Equal(c.Endpoint, net.Accept().RemoteEndpoint);
        Assert.Equal(a.Endpoint, net.Accept().RemoteEndpoint);
        Assert.Equal(Errno.EAGAIN, net.Listener.Accept(net.Now, out _));
    }

    [Fact]
    public void Established_before_accept_data_waits_and_so_does_the_end()
    {
        Dialogue net = new();
        net.Listen();
        Handshake(net.Peer);
        net.Peer.Send(Data(Irs + 1, Iss + 1, "early"));
        net.Peer.Expect(Ack(Iss + 1, Irs + 6));
        net.Peer.Send(Fin(Irs + 6, Iss + 1));
        net.AdvanceMs(300);
        net.Peer.Expect(Ack(Iss + 1, Irs + 7));
        TcpSocket socket = net.Accept();
        Assert.Equal(TcpState.CloseWait, socket.State);
        byte[] buffer = new byte[10];
        Assert.Equal(5, socket.Receive(net.Now, buffer).Value);
        Assert.Equal(0, socket.Receive(net.Now, buffer).Value);
    }

    [Fact]
    public void A_connection_that_was_reset_while_it_waited_is_accepted_and_then_tells()
    {
        Dialogue net = new();
        net.Listen();
        Handshake(net.Peer);
        net.Peer.Send(Rst(Irs + 1));
        Assert.Equal(1, Queues(net).Accept);
        TcpSocket socket = net.Accept();
        Assert.Equal(TcpState.Closed, socket.State);
        Assert.Equal(Errno.ECONNRESET, socket.Receive(net.Now, new byte[1]).Error);
    }

    [Fact]
    public void Closing_the_listener_resets_what_waits_forgets_handshakes_and_leaves_accepted_connections()
    {
        Dialogue net = new();
        net.Listen();
        ScriptedPeer accepted = net.AddPeer(6000), waiting = net.AddPeer(6001), half = net.AddPeer(6002);
        uint seq = Half(accepted);
        accepted.Send(Ack(Irs + 1, seq + 1));
        net.Accept();
        uint waitingSeq = Half(waiting);
        waiting.Send(Ack(Irs + 1, waitingSeq + 1));
        uint halfSeq = Half(half);
        net.Listener.Close(net.Now);
        waiting.Expect(RstAck(waitingSeq + 1, Irs + 1));
        accepted.ExpectNothing();
        half.ExpectNothing();
        half.Send(Ack(Irs + 1, halfSeq + 1));
        half.Expect(Rst(halfSeq + 1));
        Assert.Equal(TcpState.Established, net.StateOf(accepted));
        Assert.Equal(TcpState.Closed, net.StateOf(waiting));
        net.Advance(Duration.FromSeconds(100));
        half.ExpectNothing();
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    public void A_second_listener_on_the_port_is_refused_and_the_port_is_free_after_close()
    {
        Dialogue net = new();
        net.Listen();
        TcpSocket other = net.NewSocket();
        Assert.Equal(Errno.EADDRINUSE, other.Bind(net.Listener.LocalEndpoint));
        net.Listener.Close(net.Now);
        Assert.Equal(Errno.OK, other.Bind(net.Listener.LocalEndpoint));
        Assert.Equal(Errno.OK, other.Listen(net.Now, 1));
    }

    private static (ScriptedPeer Second, SegmentPattern SynAck) Overlap(Dialogue net)
    {
        net.Listen(backlog: 0);
        ScriptedPeer second = net.AddPeer(6001);
        // Both SYNs while there is room; a backlog of 0 lets Linux's accept queue hold one.
        net.Listener.Listen(net.Now, 2);
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        second.Send(Syn(Irs));
        SegmentPattern synAck = second.Expect(SynAck(ack: Irs + 1));
        net.Listener.Listen(net.Now, 0);
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        second.Send(Ack(Irs + 1, synAck.Seq + 1));
        return (second, synAck);
    }

    private static uint Half(ScriptedPeer peer)
    {
        peer.Send(Syn(Irs));
        return peer.Expect(SynAck(ack: Irs + 1)).Seq!.Value;
    }

    private static void Handshake(ScriptedPeer peer) => peer.Send(Ack(Irs + 1, Half(peer) + 1));

    private static (int Syn, int SynLimit, int Accept, int Backlog) Queues(Dialogue net)
    {
        List<SocketTableRow> rows = [];
        net.Host.GetSocketTable(rows);
        SocketTableRow row = rows.Single(r => r.State is TcpState.Listen);
        return (row.SynQueue, row.SynQueueLimit, row.RecvQ, row.SendQ);
    }
}
