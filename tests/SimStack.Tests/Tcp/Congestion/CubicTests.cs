using SimStack.Tcp.Congestion;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>CUBIC by Linux's integers, and against RFC 9438's formulas.</summary>
public sealed class CubicTests
{
    /// <summary>What the kernel's table and one step of Newton's give.</summary>
    [Theory]
    [InlineData(0UL, 0U)]
    [InlineData(1UL, 1U)]
    [InlineData(7UL, 2U)]
    [InlineData(63UL, 4U)]
    [InlineData(64UL, 4U)]
    [InlineData(1000UL, 10U)]
    [InlineData(1_000_000_000_000UL, 9999U)]
    [InlineData(1UL << 40, 10_323U)]
    [InlineData((1UL << 63) - 1, 2_097_068U)]
    public void The_cube_root(ulong of, uint root) => Assert.Equal(root, CubicCurve.Root(of));

    /// <summary>RFC 9438 §4.2, figure 2: K is the cube root of what is missing over C, here in 1/1024 s.</summary>
    [Theory]
    [InlineData(1U, 1388U)]
    [InlineData(30U, 4316U)]
    [InlineData(100_000U, 64_487U)]
    public void The_time_to_the_plateau(uint missing, uint time)
    {
        Assert.Equal(time, CubicCurve.TimeToPlateau(missing));
        Assert.Equal(Math.Cbrt(missing / 0.4) * 1024, time, 0.003 * time + 1);
    }

    /// <summary>At the plateau the curve has caught up, one segment short at most for the rounding.</summary>
    [Theory]
    [InlineData(10U)]
    [InlineData(300U)]
    [InlineData(30_000U)]
    public void The_curve_ends_at_the_plateau(uint missing) =>
        Assert.InRange(CubicCurve.Distance(CubicCurve.TimeToPlateau(missing)), missing - 1 - missing / 100, missing + missing / 100);

    /// <summary>RFC 9438 §4.6: beta is 0.7; §4.7: a second loss below the last maximum gives way.</summary>
    [Fact]
    public void A_loss_takes_three_tenths()
    {
        CongestionContext context = new();
        CongestionState state = new() { Window = 100, Threshold = int.MaxValue, Clamp = int.MaxValue };
        Cubic cubic = new();
        cubic.Initialize(ref state, context);
        Assert.Equal(70, cubic.ThresholdAfterLoss(ref state, context));
        state.Window = 2;
        Assert.Equal(2, cubic.ThresholdAfterLoss(ref state, context));
    }

    /// <summary>
    /// One loss at 100 segments, RTT 200 ms: after t seconds the window is W(t + RTT) = 0.4 (t + RTT - K)³ + 100, K = (30/0.4)^(1/3) = 4.2 s.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(12)]
    public void The_window_follows_the_curve(int seconds)
    {
        bool lost = false;
        Bottleneck.Sender? sender = null;
        Bottleneck path = new()
        {
            Service = 50,
            Delay = 200_000,
            Loses = _ => !lost && sender!.State.Window >= 100 && (lost = true),
        };
        path.Sysctls.CubicHystart = false;
        path.Sysctls.CubicFriendliness = false;
        sender = path.Add(new Cubic());
        while (sender.Reductions == 0)
        {
            path.Run(10_000);
        }

        int maximum = (int)Math.Round(sender.State.Threshold / 0.7);
        long start = path.Now;
        while (sender.State.Phase is not CongestionPhase.Open)
        {
            path.Run(1000);
        }

        // The curve begins with the first ACK after recovery.
        path.Run(seconds * 1_000_000L);
        double k = Math.Cbrt(maximum * 0.3 / 0.4);
        double expected = 0.4 * Math.Pow(seconds - k, 3) + maximum;
        Assert.InRange(path.Now - start, seconds * 1_000_000L, seconds * 1_000_000L + 500_000);
        Assert.InRange(sender.State.Window, expected * 0.96 - 1, expected * 1.04 + 1);
    }

    /// <summary>
    /// RFC 9438 §4.3: on a short path the window is at least what Reno's would be, and the link is full.
    /// </summary>
    [Fact]
    public void On_a_short_path_the_window_grows_as_Reno_s()
    {
        Bottleneck path = new() { Service = 200, Delay = 4000, Limit = 20 };
        Bottleneck.Sender cubic = path.Add(new Cubic());
        path.Run(20_000_000);
        long rate = cubic.Acknowledged;
        Assert.InRange(rate, 0.97 * 20_000_000 / 200, 20_000_000 / 200);
        Assert.True(cubic.Reductions > 10);
    }

    /// <summary>
    /// RFC 9438 §4.3: on a short path with regular loss the rate is Reno's, √(3/2p) segments in a round trip; Linux, which looks at it 32 times a
    /// second only, stays below.
    /// </summary>
    [Theory]
    [InlineData(400)]
    [InlineData(1000)]
    public void By_the_RFC_it_keeps_up_with_Reno(int every)
    {
        double reno = Window(new Reno(), false), exact = Window(new Cubic(), true), linux = Window(new Cubic(), false);
        Assert.InRange(exact, 0.95 * reno, 1.2 * reno);
        Assert.InRange(linux, 0.7 * reno, 0.98 * exact);

        double Window(CongestionControl algorithm, bool rfc)
        {
            Bottleneck path = new() { Service = 10, Delay = 5_000, Loses = number => number % every == 0 };
            path.Sysctls.CubicByRfc = rfc;
            Bottleneck.Sender sender = path.Add(algorithm);
            path.Run(2_000_000);
            long before = sender.Acknowledged;
            path.Run(10_000_000);
            return (sender.Acknowledged - before) * 5_000.0 / 10_000_000;
        }
    }

