using SimStack.Ip.Queues;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Ip.Queues;

/// <summary>fq by itself: what leaves when, and in which order (net/sched/sch_fq.c, tc-fq(8)).</summary>
public class FairQueueTests
{
    private const int Full = 1514;
    private readonly FramePool _pool = new();

    [Fact]
    public void FlowsTakeTurnsOfAQuantum()
    {
        FairQueue queue = new(1500);
        Sender a = new(8), b = new(16);
        for (int i = 0; i < 20; i++)
        {
            Put(queue, At(0), a, At(1000));
            Put(queue, At(0), b, At(1000));
        }

        // Ten full packets at first, then two at a time.
        Assert.Equal("aaaaaaaaaabbbbbbbbbbaabbaabbaabbaabbaabb", Order(queue, At(1000), a));
        Assert.Equal((0, 0L), (queue.Packets, queue.Bytes));
    }

    [Fact]
    public void ANewFlowGoesBeforeOldOnes()
    {
        FairQueue queue = new(1500, new FairQueueOptions { InitialQuantum = 2 * Full });
        Sender a = new(8), b = new(16);
        for (int i = 0; i < 6; i++)
        {
            Put(queue, At(0), a, At(1000));
        }

        Assert.Equal(a, Take(queue, At(1000)));
        Assert.Equal(a, Take(queue, At(1000)));
        Assert.Equal(a, Take(queue, At(1000))); // The credit of the first two is used up; nobody else is there.
        Put(queue, At(1000), b, Instant.Zero);
        Assert.Equal(b, Take(queue, At(1000)));
        Assert.Equal("aaa", Order(queue, At(1000), a));
    }

    [Fact]
    public void NothingLeavesBeforeItsTime()
    {
        FairQueue queue = new(1500);
        Sender a = new(8), b = new(16);
        Put(queue, At(0), a, At(300));
        Put(queue, At(0), b, At(200));
        Put(queue, At(0), a, At(400));
        Assert.Null(queue.Dequeue(At(0)));
        Assert.Equal(2, queue.ThrottledFlows);
        Assert.Equal(At(210), queue.NextDeadline); // timer_slack
        Assert.Null(queue.Dequeue(At(199)));
        Assert.Equal(b, Take(queue, At(210)));
        Assert.Null(queue.Dequeue(At(210)));
        Assert.Equal(At(310), queue.NextDeadline);
        Assert.Equal(a, Take(queue, At(310)));
        Assert.Null(queue.Dequeue(At(399)));
        Assert.Equal(a, Take(queue, At(400)));
        Assert.Equal(Instant.Never, queue.NextDeadline);
    }

    [Fact]
    public void AnEarlierTimeOvertakesWithinAFlow()
    {
        FairQueue queue = new(1500);
        Sender a = new(8);
        Frame late = Put(queue, At(0), a, At(300));
        Frame early = Put(queue, At(0), a, At(100));
        Frame middle = Put(queue, At(0), a, At(200));
        Frame last = Put(queue, At(0), a, At(300));
        Assert.Equal([early, middle, late, last], [.. Drain(queue, At(300))]);
    }

    [Fact]
    public void BeyondTheHorizonPacketsAreDroppedOrCapped()
    {
        FairQueue queue = new(1500, new FairQueueOptions { Horizon = Duration.FromMilliseconds(1) });
        Frame frame = Frame(new Sender(8), At(1001));
        Assert.False(queue.Admits(At(0), frame));
        Assert.True(queue.Admits(At(1), frame));
        Assert.Equal((1L, 1L), (queue.HorizonDrops, queue.Dropped));

        queue.Change(queue.Options with { HorizonDrop = false });
        Put(queue, At(0), new Sender(8), At(5000));
        Assert.Null(queue.Dequeue(At(999)));
        Assert.NotNull(queue.Dequeue(At(1000)));
        Assert.Equal(1, queue.HorizonCaps);
    }

    [Fact]
    public void LimitsAreForEachFlowAndEachBand()
    {
        FairQueue queue = new(1500, new FairQueueOptions { FlowLimit = 2, Limit = 3 });
        Sender a = new(8), b = new(16), urgent = new(24) { Priority = 6 };
        Put(queue, At(0), a, At(100));
        Put(queue, At(0), a, At(100));
        Assert.False(queue.Admits(At(0), Frame(a, At(100))));
        Assert.Equal(1, queue.FlowLimitDrops);
        Put(queue, At(0), b, At(100));
        Assert.False(queue.Admits(At(0), Frame(b, At(100))));
        Assert.True(queue.Admits(At(0), Frame(urgent, At(100))));
    }

