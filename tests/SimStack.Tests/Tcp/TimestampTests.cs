using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>The timestamps option: echo rules (RFC 7323 §4.3), PAWS (§5), and peers without it.</summary>
public sealed class TimestampTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>TSval, offset and length of segments in a row, and the TSecr of the ACK that the last one causes.</summary>
    [Theory]
    [InlineData(new[] { 10, 0, 100 }, 10)]
    [InlineData(new[] { 10, 0, 100, 11, 100, 100 }, 11)]
    [InlineData(new[] { 10, 0, 100, 12, 200, 100 }, 10)] // beyond a hole: the last in order is echoed
    [InlineData(new[] { 10, 0, 100, 12, 200, 100, 11, 100, 100 }, 11)] // the hole is filled by an older one
    [InlineData(new[] { 10, 0, 100, 12, 50, 100 }, 12)] // overlaps what was acknowledged
    public void The_timestamp_of_what_was_expected_next_is_echoed(int[] segments, uint echo)
    {
        Dialogue net = Established();
        SegmentPattern? ack = null;
        for (int i = 0; i < segments.Length; i += 3)
        {
            net.Peer.Send(Data(Next + (uint)segments[i + 1], First, segments[i + 2]).Ts((uint)segments[i], 0));
            ack = net.Peer.Take() ?? ack;
        }

        net.AdvanceMs(50);
        Assert.Equal(echo, (net.Peer.Take() ?? ack)!.TsEcr);
    }

    /// <summary>With TS.Recent 1000: TSval, what kind of segment, whether it is taken.</summary>
    [Theory]
    [InlineData(1000, "data", true)]
    [InlineData(999, "data", true)] // Linux: TCP_PAWS_WINDOW
    [InlineData(998, "data", false)]
    [InlineData(1001, "data", true)]
    [InlineData(0x7FFF_FFFF + 1000L, "data", true)]
    [InlineData(0x8000_0000 + 1000L, "data", false)] // half the circle ahead is behind
    [InlineData(999, "RST", true)] // §5.2: exempt
    [InlineData(998, "FIN", false)]
    public void PAWS_refuses_what_is_older_than_the_last_timestamp(long value, string kind, bool taken)
    {
        Dialogue net = Established(1000);
        SegmentPattern segment = kind switch
        {
            "RST" => Rst(Next),
            "FIN" => Fin(Next, First),
            _ => Data(Next, First, 10),
        };
        net.Peer.Send(segment.Ts(unchecked((uint)value), 0));
        bool had = kind switch
        {
            "RST" => net.Socket.State is TcpState.Closed,
            "FIN" => net.Socket.State is TcpState.CloseWait,
            _ => net.Socket.ReadableCount == 10,
        };
        Assert.Equal(taken, had);
        if (!taken)
        {
            net.Peer.Expect(Ack(First, Next).TsEcho(1000));
            Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpExtPAWSEstab]);
        }
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(25, true)]
    public void After_24_idle_days_any_timestamp_is_taken_and_becomes_the_one_to_echo(int days, bool taken)
    {
        Dialogue net = Established(1_000_000);
        net.Advance(Duration.FromSeconds(days * 24L * 3600));
        net.Peer.Send(Data(Next, First, 10).Ts(5, 0));
        Assert.Equal(taken ? 10 : 0, net.Socket.ReadableCount);
        net.AdvanceMs(50);
        net.Peer.Expect(Ack(First, taken ? Next + 10 : Next).TsEcho(taken ? 5u : 1_000_000));
        if (taken)
        {
            net.Peer.Send(Data(Next + 10, First, 10).Ts(6, 0));
            Assert.Equal(20, net.Socket.ReadableCount);
        }
    }

    [Fact]
    public void A_duplicate_ACK_that_was_overtaken_is_no_old_segment()
    {
        Dialogue net = Established(1000);
        net.Peer.Send(Ack(Next, First).Ts(990, 0));
        net.Peer.ExpectNothing();
        Assert.Equal(0, net.Host.Counters[SnmpCounter.TcpExtPAWSEstab]);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Without_the_option_on_both_SYNs_no_segment_has_it(bool ours, bool theirs)
    {
        Dialogue net = new(settings: s => s.Timestamps = ours);
        net.Connect();
        SegmentPattern syn = net.Peer.Expect(Syn(Iss));
        Assert.Equal(ours, syn.HasTimestamps);
        SegmentPattern synAck = SynAck(Irs, First).Mss(1000);
        net.Peer.Send(theirs ? synAck.Ts(1, 0) : synAck);
        net.Peer.Expect(Ack(First, Next).NoTs());
        net.Socket.Send(net.Now, Bytes(First, 1000));
        net.Peer.Expect(Data(First, Next, 1000).NoTs());
    }

    [Fact]
    public void Every_segment_has_the_option_once_agreed_and_time_passes_in_it()
    {
        Dialogue net = Established();
        net.Socket.Send(net.Now, Bytes(First, 10));
        uint value = net.Peer.Expect(Data(First, Next, 10).TsEcho(1)).TsVal!.Value;
        net.AdvanceMs(201);
        Assert.InRange(net.Peer.Expect(Data(First, Next, 10).TsEcho(1)).TsVal!.Value, value + 200, value + 201);
        net.Peer.Send(Data(Next, First + 10, 10)); // without: Linux takes it
        Assert.Equal(10, net.Socket.ReadableCount);
        net.Peer.Expect(Ack(First + 10, Next + 10).TsEcho(1));
        net.Socket.Abort(net.Now);
        net.Peer.Expect(RstAck(First + 10, Next + 10).TsEcho(1));
    }

    private static Dialogue Established(uint recent = 1)
    {
        Dialogue net = new();
        net.EstablishPassively(Syn().Mss(1000).Ts(recent, 0));
        return net;
    }

    /// <summary>The handshake's last segment echoes what a SYN-ACK had, or nothing (Linux since 6.15: tcp_check_req).</summary>
    [Theory]
    [InlineData("linux", 0, true)]
    [InlineData("linux", 1, false)]
    [InlineData("linux", -1, false)]
    [InlineData("linux", null, true)]
    [InlineData("rfc9293", 5, true)]
    public void A_handshake_is_not_completed_by_a_foreign_echo(string profile, int? beside, bool completes)
    {
        Profile.TryGet(profile, out Profile chosen);
        Dialogue net = new(profile: chosen);
        net.Listen();
        net.Peer.Send(Syn(Irs).Mss(1000).Ts(700, 0));
        uint echo = net.Peer.Expect(SynAck(Iss, Irs + 1)).TsVal!.Value;
        net.Peer.Send(Ack(Irs + 1, Iss + 1).Ts(700, beside is { } offset ? unchecked(echo + (uint)offset) : 0));
        Assert.Equal(completes ? Errno.OK : Errno.EAGAIN, net.Listener.Accept(net.Now, out _));
        Assert.Equal(completes ? 0 : 1, net.Host.Counters[SnmpCounter.TcpExtTSEcrRejected]);
        if (!completes)
        {
            net.Peer.Expect(Ack(Iss + 1, Irs + 1));
        }
    }

    /// <summary>net.ipv4.tcp_timestamps 1: each peer's begin elsewhere; 2: one clock for all.</summary>
    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public void Timestamps_have_an_offset_for_each_peer_unless_told(string mode, bool same)
    {
        HashSet<uint> first = [];
        Dialogue net = new(settings: s => Assert.True(s.TrySet("net.ipv4.tcp_timestamps", mode, out _)));
        net.Listen();
        for (int i = 0; i < 5; i++)
        {
            IpAddress address = IpAddress.FromV4(192, 0, 2, (byte)(10 + i));
            net.Host.AddRoute(address, 32, net.PeerAddress, net.Interface);
            ScriptedPeer peer = net.AddPeer(new IpEndpoint(address, PeerPort));
            peer.Send(Syn(Irs).Mss(1000).Ts(700, 0));
            first.Add(peer.Expect(SynAck()).TsVal!.Value);
        }

        Assert.Equal(same ? 1 : 5, first.Count);
    }
}
