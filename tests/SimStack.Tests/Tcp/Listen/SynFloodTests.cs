using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Listen;

/// <summary>SYNs beyond what the queue holds. The tables are what a Linux 6.18 kernel did with the same segments.</summary>
public sealed class SynFloodTests
{
    public enum Meets
    {
        Connection,
        Reset,
        Silence,
    }

    /// <summary>Ten SYNs, then ten ACKs, and nobody accepts: cookies sent, and connections that wait at the end.</summary>
    [Theory]
    [InlineData(0, 9, 1)]
    [InlineData(2, 7, 3)]
    [InlineData(5, 4, 6)]
    public void Cookies_begin_where_the_queue_ends(int backlog, int cookies, int waiting)
    {
        Dialogue net = new();
        net.Listen(backlog);
        ScriptedPeer[] peers = [.. Enumerable.Range(0, 10).Select(i => net.AddPeer((ushort)(6000 + i)))];
        uint[] numbers = new uint[peers.Length];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i].Send(Syn(Irs).Mss(1460));
            numbers[i] = peers[i].Expect(SynAck(ack: Irs + 1)).Seq!.Value;
        }

        Assert.Equal((cookies, cookies, 0, 0), Counts(net));
        Assert.Single(net.Queues, q => q.Cause == "possible SYN flooding, sending cookies");
        Assert.Equal(waiting, net.Queues[^1].SynQueue);

        for (int i = 0; i < peers.Length; i++)
        {
            peers[i].Send(Data(Irs + 1, numbers[i] + 1, "hi"));
            if (i < waiting)
            {
                peers[i].Expect(Ack(numbers[i] + 1, Irs + 3));
            }
            else
            {
                peers[i].ExpectNothing();
            }
        }

        Assert.Equal((cookies, cookies, cookies, cookies), Counts(net));
        Assert.Equal(waiting, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
        Assert.Equal(0, (int)net.Host.Counters[SnmpCounter.TcpOutRsts]);

        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
        Assert.Equal((cookies, cookies, cookies, cookies + 1), Counts(net));
    }

    /// <summary>tcp_abort_on_overflow changes nothing for cookies.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public void A_cookies_ack_that_finds_no_room_is_dropped(string abort)
    {
        Dialogue net = Always(abort);
        net.Listen(backlog: 1);
        ScriptedPeer[] peers = [.. Enumerable.Range(0, 4).Select(i => net.AddPeer((ushort)(6000 + i)))];
        uint[] numbers = [.. peers.Select(p => Begin(p))];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i].Send(Ack(Irs + 1, numbers[i] + 1));
            peers[i].ExpectNothing();
        }

        Assert.Equal((4, 4, 4, 2), Counts(net));
        Assert.Equal(2, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
        net.Peer.Send(Syn(Irs));
        net.Peer.ExpectNothing();
        Assert.Equal((4, 5, 4, 3), Counts(net));
        net.Accept();
        peers[3].Send(Ack(Irs + 1, numbers[3] + 1));
        Assert.Equal(3, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
    }

    /// <summary>What the segment after the SYN-ACK may be; <c>ack</c> counts from the cookie.</summary>
    [Theory]
    [InlineData(TcpFlags.Ack, 1, 0, Meets.Connection, 1, 0)]
    [InlineData(TcpFlags.Ack, 0, 0, Meets.Connection, 1, 0)] // The MSS before.
    [InlineData(TcpFlags.Ack, 1, 1, Meets.Connection, 1, 0)] // The same, seen from the other end.
    [InlineData(TcpFlags.Ack, 2, 0, Meets.Reset, 0, 1)]
    [InlineData(TcpFlags.Ack, 77, 0, Meets.Reset, 0, 1)]
    [InlineData(TcpFlags.Ack | TcpFlags.Psh, 1, 0, Meets.Connection, 1, 0)]
    [InlineData(TcpFlags.Ack | TcpFlags.Fin, 1, 0, Meets.Connection, 1, 0)]
    [InlineData(TcpFlags.Ack | TcpFlags.Urg, 1, 0, Meets.Connection, 1, 0)]
    [InlineData(TcpFlags.Ack | TcpFlags.Syn, 1, 0, Meets.Reset, 0, 0)]
    [InlineData(TcpFlags.Ack | TcpFlags.Rst, 1, 0, Meets.Silence, 0, 0)]
    [InlineData(TcpFlags.None, 1, 0, Meets.Silence, 0, 0)]
    public void The_last_segment_meets(TcpFlags flags, uint ack, uint seq, Meets meets, int received, int failed)
    {
        Dialogue net = Always();
        net.Listen();
        uint iss = Begin(net.Peer);
        net.Peer.Send(Bare(flags, Irs + 1 + seq, iss + ack));
        if (meets is Meets.Reset)
        {
            net.Peer.Expect(Rst(iss + ack));
        }

        Assert.Equal(received, (int)net.Host.Counters[SnmpCounter.TcpExtSyncookiesRecv]);
        Assert.Equal(failed, (int)net.Host.Counters[SnmpCounter.TcpExtSyncookiesFailed]);
        Assert.Equal(meets is Meets.Connection ? 1 : 0, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
    }

    /// <summary>A setting changes between SYN-ACK and ACK; the SYN had timestamps, SACK and scale 7.</summary>
    [Theory]
    [InlineData("tcp_syncookies", "0", Meets.Reset, 0)]
    [InlineData("tcp_syncookies", "1", Meets.Connection, 1)]
    [InlineData("tcp_sack", "0", Meets.Reset, 1)]
    [InlineData("tcp_window_scaling", "0", Meets.Reset, 1)]
    [InlineData("tcp_timestamps", "0", Meets.Connection, 1)]
    public void A_setting_that_changed_meanwhile(string name, string value, Meets meets, int received)
    {
        Dialogue net = Always();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1460).SackOk().Scale(7).Ts(5000, 0));
        SegmentPattern synAck = net.Peer.Expect(SynAck(ack: Irs + 1));
        net.Host.Sysctls.Set("net.ipv4." + name, value, out _);
        net.Peer.Send(Ack(Irs + 1, synAck.Seq!.Value + 1).Ts(5001, synAck.TsVal!.Value));
        if (meets is Meets.Reset)
        {
            net.Peer.Expect(Rst(synAck.Seq!.Value + 1));
        }

        Assert.Equal(received, (int)net.Host.Counters[SnmpCounter.TcpExtSyncookiesRecv]);
        Assert.Equal(meets is Meets.Connection ? 1 : 0, (int)net.Host.Counters[SnmpCounter.TcpPassiveOpens]);
    }

    private static Dialogue Always(string abort = "0") => new(settings: s =>
    {
        s.Set("net.ipv4.tcp_syncookies", "2", out _);
        s.Set("net.ipv4.tcp_abort_on_overflow", abort, out _);
    });

    private static uint Begin(ScriptedPeer peer)
    {
        peer.Send(Syn(Irs).Mss(1460));
        return peer.Expect(SynAck(ack: Irs + 1).Mss(1460)).Seq!.Value;
    }

    private static (int Sent, int Full, int Received, int Overflows) Counts(Dialogue net) => (
        (int)net.Host.Counters[SnmpCounter.TcpExtSyncookiesSent],
        (int)net.Host.Counters[SnmpCounter.TcpExtTCPReqQFullDoCookies],
        (int)net.Host.Counters[SnmpCounter.TcpExtSyncookiesRecv],
        (int)net.Host.Counters[SnmpCounter.TcpExtListenOverflows]);
}
