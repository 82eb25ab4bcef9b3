using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using SimStack.Tests.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Icmp;

/// <summary>
/// What an ICMP error does to a TCP connection, by type, code, state and profile. The Linux column was written down from a Linux
/// 6.18 kernel behind a TAP device, which was sent these errors about segments that it had sent.
/// </summary>
public sealed class TcpErrorTests
{
    private const uint Iss = Dialogue.Iss;
    private const uint Irs = Dialogue.Irs;

    /// <summary>IPv6, type, code; errno in SYN-SENT; errno in SYN-SENT with rfc9293; a SYN queue entry ends; rfc9293 aborts when established.</summary>
    public static TheoryData<bool, byte, byte, Errno, Errno, bool, bool> Table => new()
    {
        { false, 3, 0, Errno.ENETUNREACH, Errno.OK, true, false },
        { false, 3, 1, Errno.EHOSTUNREACH, Errno.OK, true, false },
        { false, 3, 2, Errno.ENOPROTOOPT, Errno.ENOPROTOOPT, false, true },
        { false, 3, 3, Errno.ECONNREFUSED, Errno.ECONNREFUSED, false, true },
        { false, 3, 5, Errno.EOPNOTSUPP, Errno.OK, false, false },
        { false, 3, 6, Errno.ENETUNREACH, Errno.ENETUNREACH, false, false },
        { false, 3, 7, Errno.EHOSTDOWN, Errno.EHOSTDOWN, false, false },
        { false, 3, 8, Errno.ENONET, Errno.ENONET, false, false },
        { false, 3, 9, Errno.ENETUNREACH, Errno.ENETUNREACH, false, false },
        { false, 3, 10, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { false, 3, 11, Errno.ENETUNREACH, Errno.ENETUNREACH, false, false },
        { false, 3, 12, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { false, 3, 13, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { false, 3, 14, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { false, 3, 15, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { false, 3, 16, Errno.OK, Errno.OK, false, false },
        { false, 4, 0, Errno.OK, Errno.OK, false, false },
        { false, 5, 1, Errno.OK, Errno.OK, false, false },
        { false, 11, 0, Errno.EHOSTUNREACH, Errno.OK, true, false },
        { false, 11, 1, Errno.OK, Errno.OK, false, false },
        { false, 12, 0, Errno.EPROTO, Errno.OK, true, false },
        { false, 13, 0, Errno.OK, Errno.OK, false, false },
        { true, 1, 0, Errno.ENETUNREACH, Errno.OK, false, false },
        { true, 1, 1, Errno.EACCES, Errno.EACCES, true, true },
        { true, 1, 2, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH, false, false },
        { true, 1, 3, Errno.EHOSTUNREACH, Errno.OK, false, false },
        { true, 1, 4, Errno.ECONNREFUSED, Errno.ECONNREFUSED, true, true },
        { true, 1, 5, Errno.EACCES, Errno.EACCES, true, false },
        { true, 1, 6, Errno.EACCES, Errno.EACCES, true, false },
        { true, 1, 7, Errno.EPROTO, Errno.EPROTO, true, false },
        { true, 2, 0, Errno.OK, Errno.OK, false, false },
        { true, 3, 0, Errno.EHOSTUNREACH, Errno.OK, false, false },
        { true, 3, 1, Errno.EHOSTUNREACH, Errno.OK, false, false },
        { true, 4, 0, Errno.EPROTO, Errno.OK, true, false },
        { true, 100, 0, Errno.EPROTO, Errno.OK, false, false },
    };

    [Theory]
    [MemberData(nameof(Table))]
    [Requirement("MUST-54", In = "linux rfc9293")]
    [Requirement("MUST-55", In = "linux rfc9293")]
    [Requirement("MUST-56", In = "rfc9293")]
    [Departs("MUST-56", "linux")]
    [Requirement("SHLD-26", In = "rfc9293")]
    [Departs("SHLD-26", "linux")]
    public void By_state_and_profile(bool ipv6, byte type, byte code, Errno linux, Errno rfc, bool endsEntry, bool rfcAborts)
    {
        SynSent(ipv6, Profile.Linux, type, code, linux);
        SynSent(ipv6, Profile.Rfc9293, type, code, rfc);
        Established(ipv6, type, code, linux, receiveErrors: false);
        Established(ipv6, type, code, linux, receiveErrors: true);
        SynQueue(ipv6, type, code, endsEntry);

        Dialogue rfcNet = new(ipv6, Profile.Rfc9293);
        rfcNet.EstablishPassively();
        rfcNet.Socket.Send(rfcNet.Now, "data"u8);
        rfcNet.DeliverIcmpError(type, code, Iss + 1, rest: 1400);
        Assert.Equal(rfcAborts ? TcpState.Closed : TcpState.Established, rfcNet.Socket.State);
    }

    [Theory]
    [InlineData(false, -1, false)]
    [InlineData(false, 0, true)]
    [InlineData(false, 3, true)]
    [InlineData(false, 4, true)] // SND.NXT, which Linux takes
    [InlineData(false, 5, false)]
    [InlineData(true, -1, false)]
    [InlineData(true, 5, false)]
    public void A_forged_sequence_number_is_counted_and_has_no_effect(bool ipv6, int offset, bool believed)
    {
        Dialogue net = new(ipv6);
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError((byte)(ipv6 ? 1 : 3), (byte)(ipv6 ? 4 : 3), (uint)(Iss + 1 + offset));
        Assert.Equal(believed ? 0 : 1, net.Host.Counters[SnmpCounter.TcpExtOutOfWindowIcmps]);
        Assert.Equal(believed ? Errno.ECONNREFUSED : Errno.OK, net.Socket.TakeError());
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    [Fact]
    public void A_forged_MTU_changes_nothing()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError(3, 4, Iss + 500, rest: 600);
        Assert.Equal(1460, net.Socket.GetOption(SocketOption.TCP_MAXSEG).Value);
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtOutOfWindowIcmps]);
        net.DeliverIcmpError(3, 4, Iss + 1, rest: 600);
        Assert.Equal(560, net.Socket.GetOption(SocketOption.TCP_MAXSEG).Value);
    }

    [Fact]
    public void An_error_about_no_connection_is_counted()
    {
        Dialogue v4 = new();
        v4.DeliverIcmpError(3, 3, 1);
        Assert.Equal(1, v4.Host.Counters[SnmpCounter.IcmpInErrors]);
        Dialogue v6 = new(true);
        v6.DeliverIcmpError(1, 4, 1);
        Assert.Equal(1, v6.Host.Counters[SnmpCounter.Icmp6InErrors]);
    }

    [Fact]
    public void A_wrong_number_does_not_end_a_handshake_of_the_SYN_queue()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1460));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.DeliverIcmpError(3, 1, Iss + 1);
        Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtOutOfWindowIcmps]);
        Assert.Equal(TcpState.SynReceived, net.StateOf());
    }

    [Theory]
    [InlineData(true, Errno.EHOSTUNREACH)]
    [InlineData(false, Errno.ETIMEDOUT)]
    [Trait("RFC9293", "SHLD-25")]
    public void A_connection_that_times_out_tells_the_soft_error(bool told, Errno expected)
    {
        Dialogue net = new();
        net.Host.Sysctls.Retries2 = 3;
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.AdvanceMs(1000);
        if (told)
        {
            net.DeliverIcmpError(3, 13, Iss + 1);
        }

        net.AdvanceMs(100_000);
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(expected, net.Socket.Receive(net.Now, new byte[1]).Error);
    }

    [Fact]
    public void An_acknowledgment_makes_a_soft_error_forgotten()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError(3, 1, Iss + 1);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        net.Peer.Send(Ack(Irs + 1, Iss + 5));
        Assert.Equal(Errno.OK, net.Socket.TakeError());
    }

    /// <summary>RFC 6069 §3: the RTO's last doubling is taken back, and what is due by that is sent at once.</summary>
    [Theory]
    [InlineData(3, 0, 0, true)]
    [InlineData(3, 1, 0, true)]
    [InlineData(3, 13, 0, false)]
    [InlineData(11, 0, 0, false)]
    [InlineData(3, 1, 1, false)] // not the oldest segment
    public void A_host_that_cannot_be_reached_takes_a_backoff_back(byte type, byte code, uint offset, bool reverts)
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        Duration rto = net.Host.NextDeadline - net.Now;
        Instant sent = net.Now;
        net.Advance(rto * 3);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        Instant last = net.Now;
        Assert.Equal(sent + (rto * 3), last);
        Assert.Equal(rto * 4, net.Host.NextDeadline - last);
        net.AdvanceMs(10);
        net.DeliverIcmpError(type, code, Iss + 1 + offset);
        Instant due = last + (rto * (reverts ? 2 : 4));
        net.Advance(due - net.Now - Duration.FromMilliseconds(1));
        net.Peer.ExpectNothing();
        net.AdvanceMs(1);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
    }

    [Fact]
    public void What_the_reverted_RTO_makes_due_is_sent_at_once()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        Duration rto = net.Host.NextDeadline - net.Now;
        net.Advance(rto);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
        net.Advance(rto + Duration.FromMilliseconds(50));
        net.Peer.ExpectNothing();
        net.DeliverIcmpError(3, 1, Iss + 1);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 4));
    }

    [Fact]
    public void Time_wait_and_closed_ignore_it()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.Peer.Expect(Fin(Iss + 1, Irs + 1));
        net.Peer.Send(Fin(Irs + 1, Iss + 2));
        net.Peer.Expect(Ack(Iss + 2, Irs + 2));
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        net.DeliverIcmpError(3, 3, Iss + 1);
        Assert.Equal(TcpState.TimeWait, net.StateOf());
        Assert.Equal(0, net.Host.Counters[SnmpCounter.IcmpInErrors]);
    }

    private static void SynSent(bool ipv6, Profile profile, byte type, byte code, Errno expected)
    {
        Dialogue net = new(ipv6, profile);
        net.Connect();
        net.DeliverIcmpError(type, code, Iss, rest: 1400);
        Assert.Equal(expected is Errno.OK ? TcpState.SynSent : TcpState.Closed, net.Socket.State);
        Assert.Equal(expected is Errno.OK ? 0 : 1, net.Host.Counters[SnmpCounter.TcpAttemptFails]);
        if (expected is not Errno.OK)
        {
            Assert.Equal(expected, net.Socket.TakeConnectResult());
        }
    }

    private static void Established(bool ipv6, byte type, byte code, Errno expected, bool receiveErrors)
    {
        Dialogue net = new(ipv6);
        net.EstablishPassively();
        net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, receiveErrors ? 1 : 0);
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError(type, code, Iss + 1, rest: 1400);
        Assert.Equal(TcpState.Established, net.Socket.State);
        if (receiveErrors)
        {
            Assert.Equal(expected is Errno.OK ? Errno.EAGAIN : expected, net.Socket.Receive(net.Now, new byte[1]).Error);
        }
        else
        {
            Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, new byte[1]).Error);
            Assert.Equal(expected, (Errno)net.Socket.GetOption(SocketOption.SO_ERROR).Value);
        }

        Assert.True(net.Socket.Send(net.Now, "more"u8).Succeeded);
    }

    [Fact]
    public void IP_RECVERR_tells_whoever_calls_first_and_the_connection_goes_on()
    {
        Dialogue net = new();
        net.EstablishPassively();
        net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, 1);
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError(3, 1, Iss + 1, rest: 0);
        Assert.Equal(Errno.EHOSTUNREACH, net.Socket.Send(net.Now, "more"u8).Error);
        Assert.True(net.Socket.Send(net.Now, "more"u8).Succeeded);
    }

    private static void SynQueue(bool ipv6, byte type, byte code, bool ends)
    {
        Dialogue net = new(ipv6);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1460));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.DeliverIcmpError(type, code, Iss, rest: 1400);
        Assert.Equal(ends ? TcpState.Closed : TcpState.SynReceived, net.StateOf());
        Assert.Equal(ends ? 1 : 0, net.Host.Counters[SnmpCounter.TcpExtListenDrops]);
        Assert.Equal(TcpState.Listen, net.Listener.State);
    }
}
