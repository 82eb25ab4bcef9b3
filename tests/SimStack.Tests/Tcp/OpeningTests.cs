using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Rfc9293;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>OPEN: how long it tries, how it fails, simultaneous and self-connect, and the choice of the ISN.</summary>
public sealed class OpeningTests
{
    public static TheoryData<string, int, double[], double> Timeouts => new()
    {
        // Since 6.5 the first SYNs go out a second apart (tcp_syn_linear_timeouts 4), then 2, 4, 8 s apart.
        { "linux", 0, [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131 },
        { "linux", 4, [0, 1, 2, 3, 4, 5, 7, 11, 19], 35 },
        { "linux26", 0, [0, 1, 3, 7, 15, 31], 63 },
        // R2 for a SYN is at least three minutes.
        { "rfc9293", 0, [0, 1, 3, 7, 15, 31, 63, 123], 183 },
    };

    [Theory]
    [MemberData(nameof(Timeouts))]
    [Requirement("MUST-20", In = "linux linux26 rfc9293")]
    [Requirement("MUST-22", In = "linux linux26 rfc9293")]
    [Requirement("MUST-23", In = "rfc9293")]
    [Departs("MUST-23", "linux linux26")]
    public void A_SYN_without_answer_is_repeated_until_ETIMEDOUT(string profile, int retries, double[] seconds, double end)
    {
        Assert.True(Profile.TryGet(profile, out Profile found));
        Dialogue net = new(profile: found);
        if (retries > 0)
        {
            net.Host.Sysctls.SynRetries = retries;
        }

        net.Connect();
        net.Advance(Duration.FromSeconds((long)end) - Duration.FromNanoseconds(1));
        foreach (double second in seconds)
        {
            net.Peer.ExpectAt(second * 1000, Syn(Iss));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(Errno.EALREADY, net.Socket.Connect(net.Now, net.Peer.Endpoint));
        net.Advance(Duration.FromNanoseconds(1));
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
        Assert.Equal(TcpState.Closed, net.Socket.State);
        net.Peer.ExpectNothing();
    }

    [Fact]
    [Trait("RFC9293", "MUST-21")]
    public void TCP_SYNCNT_bounds_one_sockets_tries()
    {
        Dialogue net = new(profile: Profile.Linux26);
        net.Connect(options: s => s.SetOption(net.Now, SocketOption.TCP_SYNCNT, 2));
        net.Advance(Duration.FromSeconds(60));
        net.Peer.ExpectAt(0, Syn());
        net.Peer.ExpectAt(1000, Syn());
        net.Peer.ExpectAt(3000, Syn());
        net.Peer.ExpectNothing();
        Assert.Equal(Duration.FromSeconds(7), net.Changes[^1].Time - Instant.Zero);
    }

    [Fact]
    public void TCP_USER_TIMEOUT_bounds_opening_from_the_first_SYN_on()
    {
        Dialogue net = new(profile: Profile.Linux26);
        net.Connect(options: s => s.SetOption(net.Now, SocketOption.TCP_USER_TIMEOUT, 2000));
        net.Advance(Duration.FromSeconds(60));
        net.Peer.ExpectAt(0, Syn());
        net.Peer.ExpectAt(1000, Syn());
        net.Peer.ExpectNothing();
        Assert.Equal(Duration.FromSeconds(2), net.Changes[^1].Time - Instant.Zero);
    }

    [Theory]
    [InlineData("linux", 1)]
    [InlineData("rfc9293", 6)]
    public void Data_in_the_SYN_ACK_is_left_to_the_peer_or_taken(string profile, uint acknowledged)
    {
        Assert.True(Profile.TryGet(profile, out Profile found));
        Dialogue net = new(profile: found);
        net.Connect();
        net.Peer.Expect(Syn(Iss));
        net.Peer.Send(SynAck(Irs, Iss + 1) with { Length = 5 });
        net.Advance(Duration.FromSeconds(1));
        net.Peer.Expect(Ack(Iss + 1, Irs + 1));
        if (acknowledged > 1)
        {
            net.Peer.Expect(Ack(Iss + 1, Irs + acknowledged));
        }

        net.Peer.ExpectNothing();
        Assert.Equal((int)acknowledged - 1, net.Socket.ReadableCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nobody_at_the_port_is_ECONNREFUSED(bool ipv6)
    {
        Dialogue net = new(ipv6);
        net.Connect();
        net.Peer.Expect(Syn(Iss));
        net.Peer.Send(RstAck(0, Iss + 1));
        Assert.Equal(PollEvents.POLLERR, net.Socket.Poll() & PollEvents.POLLERR);
        Assert.Equal(Errno.ECONNREFUSED, net.Socket.TakeError());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_route_is_ENETUNREACH_at_once(bool ipv6)
    {
        Dialogue net = new(ipv6);
        TcpSocket socket = net.NewSocket();
        IpAddress far = IpAddress.Parse(ipv6 ? "2001:db8::1" : "192.0.2.1");
        Assert.Equal(Errno.ENETUNREACH, socket.Connect(net.Now, new IpEndpoint(far, 80)));
        Assert.Equal(TcpState.Closed, socket.State);
        Assert.Empty(net.Changes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_neighbour_that_does_not_answer_is_EHOSTUNREACH_after_three_requests(bool ipv6)
    {
        Dialogue net = new(ipv6);
        TcpSocket socket = net.NewSocket();
        IpAddress nobody = IpAddress.Parse(ipv6 ? "fd00::99" : "10.0.0.99");
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, new IpEndpoint(nobody, 80)));
        net.AdvanceMs(2999);
        Assert.Equal(TcpState.SynSent, socket.State);
        net.AdvanceMs(10);
        Assert.Equal(Errno.EHOSTUNREACH, socket.TakeError());
        Assert.Equal(3, net.OtherFrames.Count);
    }

    /// <summary>Linux's icmp_err_convert while the connection is being opened; the RFC aborts for hard errors only.</summary>
    [Theory]
    [InlineData(false, 3, 0, Errno.ENETUNREACH, Errno.OK)]
    [InlineData(false, 3, 1, Errno.EHOSTUNREACH, Errno.OK)]
    [InlineData(false, 3, 2, Errno.ENOPROTOOPT, Errno.ENOPROTOOPT)]
    [InlineData(false, 3, 3, Errno.ECONNREFUSED, Errno.ECONNREFUSED)]
    [InlineData(false, 3, 13, Errno.EHOSTUNREACH, Errno.EHOSTUNREACH)]
    [InlineData(false, 11, 0, Errno.EHOSTUNREACH, Errno.OK)]
    [InlineData(false, 4, 0, Errno.OK, Errno.OK)]
    [InlineData(true, 1, 0, Errno.ENETUNREACH, Errno.OK)]
    [InlineData(true, 1, 1, Errno.EACCES, Errno.EACCES)]
    [InlineData(true, 1, 3, Errno.EHOSTUNREACH, Errno.OK)]
    [InlineData(true, 1, 4, Errno.ECONNREFUSED, Errno.ECONNREFUSED)]
    [Requirement("MUST-54", In = "linux rfc9293")]
    [Requirement("MUST-55", In = "linux rfc9293")]
    [Requirement("MUST-56", In = "rfc9293")]
    [Departs("MUST-56", "linux")]
    [Requirement("SHLD-26", In = "rfc9293")]
    public void ICMP_about_our_SYN(bool ipv6, byte type, byte code, Errno linux, Errno rfc)
    {
        foreach ((Profile profile, Errno expected) in new[] { (Profile.Linux, linux), (Profile.Rfc9293, rfc) })
        {
            Dialogue net = new(ipv6, profile);
            net.Connect();
            net.DeliverIcmpError(type, code, Iss + 2); // not a sequence number in flight: anybody could have sent it (RFC 5927)
            Assert.Equal(TcpState.SynSent, net.Socket.State);
            net.DeliverIcmpError(type, code, Iss);
            Assert.Equal(expected is Errno.OK ? TcpState.SynSent : TcpState.Closed, net.Socket.State);
            if (expected is not Errno.OK)
            {
                Assert.Equal(expected, net.Socket.TakeError());
            }
        }
    }

    [Theory]
    [InlineData(false, 3, 1)]
    [InlineData(false, 3, 3)]
    [InlineData(true, 1, 4)]
    [Departs("SHLD-26", "linux")]
    public void ICMP_does_not_end_a_connection_that_exists(bool ipv6, byte type, byte code)
    {
        Dialogue net = new(ipv6);
        net.EstablishPassively();
        net.Socket.Send(net.Now, "data"u8);
        net.DeliverIcmpError(type, code, Iss + 1);
        Assert.Equal(TcpState.Established, net.Socket.State);
        Assert.Equal(Errno.EAGAIN, net.Socket.Receive(net.Now, new byte[1]).Error);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.255")]
    [InlineData("ff02::1")]
    [Trait("RFC9293", "MUST-46")]
    public void A_group_can_not_be_connected_to(string address)
    {
        IpAddress group = IpAddress.Parse(address);
        Dialogue net = new(group.IsV6);
        Assert.Equal(Errno.ENETUNREACH, net.NewSocket().Connect(net.Now, new IpEndpoint(group, 80)));
        Assert.Equal(0, net.Interface.OutgoingCount);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.255")]
    [InlineData("0.0.0.0")]
    [Trait("RFC9293", "MUST-63")]
    public void A_SYN_from_a_group_gets_no_answer(string address)
    {
        Dialogue net = new();
        net.Listen();
        net.Deliver(new IpEndpoint(IpAddress.Parse(address), PeerPort), new IpEndpoint(net.HostAddress, HostPort), Syn(Irs), []);
        Assert.Empty(net.Queues);
        Assert.Equal(0, net.Interface.OutgoingCount);
        Assert.Empty(net.OtherFrames);
    }

    [Fact]
    [Trait("RFC9293", "MUST-43")]
    [Trait("RFC9293", "MUST-44")]
    [Trait("RFC9293", "MUST-45")]
    public void The_local_address_is_IPs_choice_or_the_users()
    {
        Dialogue net = new();
        IpAddress second = IpAddress.FromV4(10, 0, 0, 7);
        net.Host.AddAddress(net.Interface, second, 24);
        TcpSocket chosen = net.NewSocket();
        chosen.Connect(net.Now, net.Peer.Endpoint);
        net.Peer.Expect(Syn());
        Assert.Equal(net.HostAddress, net.Peer.Host.Address);
        Assert.Equal(net.HostAddress, chosen.LocalEndpoint.Address);
        net.AdvanceMs(1000);
        net.Peer.Expect(Syn());
        Assert.Equal(net.HostAddress, net.Peer.Host.Address);
        chosen.Close(net.Now);

        TcpSocket given = net.NewSocket();
        given.Bind(new IpEndpoint(second, 0));
        given.Connect(net.Now, net.Peer.Endpoint);
        net.Peer.Expect(Syn());
        Assert.Equal(second, net.Peer.Host.Address);
    }

    /// <summary>RFC 9293 §3.5, figure 7.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Requirement("MUST-10", In = "rfc9293")]
    public void A_simultaneous_open(bool ipv6)
    {
        Dialogue net = new(ipv6, Profile.Rfc9293);
        net.Connect();
        net.Peer.Expect(Syn(Iss));
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        net.Peer.Send(SynAck(Irs, Iss + 1));
        Assert.Equal(TcpState.Established, net.Socket.State);
        net.Peer.Ignore(); // an ACK, or none
        net.Socket.Send(net.Now, "ab"u8);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, "ab"));
        Assert.Equal(
            ["CLOSED -> SYN-SENT (OPEN)", "SYN-SENT -> SYN-RECEIVED (rcv SYN)", "SYN-RECEIVED -> ESTABLISHED (rcv SYN,ACK)"], net.TakeChanges());
    }

    [Fact]
    public void The_SYN_ACK_of_a_simultaneous_open_is_repeated_by_tcp_syn_retries()
    {
        Dialogue net = new();
        Reach.State(net, TcpState.SynReceived, simultaneous: true);
        net.Advance(Duration.FromSeconds(300));
        foreach (double second in new double[] { 1, 3, 7, 15, 31, 63 })
        {
            net.Peer.ExpectAt(second * 1000, SynAck(Iss, Irs + 1));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Fact]
    public void After_CLOSE_in_SYN_RECEIVED_the_SYN_ACK_is_still_repeated_as_one()
    {
        Dialogue net = new();
        Reach.State(net, TcpState.SynReceived, simultaneous: true);
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(Iss + 1, Irs + 1));
        net.AdvanceMs(1000);
        net.Peer.ExpectAt(1000, SynAck(Iss, Irs + 1));
        net.Peer.Send(Ack(Irs + 1, Iss + 2));
        Assert.Equal(TcpState.FinWait2, net.StateOf());
    }

    /// <summary>A socket that connects to itself opens simultaneously with itself.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_self_connect(bool ipv6)
    {
        Dialogue net = new(ipv6);
        TcpSocket socket = net.NewSocket();
        IpEndpoint own = new(net.HostAddress, 7777);
        Assert.Equal(Errno.OK, socket.Bind(own));
        Assert.Equal(Errno.EINPROGRESS, socket.Connect(net.Now, own));
        net.Drain();
        Assert.Equal(TcpState.Established, socket.State);
        Assert.Equal(own, socket.RemoteEndpoint);
        Assert.Equal(4, socket.Send(net.Now, "echo"u8).Value);
        net.AdvanceMs(100);
        byte[] buffer = new byte[10];
        Assert.Equal(4, socket.Receive(net.Now, buffer).Value);
        Assert.Equal("echo"u8.ToArray(), buffer[..4]);
        socket.Close(net.Now);
        net.Advance(Duration.FromSeconds(61));
        Assert.Equal("TIME-WAIT -> CLOSED (2MSL timeout)", net.TakeChanges()[^1]);
        Assert.Equal(0, net.Pool.Outstanding);
    }

    /// <summary>RFC 6528: M + F(4-tuple, secret).</summary>
    [Fact]
    [Departs("MUST-8", "linux")]
    [Trait("RFC9293", "MUST-9")]
    [Trait("RFC9293", "SHLD-1")]
    public void The_ISN_differs_per_4_tuple_grows_with_time_and_follows_from_the_secret()
    {
        uint first = IsnOf(secret: 1, port: 5000, afterMicroseconds: 0);
        Assert.Equal(first, IsnOf(1, 5000, 0));
        Assert.NotEqual(first, IsnOf(1, 5001, 0));
        Assert.NotEqual(first, IsnOf(2, 5000, 0));
        Assert.Equal(1_000_000u, unchecked(IsnOf(1, 5000, 64_000) - first)); // one step each 64 ns
        HashSet<uint> seen = [];
        for (ushort port = 1; port <= 1000; port++)
        {
            seen.Add(IsnOf(1, port, 0));
        }

        Assert.Equal(1000, seen.Count);
    }

    [Fact]
    public void The_scenario_may_set_the_ISN_of_both_ends()
    {
        Dialogue net = new();
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.Peer.Expect(SynAck(Iss, Irs + 1));
        ScriptedPeer other = net.AddPeer(5001);
        TcpSocket socket = net.NewSocket();
        socket.SetInitialSequenceNumber(uint.MaxValue);
        socket.Connect(net.Now, other.Endpoint);
        other.Expect(Syn(uint.MaxValue));
        other.Send(SynAck(Irs, 0)); // numbers wrap
        other.Expect(Ack(0, Irs + 1));
    }

    private static uint IsnOf(ulong secret, ushort port, long afterMicroseconds)
    {
        Dialogue net = new(secret: secret);
        net.Advance(Duration.FromMicroseconds(afterMicroseconds));
        ScriptedPeer peer = port == PeerPort ? net.Peer : net.AddPeer(port);
        TcpSocket socket = net.NewSocket();
        socket.Bind(new IpEndpoint(net.HostAddress, HostPort));
        socket.Connect(net.Now, peer.Endpoint);
        return peer.Expect(Syn()).Seq!.Value;
    }
}
