using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using Xunit;

namespace SimNet.Tests.Links;

/// <summary>Bursts of losses, and delays by distribution.</summary>
public class LinkModelTests
{
    private const int Many = 200_000;

    /// <summary>
    /// The classical chain: share of lost packets p/(p+r), mean burst 1/r. The bounds are five standard deviations for chains of
    /// that length, rounded up.
    /// </summary>
    [Theory]
    [InlineData(1, 10, 0, 100)]
    [InlineData(2, 25, 0, 100)]
    [InlineData(5, 50, 1, 60)]
    public void GilbertElliottLosesItsShareInItsBursts(int p, int r, int good, int bad)
    {
        GilbertElliott model = new(Probability.FromPercent(p), Probability.FromPercent(r))
        {
            LossInGood = Probability.FromPercent(good),
            LossInBad = Probability.FromPercent(bad),
        };
        bool[] lost = Losses(new LinkDirectionOptions { BurstLoss = model });

        // Whole parts of 10^6 packets: (r·good + p·bad) / (p + r), in percent of a percent.
        long expected = Many * (long)((r * good) + (p * bad)) / ((p + r) * 100L);
        long tolerance = expected * 12 / 100;
        Assert.InRange(lost.Count(l => l), expected - tolerance, expected + tolerance);
        if (good == 0 && bad == 100)
        {
            long bursts = lost.Where((l, i) => l && (i == 0 || !lost[i - 1])).Count();
            long hundredths = 100L * lost.Count(l => l) / bursts;
            Assert.InRange(hundredths, 10_000 / r * 93 / 100, 10_000 / r * 107 / 100);
        }
    }

    [Fact]
    public void GilbertElliottIsWhatItsTwoStreamsSay()
    {
        SimRandom direction = new SimRandom(1).Child("link:a-b").Child("a-b");
        (SimRandom state, SimRandom loss) = (direction.Child("burst state"), direction.Child("burst loss"));
        GilbertElliott model = new(Probability.FromPercent(3), Probability.FromPercent(20))
        {
            LossInGood = Probability.FromPercent(1),
            LossInBad = Probability.FromPercent(50),
        };
        bool[] lost = Losses(new LinkDirectionOptions { BurstLoss = model }, 10_000);
        bool isBad = false;
        for (int i = 0; i < lost.Length; i++)
        {
            Assert.Equal(loss.Chance(isBad ? model.LossInBad : model.LossInGood), lost[i]);
            isBad ^= state.Chance(isBad ? model.BadToGood : model.GoodToBad);
        }
    }

    [Fact]
    public void BurstsDoNotDisturbSingleLosses()
    {
        LinkDirectionOptions single = new() { Loss = Probability.FromPercent(2) };
        GilbertElliott never = new(Probability.FromPercent(5), Probability.FromPercent(5)) { LossInBad = Probability.Never };
        Assert.Equal(Losses(single, 5000), Losses(single with { BurstLoss = never }, 5000));
    }

    /// <summary>Quantiles of the normal distribution as in any table, in 10^-6 standard deviations.</summary>
    [Theory]
    [InlineData(0.5, 674_490)]
    [InlineData(0.1, 1_644_854)]
    [InlineData(0.05, 1_959_964)]
    [InlineData(0.01, 2_575_829)]
    [InlineData(0.001, 3_290_527)]
    [InlineData(0.0001, 3_890_592)]
    [InlineData(0.000001, 4_891_638)]
    [InlineData(0.000000002, 5_997_807)]
    public void TheNormalTableHasTheKnownQuantiles(double bothTails, long millionths)
    {
        // The upper 63 bits are the probability of a larger absolute value.
        ulong bits = (ulong)(bothTails * Math.Pow(2, 63)) << 1;
        Assert.InRange(Millionths(Deviates.Normal(bits)), millionths - 80, millionths + 80);
        Assert.Equal(-Deviates.Normal(bits), Deviates.Normal(bits | 1));
    }

    [Fact]
    public void TheNormalTableIsTheSameEverywhere()
    {
        ulong sum = 0;
        foreach (long quantile in Deviates.NormalQuantiles)
        {
            sum = (sum * 6_364_136_223_846_793_005) + (ulong)quantile;
        }

        Assert.Equal(Deviates.Octaves * Deviates.Steps + 1, Deviates.NormalQuantiles.Length);
        Assert.Equal(0, Deviates.NormalQuantiles[0]);
        // The same procedure written down a second time, in another language with whole numbers of any size.
        Assert.Equal(5_990_759_082_978_887_871UL, sum);
    }

    /// <summary>(u^(-1/3) - 1.5)·2/sqrt(3) in 10^-6.</summary>
    [Theory]
    [InlineData(1.0, -577_350)]
    [InlineData(0.5, -277_219)]
    [InlineData(0.1, 755_678)]
    [InlineData(0.01, 3_627_594)]
    [InlineData(0.001, 9_814_955)]
    public void ParetoHasTheKnownQuantiles(double u, long millionths)
    {
        ulong bits = (ulong)((u * 4_294_967_296.0) - 1) << 32;
        Assert.InRange(Millionths(Deviates.Pareto(bits)), millionths - 5, millionths + 5);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(26, 2)]
    [InlineData(27, 3)]
    [InlineData(1_000_000_000_000_000_000, 1_000_000)]
    public void CubeRootsAreRoundedDown(ulong value, long root) => Assert.Equal(root, Deviates.CubeRoot(value));