    [Fact]
    public void BandsShareByTheirWeights()
    {
        FairQueue queue = new(1500, new FairQueueOptions { Weights = [4 * Full, 2 * Full, Full], Quantum = Full, InitialQuantum = 0 });
        Sender high = new(8) { Priority = 6 }, usual = new(16), low = new(24) { Priority = 2 };
        for (int i = 0; i < 28; i++)
        {
            Put(queue, At(0), high, At(100));
            Put(queue, At(0), usual, At(100));
            Put(queue, At(0), low, At(100));
        }

        int[] sent = new int[3];
        for (int i = 0; i < 28; i++)
        {
            Sender sender = Take(queue, At(100))!;
            sent[sender == high ? 0 : sender == usual ? 1 : 2]++;
        }

        Assert.Equal([16, 8, 4], sent);
    }

    [Fact]
    public void ASocketsRateSpacesPacketsWithoutATime()
    {
        // A quantum at a time above low_rate_threshold: 3,028 bytes at a million bytes per second.
        FairQueue queue = new(1500);
        Sender a = new(8) { PacingRate = 1_000_000 };
        for (int i = 0; i < 14; i++)
        {
            Put(queue, At(0), a, Instant.Zero);
        }

        Assert.Equal(10, Drain(queue, At(0)).Count());
        Assert.Empty(Drain(queue, At(3027)));
        Assert.Equal(2, Drain(queue, At(3028)).Count());
        Assert.Equal(2, Drain(queue, At(6056)).Count());
    }

    [Fact]
    public void ASlowSocketSendsPacketByPacket()
    {
        FairQueue queue = new(1500, new FairQueueOptions { InitialQuantum = 1 });
        Sender a = new(8) { PacingRate = 50_000 };
        for (int i = 0; i < 3; i++)
        {
            Put(queue, At(0), a, Instant.Zero, 500);
        }

        Assert.Single(Drain(queue, At(0)));
        Assert.Empty(Drain(queue, At(9_999)));
        Assert.Single(Drain(queue, At(10_000)));
        // One that left 4 ms late is made up for: by half of its time at most.
        Assert.Single(Drain(queue, At(24_000)));
        Put(queue, At(24_000), a, Instant.Zero, 500);
        Assert.Empty(Drain(queue, At(29_999)));
        Assert.Single(Drain(queue, At(30_000)));
    }

    [Fact]
    public void MaxRateHoldsForPacketsWithATimeToo()
    {
        FairQueue queue = new(1500, new FairQueueOptions { MaxRate = 1_514_000 });
        Sender a = new(8);
        for (int i = 0; i < 3; i++)
        {
            Put(queue, At(0), a, At(100));
        }

        Assert.Single(Drain(queue, At(100)));
        Assert.Empty(Drain(queue, At(1099)));
        Assert.Single(Drain(queue, At(1100)));
        Assert.Single(Drain(queue, At(2100)));
    }

    [Fact]
    public void WithoutPacingRatesMeanNothing()
    {
        FairQueue queue = new(1500, new FairQueueOptions { Pacing = false, MaxRate = 1 });
        for (int i = 0; i < 5; i++)
        {
            Put(queue, At(0), new Sender(8) { PacingRate = 1 }, Instant.Zero);
        }

        Assert.Equal(5, Drain(queue, At(0)).Count());
        Assert.False(queue.Paces);
    }

    [Fact]
    public void WhatLeavesLateIsMarked()
    {
        FairQueue queue = new(1500, new FairQueueOptions { CeThreshold = Duration.FromMicroseconds(50) });
        Sender a = new(8);
        Put(queue, At(0), a, At(100));
        Put(queue, At(0), a, At(100));
        Assert.Equal(2, queue.Dequeue(At(150))!.Bytes[15] & 3);
        Assert.Equal(3, queue.Dequeue(At(151))!.Bytes[15] & 3);
        Assert.Equal(1, queue.Marked);
    }

    [Fact]
    public void WhatIsDueAtOncePassesFlowsThatWait()
    {
        FairQueue queue = new(1500);
        Sender a = new(8), b = new(16);
        Put(queue, At(0), a, At(100));
        Assert.Null(queue.Dequeue(At(0)));
        Put(queue, At(50), b, At(50));
        Assert.Equal(1, queue.Flows); // It needed no flow of its own.
        Assert.Equal(b, Take(queue, At(50)));
        Assert.Equal(1, queue.Packets);
    }

