using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>Shows how a dialogue is written, and that it can fail.</summary>
public sealed class DialogueTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_passive_open_data_and_close(bool ipv6)
    {
        Dialogue net = new(ipv6);
        ScriptedPeer peer = net.Peer;
        net.Listen();
        peer.Send(Syn(seq: Irs).Mss(1460).SackOk().Scale(7).Ts(5, 0));
        SegmentPattern synAck = peer.Expect(SynAck(seq: Iss, ack: Irs + 1).Mss(ipv6 ? 1440 : 1460).TsEcho(5).SackOk());
        peer.Send(Ack(Irs + 1, Iss + 1).Ts(6, synAck.TsVal!.Value));
        peer.ExpectNothing();
        net.Accept();
        peer.Send(Data(Irs + 1, Iss + 1, "hello").Ts(7, synAck.TsVal!.Value));
        peer.Expect(Ack(Iss + 1, Irs + 6).TsEcho(7));
        net.Socket.Close(net.Now); // unread data
        peer.Expect(RstAck(Iss + 1, Irs + 6));
        Assert.Equal(TcpState.Closed, net.StateOf());
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Fact]
    public void An_active_open_and_a_close_by_the_peer()
    {
        Dialogue net = new();
        net.EstablishActively();
        net.Peer.Send(Fin(Irs + 1, Iss + 1));
        // Nothing else ever came: Linux waits for its next tick only.
        net.AdvanceMs(4);
        net.Peer.ExpectAt(4, Ack(Iss + 1, Irs + 2));
        net.Socket.Close(net.Now);
        net.Peer.Expect(Fin(Iss + 1, Irs + 2));
        net.Peer.Send(Ack(Irs + 2, Iss + 2));
        net.Peer.ExpectNothing();
        Assert.Equal(
            ["CLOSED -> SYN-SENT (OPEN)", "SYN-SENT -> ESTABLISHED (rcv SYN,ACK)", "ESTABLISHED -> CLOSE-WAIT (rcv FIN)",
                "CLOSE-WAIT -> LAST-ACK (CLOSE)", "LAST-ACK -> CLOSED (rcv ACK of FIN)"],
            net.TakeChanges());
    }

    [Fact]
    public void Each_field_of_a_pattern_is_looked_at()
    {
        SegmentPattern got = (Data(1, 2, "abc").Win(10).Mss(5).Scale(3).SackOk().Ts(8, 9).Sack(1, 2).Push() with { UrgentPointer = 0 })
            .With(TcpFlags.Psh);
        Assert.Null(got.Difference(got));
        Assert.Null(Bare(TcpFlags.Ack).Difference(got));
        (SegmentPattern Pattern, string Field)[] wrong =
        [
            (Bare(TcpFlags.Fin), "control bits"), (Bare(TcpFlags.Ack).Push(false), "control bits"), (Bare(TcpFlags.Ack, 7), "seq"),
            (Bare(TcpFlags.Ack, 1, 7), "ack"), (Data(1, 2, 4), "length"), (Data(1, 2, "abd"), "data"), (Bare(TcpFlags.Ack).Win(1), "window"),
            (Bare(TcpFlags.Ack).Mss(1), "mss"), (Bare(TcpFlags.Ack).Scale(-1), "scale"), (Bare(TcpFlags.Ack).SackOk(false), "SACK permitted"),
            (Bare(TcpFlags.Ack).NoTs(), "timestamps"), (Bare(TcpFlags.Ack).Ts(1, 9), "TSval"), (Bare(TcpFlags.Ack).TsEcho(1), "TSecr"),
            (Bare(TcpFlags.Ack).Sack(), "SACK blocks"),
        ];
        foreach ((SegmentPattern pattern, string field) in wrong)
        {
            Assert.Equal(field, pattern.Difference(got));
        }
    }
}
