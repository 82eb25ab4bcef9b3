using SimNet.Links;
using SimNet.Observe;
using SimNet.Random;
using SimStack;
using Xunit;

namespace SimNet.Tests.Links;

public class LinkTimingTests
{
    [Fact]
    public void APlainLinkDeliversAtTheSameInstantInOrder()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Send(1);
        fixture.Send(2);
        Assert.Empty(fixture.Arrivals);
        fixture.Simulation.Run();
        Assert.Equal([1, 2], fixture.ArrivedNumbers);
        Assert.All(fixture.Arrivals, arrival => Assert.Equal(0, arrival.At));
    }

    [Theory]
    [InlineData(1_000_000_000, 1514, 0, 12_112)]
    [InlineData(100_000_000, 1514, 24, 123_040)]
    [InlineData(3_000_000, 100, 0, 266_667)]
    public void TransmissionTimeIsExactAndRoundedUp(long rate, int length, int overhead, long nanoseconds)
    {
        LinkFixture fixture = new(new LinkDirectionOptions
        {
            Rate = new DataRate(rate),
            OverheadBytes = overhead,
            Delay = Duration.FromMilliseconds(5),
        });
        fixture.Send(1, length);
        fixture.Send(2, length);
        fixture.SendAt(50_000_000, 3, length);
        fixture.Simulation.Run();
        Assert.Equal(
            [5_000_000 + nanoseconds, 5_000_000 + 2 * nanoseconds, 55_000_000 + nanoseconds],
            fixture.Arrivals.Select(arrival => arrival.At));
    }

    [Fact]
    public void TheQueueDropsItsTailByPackets()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Rate = new DataRate(8_000_000), QueuePackets = 3 });
        for (int i = 1; i <= 5; i++)
        {
            fixture.Send(i, 1000);
        }

        Assert.Equal(3, fixture.Direction.QueuedPackets);
        Assert.Equal(3000, fixture.Direction.QueuedBytes);
        // The first packet's millisecond is over: there is room for one.
        fixture.SendAt(1_000_000, 6, 1000);
        fixture.SendAt(1_000_000, 7, 1000);
        fixture.Simulation.Run();
        Assert.Equal([1, 2, 3, 6], fixture.ArrivedNumbers);
        Assert.Equal(3, fixture.Direction.Counters.Dropped(DropReason.QueueFull));
        Assert.Equal([0, 0, 0, 3, 3, 0, 3], fixture.Verdicts.Select(verdict => verdict.Reason == DropReason.QueueFull ? 3 : 0));
        Assert.Equal("dropped by link: queue full", fixture.Verdicts[3].Comment);
        Assert.Equal(0, fixture.Direction.QueuedPackets);
    }

    [Fact]
    public void TheQueueDropsItsTailByBytes()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Rate = new DataRate(8_000_000), QueueBytes = 2500 });
        fixture.Send(1, 1000);
        fixture.Send(2, 1000);
        fixture.Send(3, 501);
        fixture.Send(4, 500);
        fixture.Simulation.Run();
        Assert.Equal([1, 2, 4], fixture.ArrivedNumbers);
    }

    [Fact]
    public void JitterKeepsTheOrderUnlessReorderingIsAllowed()
    {
        LinkDirectionOptions options = new() { Delay = Duration.FromMilliseconds(10), Jitter = Duration.FromMilliseconds(4) };
        LinkFixture ordered = SendMany(options);
        Assert.Equal(Enumerable.Range(0, 500), ordered.ArrivedNumbers);
        LinkFixture free = SendMany(options with { AllowReordering = true });
        Assert.NotEqual(Enumerable.Range(0, 500), free.ArrivedNumbers);
        Assert.Equal(Enumerable.Range(0, 500), free.ArrivedNumbers.Order());
        foreach ((long at, byte[] bytes) in free.Arrivals)
        {
            Assert.InRange(at - LinkFixture.NumberOf(bytes) * 100_000L, 10_000_000, 14_000_000);
        }

        Assert.Equal(free.Arrivals.Select(arrival => arrival.At).Order(), free.Arrivals.Select(arrival => arrival.At));
        double mean = free.Arrivals.Average(arrival => arrival.At - LinkFixture.NumberOf(arrival.Bytes) * 100_000.0);
        Assert.InRange(mean, 11_700_000, 12_300_000);
    }

    [Fact]
    public void OptionsChangeDuringARunForLaterPackets()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(20) });
        fixture.Send(1);
        fixture.Simulation.Loop.Post(new Instant(1_000_000), () =>
        {
            fixture.Direction.Options = fixture.Direction.Options with { Delay = Duration.FromMilliseconds(3) };
            fixture.Send(2);
        });
        fixture.Simulation.Loop.Post(new Instant(30_000_000), () =>
        {
            fixture.Direction.Options = fixture.Direction.Options with { Rate = new DataRate(800_000) };
            fixture.Send(3);
        });
        fixture.Simulation.Run();
        // The second would overtake the first, which isn't allowed.
        Assert.Equal([20_000_000, 20_000_000, 34_000_000], fixture.Arrivals.Select(arrival => arrival.At));
    }

    [Fact]
    public void ADownLinkDropsWhatIsSentAndWhatIsOnItsWay()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(10) });
        fixture.Send(1);
        fixture.Simulation.RunUntil(new Instant(5_000_000));
        fixture.Link.SetUp(false);
        fixture.Send(2);
        fixture.Simulation.RunUntil(new Instant(15_000_000));
        fixture.Link.SetUp(true);
        fixture.Send(3);
        fixture.Simulation.Run();
        Assert.Equal([3], fixture.ArrivedNumbers);
        Assert.Equal(2, fixture.Direction.Counters.Dropped(DropReason.LinkDown));
        Assert.Equal(0, fixture.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void FramesLongerThanTheMtuAreDropped()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Mtu = 1500 });
        fixture.Send(1, 1514);
        fixture.Send(2, 1515);
        fixture.Simulation.Run();
        Assert.Equal([1], fixture.ArrivedNumbers);
        Assert.Equal(1, fixture.Direction.Counters.Dropped(DropReason.TooLong));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SteadyTrafficAllocatesNothing(bool impaired)
    {
        LinkDirectionOptions options = new() { Rate = new DataRate(1_000_000_000), Delay = Duration.FromMilliseconds(5), QueueBytes = 1_000_000 };
        if (impaired)
        {
            options = options with
            {
                Jitter = Duration.FromMilliseconds(1),
                AllowReordering = true,
                Loss = Probability.FromPercent(2),
                Duplicate = Probability.FromPercent(2),
                Corrupt = Probability.FromPercent(2),
            };
        }

        LinkFixture fixture = new(options) { Quiet = true };
        Pour(fixture, 20_000);
        Assert.Equal(0, Allocations.Least(() => Pour(fixture, 20_000)));
        Assert.True(fixture.Direction.Counters.Sent >= 40_000);
    }

    [Theory]
    [InlineData(-1, 0, 1500, "link: rate -1 bit/s is negative; use 0 for no limit")]
    [InlineData(0, -5, 1500, "link: delay -0.000000005s is negative")]
    [InlineData(0, 0, 20, "link: MTU 20 is below 68 bytes, the least that IPv4 works with (RFC 791)")]
    public void OptionsThatMakeNoSenseAreRefused(long rate, long delay, int mtu, string message)
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        LinkOptionsException error = Assert.Throws<LinkOptionsException>(() =>
            fixture.Direction.Options = new LinkDirectionOptions { Rate = new DataRate(rate), Delay = new Duration(delay), Mtu = mtu });
        Assert.Equal(message, error.Message);
    }

    private static LinkFixture SendMany(LinkDirectionOptions options)
    {
        LinkFixture fixture = new(options);
        for (int i = 0; i < 500; i++)
        {
            fixture.SendAt(i * 100_000L, i);
        }

        fixture.Simulation.Run();
        return fixture;
    }

    private static void Pour(LinkFixture fixture, int count)
    {
        for (int i = 0; i < count; i++)
        {
            fixture.Send(i, 1514);
            fixture.Simulation.RunUntil(fixture.Simulation.Now + Duration.FromMicroseconds(13));
        }
    }
}
