using SimStack.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp;

/// <summary>What a real Linux 6.18 kernel was seen to do: when timers fire, and which arrivals are acknowledged at once.</summary>
public sealed class KernelTimingTests
{
    /// <summary>At HZ 250: a tick more below 63 ticks, then half a slot of 8, 64, 512 ticks.</summary>
    [Theory]
    [InlineData(40, 250, 44)]
    [InlineData(220, 250, 224)]
    [InlineData(221, 250, 228)]
    [InlineData(300, 250, 316)]
    [InlineData(1000, 250, 1016)]
    [InlineData(2000, 250, 2016)]
    [InlineData(4000, 250, 4128)]
    [InlineData(32_000, 250, 33_024)]
    [InlineData(1000, 0, 1000)]
    public void Timers_fire_in_the_middle_of_their_slot(int delay, int hz, int fires) =>
        Assert.Equal(Duration.FromMilliseconds(fires), TimerWheel.Fires(Duration.FromMilliseconds(delay), hz));

    [Fact]
    public void A_setting_makes_the_retransmission_timer_late()
    {
        Dialogue net = new(settings: s => s.TimerHz = 250);
        net.Connect();
        net.Peer.Expect(Bare(TcpFlags.Syn));
        net.AdvanceMs(1015);
        net.Peer.ExpectNothing();
        net.AdvanceMs(2);
        net.Peer.ExpectAt(1016, Bare(TcpFlags.Syn), 0.1);
    }

    /// <summary>An RTO of 210 ms is one of 53 ticks: they double, and not the 210 ms. Each timer fires in the middle of its slot.</summary>
    [Fact]
    public void What_an_RTO_was_rounded_up_by_is_doubled_too()
    {
        Dialogue net = new(settings: s => (s.TimerHz, s.EarlyRetransmit) = (250, 0));
        net.Listen();
        net.Peer.Send(Syn().Mss(1460) with { Seq = Dialogue.Irs });
        net.Peer.Expect(SynAck(Dialogue.Iss, Dialogue.Irs + 1));
        net.AdvanceMs(10);
        net.Peer.Send(Ack(Dialogue.Irs + 1, Dialogue.Iss + 1));
        net.Accept();
        Assert.Equal(212_000, net.Socket.GetInfo(net.Now).Rto);
        net.Socket.Send(net.Now, new byte[100]);
        SegmentPattern data = Data(Dialogue.Iss + 1, Dialogue.Irs + 1, 100);
        int time = 10;
        foreach (int wait in (int[])[0, 216, 440, 864])
        {
            net.AdvanceMs(wait);
            time += wait;
            net.Peer.ExpectAt(time, data, 0.1);
        }

        Assert.Equal(8 * 212_000, net.Socket.GetInfo(net.Now).Rto);
    }

    [Fact]
    public void While_the_window_grows_each_segment_is_acknowledged_and_costs_no_quick_ACK()
    {
        // 16 quick ACKs, and one for each of the five segments that let the window grow up to what the buffer holds.
        Dialogue net = new();
        net.EstablishPassively(Syn().Mss(1460).Scale(10).Ts(1, 0));
        int acknowledged = 0;
        for (int i = 0; i < 30; i++)
        {
            net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, Dialogue.Iss + 1, 1448).Ts(2, 0));
            for (; net.Peer.Take() is not null; acknowledged++)
            {
            }
        }

        Assert.Equal(21, acknowledged);
    }
}
