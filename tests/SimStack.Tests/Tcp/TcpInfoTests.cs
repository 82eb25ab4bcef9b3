using SimStack.Sockets;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>TCP_INFO. MSS 1000, round trip 10 ms, unless said otherwise.</summary>
public sealed class TcpInfoTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    [Fact]
    public void What_a_conversation_leaves_behind()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[2500]);
        net.AdvanceMs(10);
        net.Peer.Send(Data(Next, First + 2500, 700));
        net.AdvanceMs(5);
        net.Peer.Ignore();
        Check(
            net,
            """
            state=1 ca_state=0 retransmits=0 probes=0 backoff=0 options=4 snd_wscale=7 rcv_wscale=10 snd_mss=1000 advmss=1460 pmtu=1500
            unacked=0 sacked=0 lost=0 retrans=0 notsent_bytes=0 rtt=10000 min_rtt=10000 snd_ssthresh=2147483647 snd_cwnd=10 reordering=3
            bytes_acked=2500 bytes_received=700 bytes_sent=2500 bytes_retrans=0 data_segs_out=3 data_segs_in=1 segs_out=4 segs_in=3
            delivered=4 total_retrans=0 rcv_ooopack=0 last_data_sent=15 last_data_recv=5 last_ack_recv=5 last_ack_sent=0
            busy_time=10000 rwnd_limited=0 sndbuf_limited=0 total_rto=0
            """);
    }

    [Fact]
    public void In_slow_start_the_pacing_rate_is_two_windows_a_round_trip()
    {
        Dialogue net = Established();
        Assert.Equal(2 * 10 * 1000 * 100, Value(net, "tcpi_pacing_rate"));
        net.Host.Sysctls.PacingSlowStartRatio = 300;
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First + 1000));
        Assert.Equal(3 * 10 * 1000 * 100, Value(net, "tcpi_pacing_rate"));
    }

    [Fact]
    public void A_timeout_and_what_it_sent_again_are_counted()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(400);
        net.AdvanceMs(400);
        net.AdvanceMs(100);
        Check(net, "ca_state=4 snd_cwnd=1 retrans=1 lost=1 unacked=1 bytes_retrans=2000 total_retrans=2");
        Assert.InRange(Value(net, "tcpi_total_rto"), 1, 2);
        Assert.True(Value(net, "tcpi_backoff") >= 1);
        net.Peer.Send(Ack(Next, First + 1000));
        // Without SACK the state is held until more is acknowledged.
        Check(net, "ca_state=4 retrans=0 unacked=0 retransmits=0");
        net.Socket.Send(net.Now, new byte[1000]);
        net.Peer.Send(Ack(Next, First + 2000));
        Check(net, "ca_state=0 retrans=0 unacked=0 retransmits=0");
    }

    [Fact]
    public void How_often_and_how_long_timeouts_held_the_connection_up_is_told()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(250);
        net.AdvanceMs(450);
        long held = Value(net, "tcpi_total_rto_time");
        Check(net, "total_rto=2 total_rto_recoveries=1 rehash=2");
        Assert.InRange(held, 430, 500); // The second timeout comes 420 ms after the first.
        net.AdvanceMs(90);
        net.Peer.Send(Ack(Next, First + 1000));
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First + 2000));
        net.AdvanceMs(1000);
        Check(net, $"ca_state=0 total_rto=2 total_rto_recoveries=1 total_rto_time={held + 100} rehash=2");
        Assert.Equal(2, net.Host.Counters[SnmpCounter.TcpExtTcpTimeoutRehash]);
        net.Host.Sysctls.TxRehash = false;
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(350);
        Check(net, "total_rto=3 total_rto_recoveries=2 rehash=2");
    }

    [Fact]
    public void The_time_that_the_peers_window_takes_is_measured()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, new byte[1000]);
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First + 1000).Win(0));
        net.AdvanceMs(50);
        Check(net, "busy_time=10000 rwnd_limited=0 snd_wnd=0");
        net.Socket.Send(net.Now, new byte[500]);
        net.AdvanceMs(70);
        Check(net, "busy_time=80000 rwnd_limited=70000 notsent_bytes=500");
        net.Peer.Send(Ack(Next, First + 1000).Win(200));
        net.AdvanceMs(30);
        Check(net, "busy_time=110000 rwnd_limited=70000 notsent_bytes=0");
        net.Peer.Send(Ack(Next, First + 1500).Win(200));
        net.AdvanceMs(30);
        Check(net, "busy_time=110000 rwnd_limited=70000");
    }

    [Fact]
    public void A_listening_socket_tells_its_queue_and_a_fresh_one_that_it_is_closed()
    {
        Dialogue net = new();
        Assert.Equal(7, net.NewSocket().GetInfo(net.Now).State);
        net.Listen(backlog: 5);
        net.Peer.Send(Syn(Irs).Mss(1000));
        net.Peer.Send(Ack(Next, First));
        TcpInfo info = net.Listener.GetInfo(net.Now);
        Assert.Equal((10, 1, 5), (info.State, info.Unacked, info.Sacked));
    }

    [Fact]
    public void Names_are_told_apart_from_those_that_Linux_does_not_have()
    {
        Assert.All(TcpInfo.Names, name => Assert.True(TcpInfo.IsKnown(name) && default(TcpInfo).TryGet(name, out _), name));
        Assert.True(TcpInfo.IsKnown("tcpi_options2"));
        Assert.False(default(TcpInfo).TryGet("tcpi_options2", out _));
        Assert.False(TcpInfo.IsKnown("tcpi_snd_cwind"));
    }

    private static Dialogue Established()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000).Scale(7));
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Next, First).Win(300));
        net.Accept();
        net.Peer.Ignore();
        return net;
    }

    private static long Value(Dialogue net, string name)
    {
        Assert.True(net.Socket.GetInfo(net.Now).TryGet(name, out long value), name);
        return value;
    }

    private static void Check(Dialogue net, string expected)
    {
        string[] pairs = expected.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(pairs, pairs.Select(pair => pair[..(pair.IndexOf('=') + 1)] + Value(net, "tcpi_" + pair[..pair.IndexOf('=')])));
    }
}