    [Fact]
    public void ManyIdleFlowsAreForgotten()
    {
        FairQueue queue = new(1500, new FairQueueOptions { Buckets = 16 });
        Instant now = At(0);
        for (int i = 1; i <= 1000; i++)
        {
            Put(queue, now, new Sender(i * 8), now + Duration.FromMicroseconds(1));
            now += Duration.FromMilliseconds(100);
            Assert.Single(Drain(queue, now));
        }

        Assert.InRange(queue.Flows, 16, 100);
    }

    [Fact]
    public void PacketsThatNobodyOwnsAreSortedByTheirAddresses()
    {
        FairQueue queue = new(1500, new FairQueueOptions { MaxRate = long.MaxValue - 1 });
        Frame one = Frame(null, At(100));
        one.Bytes[26] = 1;
        Frame other = Frame(null, At(100));
        other.Bytes[26] = 2;
        Enqueue(queue, At(0), one);
        Enqueue(queue, At(0), other);
        Assert.Equal(2, queue.Flows);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhateverComesNothingIsEarlyLostOrOutOfOrder(int seed)
    {
        FairQueue queue = new(1500, new FairQueueOptions { FlowLimit = 1000 });
        uint state = (uint)seed;
        uint Next(uint below) => (state = unchecked(state * 1_664_525 + 1_013_904_223)) % below;
        Sender[] senders = [.. Enumerable.Range(1, 20).Select(i => new Sender(i * 8) { Priority = i % 7 })];
        Dictionary<Sender, Instant> last = [], left = [];
        Instant now = At(0);
        int put = 0, taken = 0;
        for (int i = 0; i < 5000; i++)
        {
            now += Duration.FromNanoseconds(Next(20_000));
            Sender sender = senders[Next(20)];
            Instant departure = Instant.Max(last.GetValueOrDefault(sender), now) + Duration.FromNanoseconds(Next(100_000));
            last[sender] = departure;
            Put(queue, now, sender, departure);
            put++;
            for (uint tries = Next(4); tries > 0 && queue.Dequeue(now) is { } packet; tries--, taken++)
            {
                Sender owner = (Sender)packet.Owner!;
                Assert.True(packet.Departure <= now);
                Assert.True(packet.Departure >= left.GetValueOrDefault(owner));
                left[owner] = packet.Departure;
            }

            Assert.Equal(put - taken, queue.Packets);
        }

        int waiting = queue.Packets;
        Assert.Equal(waiting, Drain(queue, now + Duration.FromSeconds(10)).Count());
    }

    private static Instant At(long microseconds) => Instant.Zero + Duration.FromSeconds(1) + Duration.FromMicroseconds(microseconds);

    private Frame Put(FairQueue queue, Instant now, Sender sender, Instant departure, int length = Full)
    {
        Frame frame = Frame(sender, departure, length);
        Assert.True(queue.Admits(now, frame));
        Enqueue(queue, now, frame);
        return frame;
    }

    private static void Enqueue(FairQueue queue, Instant now, Frame frame)
    {
        frame.PacketLength = frame.Length;
        queue.Enqueue(now, frame);
    }

    private Frame Frame(Sender? sender, Instant departure, int length = Full)
    {
        Frame frame = _pool.Rent(length);
        frame.Bytes.Clear();
        frame.Bytes[12] = 8; // IPv4, ECT(0)
        frame.Bytes[14] = 0x45;
        frame.Bytes[15] = 2;
        frame.Owner = sender;
        frame.Departure = departure;
        return frame;
    }

    private static Sender? Take(FairQueue queue, Instant now) => (Sender?)queue.Dequeue(now)?.Owner;

    private static string Order(FairQueue queue, Instant now, Sender a) =>
        string.Concat(Drain(queue, now).Select(frame => frame.Owner == a ? 'a' : 'b'));

    private static IEnumerable<Frame> Drain(FairQueue queue, Instant now)
    {
        while (queue.Dequeue(now) is { } frame)
        {
            yield return frame;
        }
    }

    private sealed class Sender(long key) : IFrameOwner
    {
        public long FlowKey => key;

        public long PacingRate { get; init; } = long.MaxValue;

        public int Priority { get; init; }

        public void PacketQueued(int memory)
        {
        }

        public void PacketLeft(Instant now, int memory)
        {
        }
    }
}
