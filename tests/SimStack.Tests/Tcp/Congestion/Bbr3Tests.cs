using System.Buffers.Binary;
using SimStack.Tcp.Congestion;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>BBRv3 by draft-ietf-ccwg-bbr: the draft's example test cases on one bottleneck, and its formulas.</summary>
public sealed class Bbr3Tests
{
    /// <summary>Exiting STARTUP on Bandwidth Plateau; Exiting DRAIN Based on Inflight: the estimate is within 2 % of the path.</summary>
    [Theory]
    [InlineData(120, 40_000)]
    [InlineData(1200, 10_000)]
    [InlineData(12, 5_000)]
    public void Bandwidth_and_least_RTT_are_the_path_s(int service, int delay)
    {
        Bottleneck path = new() { Service = service, Delay = delay };
        Bbr3 bbr = new();
        Bottleneck.Sender sender = path.Add(bbr);
        List<Bbr3Mode> modes = [];
        path.Run(4_000_000, () =>
        {
            if (modes.Count == 0 || modes[^1] != bbr.Mode)
            {
                modes.Add(bbr.Mode);
            }
        });
        double rate = 1448 * 1e6 / service;
        Assert.InRange(BinaryPrimitives.ReadUInt64LittleEndian(sender.Info), 0.98 * rate, 1.02 * rate);
        Assert.InRange(BinaryPrimitives.ReadUInt32LittleEndian(sender.Info.AsSpan(8)), (uint)(delay + service), (uint)(delay + 2 * service));
        Assert.Equal(
            [
                Bbr3Mode.Startup, Bbr3Mode.Drain, Bbr3Mode.ProbeBandwidthCruise, Bbr3Mode.ProbeBandwidthRefill, Bbr3Mode.ProbeBandwidthUp,
                Bbr3Mode.ProbeBandwidthDown,
            ],
            modes.Take(6)); // After Drain it is down only until the same ACK's end.
        Assert.Equal(0, sender.Reductions);
    }

