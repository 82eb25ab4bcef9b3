using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Profiles;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Backlog overflow by profile: how many get in, and what the next one meets.</summary>
public sealed class ListenOverflowTests
{
    public enum Meets
    {
        Silence,
        Reset,
        SynAckThenReset,
    }

    [Theory]
    [InlineData("linux", 0, 1, Meets.Silence)]
    [InlineData("linux", 2, 3, Meets.Silence)]
    [InlineData("linux26", 2, 3, Meets.Silence)]
    [InlineData("windows", 0, 1, Meets.Reset)]
    [InlineData("windows", 2, 2, Meets.Reset)]
    [InlineData("windows", 1000, 200, Meets.Reset)]
    [InlineData("freebsd", 0, 1, Meets.SynAckThenReset)]
    [InlineData("freebsd", 1, 2, Meets.SynAckThenReset)]
    [InlineData("freebsd", 2, 4, Meets.SynAckThenReset)]
    [InlineData("freebsd", 3, 5, Meets.SynAckThenReset)]
    [InlineData("freebsd", -1, 193, Meets.SynAckThenReset)]
    [InlineData("rfc9293", 0, 0, Meets.Silence)]
    [InlineData("rfc9293", 2, 2, Meets.Silence)]
    public void The_queue_holds_so_many_and_the_next_one_meets(string profile, int backlog, int held, Meets next)
    {
        Dialogue net = new(profile: ProfileTests.Named(profile));
        net.Listen(backlog);
        for (int i = 0; i < held; i++)
        {
            Handshake(net.AddPeer((ushort)(6000 + i)));
        }

        Assert.Equal(held, Row(net).RecvQ);
        net.Peer.Send(Syn(Irs));
        if (next is Meets.SynAckThenReset)
        {
            uint seq = net.Peer.Expect(SynAck(ack: Irs + 1)).Seq!.Value;
            net.Peer.Send(Ack(Irs + 1, seq + 1));
            net.Peer.Expect(Rst(seq + 1));
            Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpExtEmbryonicRsts]);
        }
        else if (next is Meets.Reset)
        {
            net.Peer.Expect(RstAck(0, Irs + 1));
            Assert.Equal("SYN reset: accept queue full", net.Queues[^1].Cause);
        }

        net.AdvanceMs(10_000);
        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
        Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpExtListenDrops]);
        Assert.Equal(held, Row(net).RecvQ);
    }

    /// <summary>A handshake under way takes a place: two SYNs for one place, and the second is refused at once.</summary>
    [Fact]
    public void Windows_counts_handshakes_under_way()
    {
        Dialogue net = new(profile: Profile.Windows);
        net.Listen(1);
        ScriptedPeer second = net.AddPeer(6001);
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        second.Send(Syn(Irs));
        second.Expect(RstAck(0, Irs + 1));
        net.Peer.Send(Ack(Irs + 1, Iss + 1));
        Assert.Equal(1, Row(net).RecvQ);
    }

    [Fact]
    public void The_RFCs_profile_drops_a_last_ACK_that_finds_no_room_and_asks_again()
    {
        Dialogue net = new(profile: Profile.Rfc9293);
        net.Listen(2);
        ScriptedPeer second = net.AddPeer(6001);
        uint first = Half(net.Peer), other = Half(second);
        net.Listener.Listen(net.Now, 1);
        net.Peer.Send(Ack(Irs + 1, first + 1));
        second.Send(Ack(Irs + 1, other + 1));
        second.ExpectNothing();
        Assert.Equal(TcpState.SynReceived, net.StateOf(second));
        net.AdvanceMs(1000);
        second.ExpectAt(1000, SynAck(other, Irs + 1));
    }

    /// <summary>The syncache's oldest entry gives way, and whoever it was is not known any more.</summary>
    [Fact]
    public void FreeBsd_gives_up_the_oldest_handshake_when_the_syncache_is_full()
    {
        Dialogue net = new(profile: Profile.FreeBsd, settings: s => s.MaxSynBacklog = 3);
        net.Listen(50);
        ScriptedPeer[] peers = [.. Enumerable.Range(0, 5).Select(i => net.AddPeer((ushort)(6000 + i)))];
        uint[] numbers = new uint[peers.Length];
        for (int i = 0; i < 3; i++)
        {
            numbers[i] = Half(peers[i]);
        }

        peers[1].Send(Ack(Irs + 1, numbers[1] + 1)); // one leaves from the middle
        for (int i = 3; i < 5; i++)
        {
            numbers[i] = Half(peers[i]);
        }

        Assert.Equal(3, Row(net).SynQueue);
        peers[0].Send(Ack(Irs + 1, numbers[0] + 1));
        peers[0].Expect(Rst(numbers[0] + 1));
        peers[2].Send(Ack(Irs + 1, numbers[2] + 1));
        peers[3].Send(Ack(Irs + 1, numbers[3] + 1));
        peers[4].Send(Ack(Irs + 1, numbers[4] + 1));
        Assert.Equal((0, 4), (Row(net).SynQueue, Row(net).RecvQ));
    }

    /// <summary>
    /// As a kernel 6.18 did with seven SYNs, backlog 8, and no answers: at 7 s three go, since more than four were old; four stay to the
    /// end. TcpRetransSegs 26 and TcpExtTCPTimeouts 29 until 36 s are its counters.
    /// </summary>
    [Fact]
    public void Linux_gives_up_old_handshakes_early_while_they_take_half_of_the_room()
    {
        Dialogue net = new();
        net.Listen(8);
        for (int i = 0; i < 7; i++)
        {
            Half(net.AddPeer((ushort)(6000 + i)));
        }

        net.AdvanceMs(6999);
        Assert.Equal(7, Row(net).SynQueue);
        net.AdvanceMs(1);
        Assert.Equal(4, Row(net).SynQueue);
        net.AdvanceMs(29_000);
        Assert.Equal(4, Row(net).SynQueue);
        Assert.Equal(26, (int)net.Host.Counters[SnmpCounter.TcpRetransSegs]);
        Assert.Equal(29, (int)net.Host.Counters[SnmpCounter.TcpExtTCPTimeouts]);
        net.AdvanceMs(27_000);
        Assert.Equal(0, Row(net).SynQueue);
    }

    /// <summary>As the same kernel with three SYNs: no more than four, so that each has its five SYN-ACKs and goes at 63 s.</summary>
    [Fact]
    public void Linux_leaves_a_few_old_handshakes_alone()
    {
        Dialogue net = new();
        net.Listen(8);
        for (int i = 0; i < 3; i++)
        {
            Half(net.AddPeer((ushort)(6000 + i)));
        }

        net.AdvanceMs(62_999);
        Assert.Equal(3, Row(net).SynQueue);
        net.AdvanceMs(1);
        Assert.Equal(0, Row(net).SynQueue);
        Assert.Equal(15, (int)net.Host.Counters[SnmpCounter.TcpRetransSegs]);
        Assert.Equal(18, (int)net.Host.Counters[SnmpCounter.TcpExtTCPTimeouts]);
    }

    /// <summary>
    /// As a kernel 6.18 did: three clients for two places, the third's last ACK too late. Its data is dropped until accept makes room; then
    /// a bare ACK of the SYN-ACK, numbered behind the data, completes the handshake, and the data follows.
    /// </summary>
    [Fact]
    public void Linux_takes_an_ACK_numbered_behind_dropped_data_for_the_last_one()
    {
        Dialogue net = new();
        net.Listen(1);
        Handshake(net.Peer);
        ScriptedPeer second = net.AddPeer(6001), third = net.AddPeer(6002);
        uint seq = Half(second), late = Half(third);
        second.Send(Ack(Irs + 1, seq + 1));
        third.Send(Ack(Irs + 1, late + 1));
        third.Send(Data(Irs + 1, late + 1, 10));
        net.AdvanceMs(1000);
        third.ExpectAt(1000, SynAck(late, Irs + 1));
        third.Send(Ack(Irs + 11, late + 1));
        Assert.Equal(3, (int)net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
        Assert.Equal(TcpState.SynReceived, net.StateOf(third));
        net.Accept();
        net.AdvanceMs(2000);
        third.ExpectAt(3000, SynAck(late, Irs + 1));
        third.Send(Ack(Irs + 11, late + 1));
        third.ExpectNothing();
        Assert.Equal(TcpState.Established, net.StateOf(third));
        third.Send(Data(Irs + 1, late + 1, 10));
        third.Expect(Ack(late + 1, Irs + 11));
        Assert.Equal(3, (int)net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
        Assert.Equal(3, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
    }

    private static uint Half(ScriptedPeer peer)
    {
        peer.Send(Syn(Irs));
        return peer.Expect(SynAck(ack: Irs + 1)).Seq!.Value;
    }

    private static void Handshake(ScriptedPeer peer) => peer.Send(Ack(Irs + 1, Half(peer) + 1));

    private static SocketTableRow Row(Dialogue net)
    {
        List<SocketTableRow> rows = [];
        net.Host.GetSocketTable(rows);
        return rows.Single(r => r.State is TcpState.Listen);
    }
}