    /// <summary>
    /// HyStart leaves slow start before the queue overflows: for a train of half an RTT, between which two rounds the window doubled; or for a round
    /// that begins with a queue of an eighth of the RTT.
    /// </summary>
    [Theory]
    [InlineData(1, 400, 640)]
    [InlineData(2, 800, 1400)]
    [InlineData(3, 400, 640)]
    public void Slow_start_ends_before_the_queue_is_full(int detect, int least, int most)
    {
        Bottleneck path = new() { Service = 100, Delay = 40_000, Limit = 1200 };
        path.Sysctls.CubicHystartDetect = detect;
        Bottleneck.Sender sender = path.Add(new Cubic());
        path.Run(600_000);
        Assert.Equal(0, sender.Reductions);
        Assert.InRange(sender.State.Threshold, least, most);
        bool train = (detect & 1) != 0;
        Assert.Equal(train ? 1 : 0, sender.Counters[SnmpCounter.TcpExtTCPHystartTrainDetect]);
        Assert.Equal(train ? 0 : 1, sender.Counters[SnmpCounter.TcpExtTCPHystartDelayDetect]);
        Assert.Equal(
            sender.State.Threshold,
            sender.Counters[train ? SnmpCounter.TcpExtTCPHystartTrainCwnd : SnmpCounter.TcpExtTCPHystartDelayCwnd]);
    }

    /// <summary>Two flows, the second a second later, share 60 seconds: Jain's index of what they got.</summary>
    [Theory]
    [InlineData("cubic", 0.98)]
    [InlineData("reno", 0.98)]
    public void Two_flows_share_fairly(string name, double least)
    {
        Bottleneck path = new() { Service = 500, Delay = 40_000, Limit = 80 };
        Bottleneck.Sender first = path.Add(CongestionAlgorithms.Create(name));
        path.Run(1_000_000);
        Bottleneck.Sender second = path.Add(CongestionAlgorithms.Create(name));
        long before = first.Acknowledged;
        path.Run(60_000_000);
        double a = first.Acknowledged - before, b = second.Acknowledged;
        Assert.InRange((a + b) * (a + b) / (2 * (a * a + b * b)), least, 1);
        Assert.InRange(a + b, 0.9 * 60_000_000 / 500, 60_000_000 / 500 + 1);
    }

    /// <summary>RFC 9406: the same, with the last part at a quarter of the pace.</summary>
    [Theory]
    [InlineData("reno")]
    [InlineData("cubic")]
    public void HyStart_plus_plus_ends_slow_start_too(string name)
    {
        Bottleneck path = new() { Service = 100, Delay = 40_000, Limit = 8000 };
        path.Sysctls.HystartPlusPlus = true;
        Bottleneck.Sender sender = path.Add(CongestionAlgorithms.Create(name));
        path.Run(4_000_000);
        Assert.Equal(0, sender.Reductions);
        Assert.InRange(sender.State.Threshold, 800, 6000);
        Assert.Equal(0, sender.Counters[SnmpCounter.TcpExtTCPHystartDelayDetect]);
    }

    /// <summary>Without any the queue overflows.</summary>
    [Fact]
    public void Plain_slow_start_runs_into_the_end_of_the_queue()
    {
        Bottleneck path = new() { Service = 100, Delay = 40_000, Limit = 1200 };
        path.Sysctls.CubicHystart = false;
        Bottleneck.Sender sender = path.Add(new Cubic());
        path.Run(600_000);
        Assert.True(sender.Reductions > 0);
    }

    /// <summary>A timeout forgets the curve; a pause lets it stand still.</summary>
    [Fact]
    public void Time_without_data_is_no_time_of_the_curve()
    {
        Assert.Equal(WindowAfterPause(seconds: 0), WindowAfterPause(seconds: 100));

        static int WindowAfterPause(int seconds)
        {
            CongestionContext context = new() { Now = Second(10), LastSentAt = Second(10), WindowLimited = true };
            CongestionState state = new() { Window = 100, Threshold = 50, Clamp = int.MaxValue };
            Cubic cubic = new();
            cubic.Initialize(ref state, context);
            state.Threshold = state.Window = cubic.ThresholdAfterLoss(ref state, context);
            cubic.Avoid(ref state, context, default, 1);
            context.Now = Second(10 + seconds);
            cubic.Happened(ref state, context, CongestionEvent.TransmissionStart);
            for (int i = 0; i < 400; i++)
            {
                context.Now += Duration.FromMilliseconds(10);
                cubic.Avoid(ref state, context, default, 1);
            }

            return state.Window;
        }

        static Instant Second(int second) => Instant.Zero + Duration.FromSeconds(second);
    }
}