    [Fact]
    public void It_fills_the_path_and_not_the_queue()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000 };
        Bottleneck.Sender sender = path.Add(new Bbr3());
        path.Run(3_000_000);
        long before = sender.Acknowledged;
        (long sum, int count) = (0, 0);
        path.Run(12_000_000, () =>
        {
            sum += path.Waiting;
            count++;
        });

        Assert.InRange(sender.Acknowledged - before, 0.95 * 12_000_000 / 120, 12_000_000 / 120 + 1);
        Assert.InRange(sum / count, 0, 40_000 / 120 / 2);
    }

    /// <summary>Entering and Exiting PROBE_RTT: every five seconds, half of the product in flight for 200 ms, then cruising.</summary>
    [Fact]
    public void The_queue_is_emptied_to_see_the_RTT()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000 };
        Bbr3 bbr = new();
        Bottleneck.Sender sender = path.Add(bbr);
        List<(long From, long To)> probes = [];
        bool probing = false;
        Bbr3Mode after = default;
        path.Run(30_000_000, () =>
        {
            if (bbr.Mode is Bbr3Mode.ProbeRtt)
            {
                probes = probing ? [.. probes.SkipLast(1), (probes[^1].From, path.Now)] : [.. probes, (path.Now, path.Now)];
                Assert.InRange(sender.State.Window, 4, (40_000 / 120 + 2) / 2 + 2);
            }
            else if (probing)
            {
                after = bbr.Mode;
            }

            probing = bbr.Mode is Bbr3Mode.ProbeRtt;
        });

        Assert.InRange(probes.Count, 4, 6);
        Assert.All(probes, probe => Assert.InRange(probe.To - probe.From, 200_000, 400_000));
        Assert.All(probes.Zip(probes.Skip(1)), pair => Assert.InRange(pair.Second.From - pair.First.From, 5_000_000, 5_700_000));
        Assert.Equal(Bbr3Mode.ProbeBandwidthCruise, after);
    }

    /// <summary>A shallow queue: losses stay near the threshold of 2 % in a probe, far below it on the average, and the link is used.</summary>
    [Fact]
    public void A_shallow_queue_bounds_what_is_in_flight()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000, Limit = 60 };
        Bbr3 bbr = new();
        Bottleneck.Sender sender = path.Add(bbr);
        path.Run(5_000_000);
        (long before, uint lost) = (sender.Acknowledged, sender.Lost);
        path.Run(30_000_000);
        long delivered = sender.Acknowledged - before;
        Assert.InRange(delivered, 0.9 * 30_000_000 / 120, 30_000_000 / 120 + 1);
        Assert.InRange((sender.Lost - lost) / (double)delivered, 0, 0.01);
        Assert.InRange(bbr.LongTermInflight, 40_000 / 120 * 7 / 10, 40_000 / 120 + 90);
    }

    /// <summary>1 % of loss at random is below the threshold: it costs little.</summary>
    [Fact]
    public void Random_loss_below_the_threshold_is_no_reason_to_slow_down()
    {
        uint seed = 7;
        Bottleneck path = new()
        {
            Service = 120,
            Delay = 40_000,
            Limit = 400,
            Loses = _ => (seed = unchecked(seed * 1664525 + 1013904223)) >> 16 < 655,
        };
        Bottleneck.Sender sender = path.Add(new Bbr3());
        path.Run(20_000_000);
        Assert.InRange(sender.Acknowledged, 0.75 * 20_000_000 / 120, 20_000_000 / 120);
    }

    /// <summary>Increasing, and decreasing, Bandwidth 10x: it is found within a few cycles.</summary>
    [Theory]
    [InlineData(1200, 120, 12)]
    [InlineData(120, 1200, 30)]
    public void Another_bandwidth_is_found(int first, int then, int seconds)
    {
        Bottleneck path = new() { Service = first, Delay = 40_000, Limit = 500 };
        Bottleneck.Sender sender = path.Add(new Bbr3());
        path.Run(6_000_000);
        path.Service = then;
        path.Run(seconds * 1_000_000L);
        double rate = 1448 * 1e6 / then;
        Assert.InRange(BinaryPrimitives.ReadUInt64LittleEndian(sender.Info), 0.95 * rate, 1.05 * rate);
    }

    /// <summary>Correctly Managing Sub-Packet BDPs: four segments are always allowed.</summary>
    [Fact]
    public void The_window_never_falls_below_four()
    {
        Bottleneck path = new() { Service = 20_000, Delay = 1000 };
        Bottleneck.Sender sender = path.Add(new Bbr3());
        int least = int.MaxValue;
        path.Run(30_000_000, () => least = Math.Min(least, sender.State.Window));
        Assert.Equal(4, least);
        Assert.InRange(sender.Acknowledged, 0.93 * 30_000_000 / 20_000, 30_000_000 / 20_000);
    }

    /// <summary>Two flows share, though one began later.</summary>
    [Fact]
    public void Two_flows_share()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000, Limit = 400 };
        Bottleneck.Sender first = path.Add(new Bbr3());
        path.Run(5_000_000);
        Bottleneck.Sender second = path.Add(new Bbr3());
        path.Run(20_000_000);
        (long a, long b) = (first.Acknowledged, second.Acknowledged);
        path.Run(40_000_000);
        (double x, double y) = (first.Acknowledged - a, second.Acknowledged - b);
        Assert.InRange((x + y) * (x + y) / (2 * (x * x + y * y)), 0.9, 1);
    }

    /// <summary>Handling Loss During PROBE_UP; then the same undone: the bound goes, and the probe begins again.</summary>
    [Fact]
    public void A_probe_that_loses_too_much_ends_and_a_spurious_one_comes_back()
    {
        (Bbr3 bbr, CongestionContext context, CongestionState state) = InProbeUp();
        int inflight = 200;
        context.Lost += 5;
        bbr.SegmentLost(ref state, context, Lost(1, context.Lost - 5, inflight));
        Assert.Equal(Bbr3Mode.ProbeBandwidthDown, bbr.Mode);

        // (0.02 * 199 - 4) / 0.98 is none of this packet: 199 were safe.
        Assert.Equal(199, bbr.LongTermInflight);
        state.Phase = CongestionPhase.Recovery;
        bbr.WindowAfterUndo(ref state, context);
        Assert.Equal((Bbr3Mode.ProbeBandwidthRefill, int.MaxValue), (bbr.Mode, bbr.LongTermInflight));
    }

    /// <summary>LossThresh is 2 %: not reached, not passed, and without SACK any loss is too much.</summary>
    [Theory]
    [InlineData(4, 200, true, false)]
    [InlineData(5, 200, true, true)]
    [InlineData(1, 200, true, false)]
    [InlineData(1, 200, false, true)]
    public void The_threshold_of_loss(int lost, int inflight, bool sack, bool tooHigh)
    {
        (Bbr3 bbr, CongestionContext context, CongestionState state) = InProbeUp();
        context.HasSack = sack;
        context.Lost += (uint)lost;
        bbr.SegmentLost(ref state, context, Lost(1, context.Lost - (uint)lost, inflight));
        Assert.Equal(tooHigh, bbr.Mode is Bbr3Mode.ProbeBandwidthDown);
    }

    [Fact]
    public void Its_gains_are_the_draft_s()
    {
        CongestionContext context = new() { SmoothedRtt8 = 80_000, Mss = 1448 };
        CongestionState state = new() { Window = 10, Clamp = int.MaxValue };
        Bbr3 bbr = new();
        bbr.Initialize(ref state, context);
        byte[] info = new byte[20];
        bbr.WriteInfo(info, context);
        Assert.Equal((710, 512), (BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(12)), BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(16))));
        Assert.True(context.NeedsPacing);

        // 10 segments of 1448 bytes in 10 ms, times 2.77, less a hundredth.
        Assert.InRange(state.PacingRate, 0.98 * 1_448_000 * 2.77, 1.0 * 1_448_000 * 2.78);
    }

    private static LostSegment Lost(uint seq, uint lostThen, int inflight) => new()
    {
        Seq = new SequenceNumber(seq),
        End = new SequenceNumber(seq + 1),
        Stamp = DeliveryStamp.Of(0, new DeliveryRate { Lost = lostThen }, inflight),
    };

    /// <summary>On a path of 333 segments; what comes then is the test's.</summary>
    private static (Bbr3 Bbr, CongestionContext Context, CongestionState State) InProbeUp()
    {
        Bottleneck path = new() { Service = 120, Delay = 40_000 };
        Bbr3 bbr = new();
        Bottleneck.Sender sender = path.Add(bbr);
        while (bbr.Mode is not Bbr3Mode.ProbeBandwidthUp)
        {
            path.Run(1000);
        }

        CongestionContext context = new()
        {
            Now = new Instant(path.Now * 1000),
            HasSack = true,
            Mss = 1448,
            Delivered = (uint)sender.Acknowledged,
            SegmentsInFlight = 300,
        };
        CongestionState state = sender.State;
        state.Window = 250; // Seven tenths of it bound the bound from below.
        return (bbr, context, state);
    }
}
