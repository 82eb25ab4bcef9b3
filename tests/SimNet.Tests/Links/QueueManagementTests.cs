using SimNet.Links;
using SimNet.Random;
using SimStack;
using Xunit;

namespace SimNet.Tests.Links;

/// <summary>Queues that mark, or drop, before they are full: CoDel (RFC 8289) and RED.</summary>
public sealed class QueueManagementTests
{
    private static readonly CoDel Usual = new(Duration.FromMilliseconds(5), Duration.FromMilliseconds(100));

    [Fact]
    public void CoDelSignalsByTheSquareRootOfHowOften()
    {
        var stage = new CoDelStage(Usual);
        // Packets leave every millisecond and have waited 20.
        Assert.Equal([100, 200, 271, 329, 379, 424, 465], Signals(stage, 0, 480, waited: 20));
    }

    [Fact]
    public void CoDelStopsWhenAPacketWaitedLessAndSoonGoesOnWhereItWas()
    {
        var stage = new CoDelStage(Usual);
        Assert.Equal([100, 200, 271, 329], Signals(stage, 0, 330, waited: 20));
        Assert.Empty(Signals(stage, 330, 400, waited: 4));
        // After an interval above the target again: three more than at the beginning of the last time, so 100 ms by the root of 3.
        Assert.Equal([500, 558, 608], Signals(stage, 400, 620, waited: 20));
    }

    [Fact]
    public void CoDelTakesLessThanAPacketForNoQueue()
    {
        var stage = new CoDelStage(Usual);
        Assert.DoesNotContain(true, Enumerable.Range(0, 500).Select(ms => stage.Signals(At(ms - 20), At(ms), 1514)));
    }

    [Theory]
    [InlineData(true, 2, "marked CE by link")]
    [InlineData(true, 0, "dropped by link: queue management")]
    [InlineData(false, 2, "dropped by link: queue management")]
    public void AManagedQueueMarksWhatItMayAndDropsTheRest(bool ecn, byte field, string expected)
    {
        foreach (LinkDirectionOptions options in new LinkDirectionOptions[]
        {
            new() { QueueCoDel = new CoDel(Duration.FromMilliseconds(1), Duration.FromMilliseconds(1)) { MarksEcn = ecn } },
            new() { QueueRed = new RandomEarlyDetection(1, 2) { WeightShift = 0, MarksEcn = ecn } },
        })
        {
            LinkFixture fixture = new(options with { Rate = new DataRate(100_000) });
            byte[] frame = FaultRuleTests.Segment(1, 1, SimStack.Wire.TcpFlags.Ack, new string('x', 900), trafficClass: field);
            for (int i = 0; i < 6; i++)
            {
                fixture.SendBytes(frame);
            }

            fixture.Simulation.Run();
            Assert.Null(fixture.Verdicts[0].Comment);
            Assert.Contains(expected, fixture.Verdicts.Select(v => v.Comment));
            Assert.All(fixture.Verdicts, v => Assert.True(v.Comment is null || v.Comment == expected));
            Assert.Equal(6 - fixture.Direction.Counters.Dropped(SimNet.Observe.DropReason.QueueEarly), fixture.Arrivals.Count);
        }
    }

    [Fact]
    public void RedSignalsTheMoreTheLongerTheQueueIsOnAverage()
    {
        int[] signals = [.. new[] { 4, 10, 20, 29, 30 }.Select(packets =>
        {
            var stage = new RedStage(new RandomEarlyDetection(5, 30) { WeightShift = 0 }, new SimRandom(1));
            return Enumerable.Range(0, 2000).Count(i => stage.Signals(At(i), packets, At(i + 1), new DataRate(1_000_000)));
        })];
        Assert.Equal(0, signals[0]);
        Assert.InRange(signals[1], 60, 110); // With even spacing the share is about 2p/(1 + p).
        Assert.InRange(signals[2], 190, 260);
        Assert.InRange(signals[3], 290, 390);
        Assert.Equal(2000, signals[4]);
    }

    [Fact]
    public void RedForgetsWhileTheLineIsIdle()
    {
        var stage = new RedStage(new RandomEarlyDetection(5, 6) { WeightShift = 2 }, new SimRandom(1));
        for (int i = 0; i < 50; i++)
        {
            stage.Signals(At(i), 20, At(i + 1), new DataRate(8_000_000));
        }

        Assert.True(stage.Signals(At(50), 20, At(51), new DataRate(8_000_000)));
        // A second at a packet each millisecond.
        Assert.False(stage.Signals(At(1100), 0, At(100), new DataRate(8_000_000)));
        Assert.False(stage.Signals(At(1100), 8, At(1200), new DataRate(8_000_000)));
    }

    private static Instant At(long milliseconds) => new(milliseconds * 1_000_000);

    private static int[] Signals(CoDelStage stage, int from, int to, int waited) =>
        [.. Enumerable.Range(from, to - from).Where(ms => stage.Signals(At(ms - waited), At(ms), 15_000))];
}
