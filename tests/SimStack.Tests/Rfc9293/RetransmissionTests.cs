using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.8.1 to §3.8.3: the retransmission timer, congestion control, connection failures.</summary>
public sealed class RetransmissionTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>The acknowledgement of a segment that was sent twice measures nothing (RFC 6298 §3).</summary>
    [Theory, InProfiles]
    [Requirement("MUST-18")]
    public void Karn_no_sample_from_a_retransmitted_segment(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.AdvanceMs(50);
        net.Peer.Send(Ack(Next, First + 10));
        long before = net.Socket.GetInfo(net.Now).Rtt;
        net.Write(10);
        net.AdvanceMs(5000);
        Assert.True(net.Peer.TakeAll().Count >= 3);
        net.Peer.Send(Ack(Next, First + 20));
        Assert.Equal(before, net.Socket.GetInfo(net.Now).Rtt);
        net.Write(10);
        net.AdvanceMs(90);
        net.Peer.Send(Ack(Next, First + 30));
        Assert.True(net.Socket.GetInfo(net.Now).Rtt > before); // one that was sent once does
    }

    [Theory, InProfiles]
    [Requirement("MUST-19")]
    public void Backoff_is_exponential(string profile)
    {
        Dialogue net = Named.Established(profile, settings: s => s.EarlyRetransmit = 0);
        net.Write(10);
        net.AdvanceMs(20_000);
        double[] at = [.. net.Peer.TakeAll().Select(segment => segment.At.Nanoseconds / 1e6)];
        Assert.True(at.Length >= 4);
        for (int i = 3; i < at.Length; i++)
        {
            Assert.Equal(2, (at[i] - at[i - 1]) / (at[i - 1] - at[i - 2]), 3);
        }
    }

    /// <summary>Slow start doubles the window in a round trip; behind the threshold it grows by about a segment.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-19")]
    public void Slow_start_and_congestion_avoidance(string profile)
    {
        Dialogue net = Named.Established(profile, settings: s => s.InitialWindowSegments = 4);
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUFFORCE, 2_000_000);
        net.Socket.SetOption(net.Now, SocketOption.TCP_NODELAY, 1);
        net.Write(500_000);
        uint una = First;
        Assert.Equal(4, Round(net, ref una));
        Assert.Equal(8, Round(net, ref una));
        Assert.Equal(16, Round(net, ref una));

        net.AdvanceMs(3000); // nothing is acknowledged: the window collapses, the threshold is half of it (RFC 5681 §3.1)
        net.Peer.Ignore();
        int threshold = net.Socket.GetInfo(net.Now).SndSsthresh;
        Assert.InRange(threshold, 2, 24);
        Assert.Equal(1, net.Socket.GetInfo(net.Now).SndCwnd);
        una = net.Socket.Connection!.Snd.Nxt.Value;
        net.Peer.Send(Ack(Next, una));
        for (int i = 0; i < 12 && net.Socket.GetInfo(net.Now).SndCwnd < threshold; i++)
        {
            Round(net, ref una);
        }

        int before = net.Socket.GetInfo(net.Now).SndCwnd;
        Round(net, ref una);
        Round(net, ref una);
        Assert.InRange(net.Socket.GetInfo(net.Now).SndCwnd, before + 1, before + 4);
    }

    /// <summary>After a timeout RFC 5681 leaves half of what was in flight, RFC 9438 seven tenths of the window: ten segments here.</summary>
    [Theory, InProfiles]
    [Requirement("MAY-18")]
    public void Another_algorithm_can_be_chosen(string profile)
    {
        foreach ((string algorithm, int threshold) in new[] { ("reno", 5), ("cubic", 7) })
        {
            Dialogue net = Named.Established(profile, settings: s => s.EarlyRetransmit = 0);
            Assert.Equal(Errno.OK, net.Socket.SetCongestionControl(net.Now, algorithm));
            net.Write(10_000);
            net.AdvanceMs(1500);
            Assert.Equal(threshold, net.Socket.GetInfo(net.Now).SndSsthresh);
        }
    }

    /// <summary>§3.8.3 (a), (b): after R1 IP is told, and leaves a router that does not answer (RFC 1122 §3.3.1.4).</summary>
    [Theory, InProfiles]
    [Requirement("MUST-20")]
    [Requirement("SHLD-10")]
    [Departs("SHLD-10", "linux linux26")]
    public void After_R1_retransmissions_the_way_is_doubted(string profile)
    {
        Dialogue net = Routed(profile, out NeighbourTable neighbours);
        net.Advance(Duration.FromSeconds(40)); // the first router is not known to be there any more, and falls silent
        net.Socket.Send(net.Now, "x"u8);
        IpAddress second = IpAddress.Parse("10.0.0.254");
        for (int i = 0; i < 1000 && neighbours.Find(second) is null; i++)
        {
            net.AdvanceMs(100);
        }

        Assert.NotNull(neighbours.Find(second));
        Assert.Equal(TcpState.Established, net.Socket.State);
        // The last one takes the new way. Linux's R1 is the time of three retransmissions at the smallest RTO; this one's is 2.7 s.
        int before = net.Socket.GetInfo(net.Now).Retransmits - 1;
        Assert.Equal(profile is "linux" or "linux26" ? 1 : 3, before);
    }

    /// <summary>§3.8.3 (c).</summary>
    [Theory, InProfiles]
    [Requirement("MUST-20")]
    public void After_R2_the_connection_is_closed(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Advance(Duration.FromSeconds(3600));
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Theory, InProfiles]
    [Requirement("SHLD-11")]
    [Departs("SHLD-11", "windows")]
    public void R2_is_100_seconds_at_least(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Write(10);
        net.Advance(Duration.FromSeconds(100));
        Assert.Equal(profile == "windows" ? TcpState.Closed : TcpState.Established, net.Socket.State);
    }

    /// <summary>§3.8.3 (d): TCP_USER_TIMEOUT.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-21")]
    public void The_user_sets_R2(string profile)
    {
        foreach (int seconds in new[] { 8, 4000 })
        {
            Dialogue net = Named.Established(profile);
            net.Socket.SetOption(net.Now, SocketOption.TCP_USER_TIMEOUT, seconds * 1000);
            net.Write(10);
            net.Advance(Duration.FromSeconds(seconds - 1));
            Assert.Equal(TcpState.Established, net.Socket.State);
            net.Advance(Duration.FromSeconds(5));
            Assert.Equal(TcpState.Closed, net.Socket.State);
            Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
        }
    }

    /// <summary>§3.8.3 (e): with IP_RECVERR, between R1 and R2.</summary>
    [Theory, InProfiles]
    [Requirement("SHLD-9")]
    [Departs("SHLD-9", "linux linux26 windows freebsd")]
    public void The_user_is_told_when_R1_is_reached(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.Socket.SetOption(net.Now, SocketOption.IP_RECVERR, 1);
        net.Write(10);
        net.AdvanceMs(6900);
        Assert.Equal(0, net.Socket.QueuedErrors);
        net.AdvanceMs(2000); // RTOs of 1, 2 and 4 s are over
        Assert.Equal(TcpState.Established, net.Socket.State);
        if (profile != "rfc9293")
        {
            net.AdvanceMs(8000);
            Assert.Equal(0, net.Socket.QueuedErrors);
            return;
        }

        Assert.True((net.Socket.Poll() & PollEvents.POLLERR) != 0);
        Assert.Equal(Errno.OK, net.Socket.ReceiveError(out ExtendedError? error));
        Assert.Equal((Errno.ETIMEDOUT, ErrorOrigin.Local), (error!.Error, error.Origin));
        net.Advance(Duration.FromSeconds(20));
        Assert.Equal(0, net.Socket.QueuedErrors); // once
        net.Peer.Send(Ack(Next, First + 10));
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    /// <summary>A SYN is repeated, and given up with an error; R2 of a SYN is three minutes at least.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-22")]
    [Requirement("MUST-23")]
    [Departs("MUST-23", "linux linux26 windows freebsd")]
    public void A_SYN_is_repeated_until_R2(string profile)
    {
        double end = profile switch { "rfc9293" => 183, "linux" => 131, "linux26" => 63, "freebsd" => 75, _ => 21 };
        Dialogue net = Named.Dialogue(profile);
        net.Connect();
        net.AdvanceMs((long)(end * 1000) - 1);
        Assert.Equal(TcpState.SynSent, net.Socket.State);
        Assert.True(net.Peer.TakeAll().Count >= 3);
        net.AdvanceMs(1);
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    /// <summary>The SYN,ACK is a SYN segment too.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-23")]
    [Departs("MUST-23", "linux linux26 windows freebsd")]
    public void A_SYN_ACK_is_repeated_until_R2(string profile)
    {
        double end = profile switch { "rfc9293" => 183, "freebsd" => 15, "windows" => 21, _ => 63 };
        Dialogue net = Named.Dialogue(profile);
        net.Listen();
        net.Peer.Send(Syn(Irs));
        net.AdvanceMs((long)(end * 1000) - 1);
        Assert.Equal(TcpState.SynReceived, net.StateOf());
        Assert.True(net.Peer.TakeAll().Count >= 3);
        net.AdvanceMs(1);
        Assert.Equal(TcpState.Closed, net.StateOf());
    }

    /// <summary>A connection to a host 0.9 s away, with two default routers of the same metric; the first one answers at first.</summary>
    private static Dialogue Routed(string profile, out NeighbourTable neighbours)
    {
        Dialogue net = Named.Dialogue(profile, settings: s => s.EarlyRetransmit = 0);
        IpAddress first = IpAddress.Parse("10.0.0.253");
        net.Host.AddNeighbour(net.Interface, first, new MacAddress(0x0200_0000_0003));
        neighbours = net.Interface.Neighbours;
        neighbours.Find(first)!.State = NeighbourState.Reachable;
        neighbours.Find(first)!.Confirmed = net.Now;
        net.Host.Ip.Routes.AddDefault(first, net.Interface);
        net.Host.Ip.Routes.AddDefault(IpAddress.Parse("10.0.0.254"), net.Interface);
        ScriptedPeer far = net.AddPeer(new IpEndpoint(IpAddress.Parse("192.0.2.9"), 7));
        net.Connect(far);
        far.Expect(Syn(Iss));
        net.AdvanceMs(900);
        far.Send(SynAck(Irs, First).Mss(1000));
        far.Expect(Ack(First, Next));
        return net;
    }

    /// <summary>Acknowledges each segment that is there; the number of segments.</summary>
    private static int Round(Dialogue net, ref uint una)
    {
        net.AdvanceMs(50);
        List<SegmentPattern> segments = net.Peer.TakeAll();
        foreach (SegmentPattern segment in segments)
        {
            una = segment.Seq!.Value + (uint)segment.DataLength();
            net.Peer.Send(Ack(Next, una));
        }

        return segments.Count;
    }
}
