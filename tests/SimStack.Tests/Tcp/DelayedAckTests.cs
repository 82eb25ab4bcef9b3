using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tests.Rfc9293;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>When an acknowledgement leaves (RFC 9293 §3.8.6.3, RFC 5681 §4.2; Linux's quick ACKs and pingpong).</summary>
public sealed class DelayedAckTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;
    private readonly byte[] _buffer = new byte[100_000];

    [Fact]
    public void Linux_acknowledges_the_first_segments_at_once_and_then_every_second_full_one()
    {
        Dialogue net = Established();
        int each = 0, pairs = 0;
        for (uint i = 0; i < 60; i++)
        {
            net.Peer.Send(Data(Next + i * 1460, First, 1460));
            net.Socket.Receive(net.Now, _buffer);
            (each, pairs) = net.Peer.Take() is not null ? (each + (i < 16 ? 1 : 0), pairs + (i >= 30 ? 1 : 0)) : (each, pairs);
        }

        Assert.InRange(each, 15, 16);
        Assert.InRange(pairs, 14, 16);
    }

    [Fact]
    [Trait("RFC9293", "SHLD-18")]
    [Trait("RFC9293", "MUST-40")]
    public void A_lone_segment_waits_40_ms_once_the_quick_ACKs_are_spent()
    {
        Dialogue net = Quickless();
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        double start = net.Now.Nanoseconds / 1e6;
        long before = net.Host.Counters[SnmpCounter.TcpExtDelayedACKs];
        net.Peer.Send(Data(next, First, 100));
        net.AdvanceMs(39);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.ExpectAt(start + 40, Ack(First, next + 100), 0.1);
        Assert.Equal(before + 1, net.Host.Counters[SnmpCounter.TcpExtDelayedACKs]);
    }

    [Fact]
    [Trait("RFC9293", "SHLD-19")]
    public void The_second_full_segment_is_acknowledged_at_once()
    {
        Dialogue net = Quickless();
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        net.Peer.Send(Data(next, First, 1460));
        net.Socket.Receive(net.Now, _buffer);
        net.Peer.ExpectNothing();
        net.Peer.Send(Data(next + 1460, First, 1460));
        net.Socket.Receive(net.Now, _buffer);
        net.Peer.Expect(Ack(First, next + 2920));
        net.Peer.ExpectNothing();
    }

    [Fact]
    [Requirement("SHLD-19", In = "rfc9293")]
    [Requirement("MUST-40", In = "rfc9293")]
    public void The_RFCs_profile_acknowledges_every_second_full_segment_and_waits_less_than_half_a_second()
    {
        Dialogue net = Established(Profile.Rfc9293);
        for (uint i = 0; i < 10; i += 2)
        {
            net.Peer.Send(Data(Next + i * 1460, First, 1460));
            net.Peer.ExpectNothing();
            net.Peer.Send(Data(Next + (i + 1) * 1460, First, 1460));
            net.Peer.Expect(Ack(First, Next + (i + 2) * 1460));
        }

        double start = net.Now.Nanoseconds / 1e6;
        net.Peer.Send(Data(Next + 14_600, First, 1));
        net.AdvanceMs(499);
        Assert.InRange(net.Peer.Expect(Ack(First, Next + 14_601)).At.Nanoseconds / 1e6 - start, 1, 499);
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("rfc9293")]
    [Trait("RFC9293", "MUST-59")]
    public void Out_of_order_and_filling_a_hole_are_acknowledged_at_once(string profile)
    {
        Assert.True(Profile.TryGet(profile, out Profile chosen));
        Dialogue net = Established(chosen);
        net.Peer.Send(Data(Next + 100, First, 100));
        net.Peer.Expect(Ack(First, Next));
        net.Peer.Send(Data(Next + 200, First, 100));
        net.Peer.Expect(Ack(First, Next));
        net.Peer.Send(Data(Next, First, 50));
        net.Peer.Expect(Ack(First, Next + 50));
        net.Peer.Send(Data(Next + 50, First, 50));
        net.Peer.Expect(Ack(First, Next + 300));
        net.Peer.Send(Data(Next + 250, First, 50)); // again
        net.Peer.Expect(Ack(First, Next + 300));
    }

    [Fact]
    public void An_answer_within_the_delay_carries_the_ACK()
    {
        Dialogue net = Quickless();
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        net.Peer.Send(Data(next, First, 100));
        net.AdvanceMs(10);
        net.Socket.Receive(net.Now, _buffer.AsSpan(0, 50)); // not all of it: reading the last of it would acknowledge
        net.Socket.Send(net.Now, "answer"u8);
        net.Peer.Expect(Data(First, next + 100, 6));
        net.AdvanceMs(45);
        net.Peer.ExpectNothing();
    }

    [Fact]
    public void TCP_QUICKACK_pays_what_is_owed_and_pingpong_delays_again()
    {
        Dialogue net = Established();
        net.Socket.SetOption(net.Now, SocketOption.TCP_QUICKACK, 0);
        net.Peer.Send(Data(Next, First, 10));
        net.Peer.ExpectNothing();
        net.Socket.SetOption(net.Now, SocketOption.TCP_QUICKACK, 1);
        net.Peer.Expect(Ack(First, Next + 10));
        net.Peer.Send(Data(Next + 10, First, 10));
        net.Peer.Expect(Ack(First, Next + 20));
    }

    [Fact]
    public void Reading_the_last_of_a_small_segment_acknowledges_it()
    {
        Dialogue net = Quickless();
        uint next = net.Socket.Connection!.Rcv.Nxt.Value;
        net.Peer.Send(Data(next, First, 100).Push());
        net.Peer.ExpectNothing();
        net.Socket.Receive(net.Now, _buffer);
        net.Peer.Expect(Ack(First, next + 100));
    }

    private static Dialogue Established(Profile? profile = null)
    {
        Dialogue net = new(profile: profile);
        net.EstablishPassively();
        return net;
    }

    /// <summary>Sixteen segments further on, when the quick ACKs are spent.</summary>
    private Dialogue Quickless()
    {
        Dialogue net = Established();
        for (int i = 0; i < 40; i++)
        {
            net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, 1460));
            net.Socket.Receive(net.Now, _buffer);
        }

        net.AdvanceMs(100);
        net.Peer.Ignore();
        return net;
    }
}