    [Fact]
    public void TheLargestCubeRootFits() => Assert.Equal(6_981_463_658_331, Deviates.CubeRoot(UInt128.MaxValue));

    [Theory]
    [InlineData(JitterShape.Normal, 1_000, 15)]
    [InlineData(JitterShape.Pareto, 1_000, 150)]
    [InlineData(JitterShape.ParetoNormal, 790, 120)]
    public void DelaysHaveTheirMeanAndDeviation(JitterShape shape, long deviation, long tolerance)
    {
        List<long> delays = Delays(new LinkDirectionOptions
        {
            Delay = Duration.FromMilliseconds(20),
            Jitter = Duration.FromMilliseconds(1),
            JitterShape = shape,
            AllowReordering = true,
        });
        long mean = delays.Sum() / delays.Count;
        Assert.InRange(mean, 20_000_000 - 15_000, 20_000_000 + 15_000);
        long variance = delays.Sum(d => (d - mean) / 1000 * ((d - mean) / 1000)) / delays.Count;
        Assert.InRange(variance, (deviation - tolerance) * (deviation - tolerance), (deviation + tolerance) * (deviation + tolerance));
    }

    [Fact]
    public void NormalDelaysHaveTheirTails()
    {
        List<long> delays = Delays(new LinkDirectionOptions
        {
            Delay = Duration.FromMilliseconds(20),
            Jitter = Duration.FromMilliseconds(1),
            JitterShape = JitterShape.Normal,
            AllowReordering = true,
        });
        Assert.InRange(delays.Count(d => d > 21_644_854), Many * 45 / 1000, Many * 55 / 1000);
        Assert.InRange(delays.Count(d => d < 17_673_652), Many * 9 / 1000, Many * 11 / 1000);
    }

    [Fact]
    public void NoDelayIsNegative()
    {
        List<long> delays = Delays(new LinkDirectionOptions
        {
            Delay = Duration.FromMicroseconds(100),
            Jitter = Duration.FromMilliseconds(1),
            JitterShape = JitterShape.Normal,
            AllowReordering = true,
        });
        Assert.InRange(delays.Count(d => d == 0), Many * 40 / 100, Many * 50 / 100);
        Assert.DoesNotContain(delays, d => d < 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JitterReordersOnlyWhereItMay(bool reorders)
    {
        LinkFixture fixture = new(new LinkDirectionOptions
        {
            Delay = Duration.FromMilliseconds(5),
            Jitter = Duration.FromMilliseconds(1),
            JitterShape = JitterShape.Normal,
            AllowReordering = reorders,
        });
        for (int i = 0; i < 500; i++)
        {
            fixture.SendAt(i * 100_000L, i);
        }

        fixture.Simulation.Run();
        Assert.Equal(!reorders, fixture.ArrivedNumbers.SequenceEqual(Enumerable.Range(0, 500)));
    }

    [Fact]
    public void ACutLinkLosesAtOnceWhatIsOnItsWay()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(10), Rate = new DataRate(1_000_000) });
        List<PacketEvent> seen = [];
        fixture.Direction.Packets.Subscribe(seen.Add);
        fixture.Send(1);
        fixture.Send(2);
        fixture.Simulation.RunUntil(new Instant(5_000_000));
        fixture.Link.SetUp(false);
        fixture.Link.SetUp(true);
        fixture.Send(3);
        fixture.Simulation.Run();
        Assert.Equal([3], fixture.ArrivedNumbers);
        // The queue is empty again: 0.8 ms of transmission and the delay.
        Assert.Equal(15_800_000, fixture.Arrivals[0].At);
        Assert.Equal(2, fixture.Direction.Counters.Dropped(DropReason.LinkDown));
        Assert.Equal([5_000_000, 5_000_000], seen.Where(p => p.Reason == DropReason.LinkDown).Select(p => p.Time.Nanoseconds));
        Assert.Equal(0, fixture.Simulation.FramePool.Outstanding);
    }

    private static long Millionths(long deviate) => (long)((Int128)deviate * 1_000_000 >> 32);

    private static bool[] Losses(LinkDirectionOptions options, int count = Many)
    {
        LinkFixture fixture = new(options);
        for (int i = 0; i < count; i++)
        {
            fixture.Send(i);
        }

        fixture.Simulation.Run();
        return [.. fixture.Verdicts.Select(v => v.Reason == DropReason.RandomLoss)];
    }

    private static List<long> Delays(LinkDirectionOptions options)
    {
        LinkFixture fixture = new(options);
        for (int i = 0; i < Many; i++)
        {
            fixture.Send(i);
        }

        fixture.Simulation.Run();
        return [.. fixture.Verdicts.Select(v => v.Due.Nanoseconds)];
    }
}
