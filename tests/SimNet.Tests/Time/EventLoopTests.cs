using FsCheck;
using FsCheck.Fluent;
using SimNet.Time;
using SimStack;
using Xunit;

namespace SimNet.Tests.Time;

public class EventLoopTests
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(11, 13);

    [Fact]
    public void EventsRunByInstantThenInsertionAndCancelledOnesDoNot() =>
        Prop.ForAll<(byte Time, bool Cancel)[]>(plan =>
        {
            EventLoop loop = new();
            RecordingTarget target = new();
            List<EventHandle> handles = [];
            for (int i = 0; i < plan.Length; i++)
            {
                handles.Add(loop.Schedule(new Instant(plan[i].Time), target, i));
            }

            for (int i = 0; i < plan.Length; i++)
            {
                Assert.Equal(plan[i].Cancel, plan[i].Cancel && loop.Cancel(handles[i]));
            }

            loop.Run();
            IEnumerable<(Instant, long)> expected = plan.Select((item, i) => (item.Time, item.Cancel, Index: (long)i))
                .Where(item => !item.Cancel)
                .OrderBy(item => item.Time)
                .ThenBy(item => item.Index)
                .Select(item => (new Instant(item.Time), item.Index));
            Assert.Equal(expected, target.Calls);
            Assert.Equal(0, loop.Pending);
        }).Check(Fixed);

    [Fact]
    public void RunningInPartsIsRunningAtOnce()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        for (int i = 0; i < 10; i++)
        {
            loop.Schedule(new Instant(100 - 10 * i), target, i);
        }

        Assert.Equal(new Instant(10), loop.NextDue);
        Assert.False(loop.RunUntil(new Instant(55), 4));
        Assert.Equal(new Instant(40), loop.Now);
        Assert.Equal(new Instant(50), loop.NextDue);
        Assert.True(loop.RunUntil(new Instant(55), 4));
        Assert.Equal(new Instant(55), loop.Now);
        Assert.Equal(5, target.Calls.Count);
        Assert.True(loop.RunUntil(Instant.Never, 100));
        Assert.Equal(new Instant(100), loop.Now);
        Assert.Equal(Instant.Never, loop.NextDue);
    }

    [Fact]
    public void ManyCancelledEventsLeaveTheOrderOfTheRest()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        List<EventHandle> handles = [];
        for (int i = 0; i < 5000; i++)
        {
            handles.Add(loop.Schedule(new Instant(i * 7919 % 5003), target, i));
        }

        for (int i = 0; i < 5000; i++)
        {
            if (i % 5 != 0)
            {
                Assert.True(loop.Cancel(handles[i]));
                Assert.False(loop.Cancel(handles[i]));
            }
        }

        Assert.Equal(1000, loop.Pending);
        loop.Run();
        Assert.Equal(1000, target.Calls.Count);
        Assert.Equal(target.Calls.OrderBy(call => call.Now).ThenBy(call => call.Argument), target.Calls);
        Assert.All(target.Calls, call => Assert.Equal(0, call.Argument % 5));
    }

    [Fact]
    public void AHandleDoesNotCancelTheEventThatReusesItsPlace()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        EventHandle first = loop.Schedule(new Instant(1), target);
        loop.Run();
        loop.Schedule(new Instant(2), target);
        Assert.False(loop.Cancel(first));
        Assert.False(loop.Cancel(default));
        loop.Run();
        Assert.Equal(2, target.Calls.Count);
    }

    [Fact]
    public void RunUntilRunsWhatIsDueAndSetsTheClock()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        loop.Schedule(new Instant(10), target);
        loop.Schedule(new Instant(11), target);
        loop.RunUntil(new Instant(10));
        Assert.Single(target.Calls);
        Assert.Equal(new Instant(10), loop.Now);
        Assert.True(loop.Step());
        Assert.False(loop.Step());
        Assert.Equal(new Instant(11), loop.Now);
    }

    [Fact]
    public void RunWhileStopsBeforeTheEventAtWhichTheConditionEnds()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        for (int at = 10; at < 14; at++)
        {
            loop.Schedule(new Instant(at), target);
        }

        Assert.True(loop.RunWhile(() => target.Calls.Count < 3));
        Assert.Equal(3, target.Calls.Count);
        Assert.Equal(new Instant(12), loop.Now);
        Assert.False(loop.RunWhile(() => true));
        Assert.Equal(4, target.Calls.Count);
        Assert.True(loop.RunWhile(() => false));
    }

    [Fact]
    public void AConditionThatThrowsLeavesTheLoopFree()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        loop.Schedule(new Instant(10), target);
        Assert.Throws<NotSupportedException>(() => loop.RunWhile(() => throw new NotSupportedException()));
        Assert.True(loop.Step());
    }

    [Fact]
    public void ThePastAndNeverAreRefused()
    {
        EventLoop loop = new();
        RecordingTarget target = new();
        loop.RunUntil(new Instant(5));
        ArgumentOutOfRangeException past =
            Assert.Throws<ArgumentOutOfRangeException>(() => loop.Schedule(new Instant(4), target));
        Assert.Contains("0.000000004", past.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => loop.Schedule(Instant.Never, target));
    }

    [Fact]
    public void AnEventCannotRunTheLoop()
    {
        EventLoop loop = new();
        loop.Post(Instant.Zero, loop.Run);
        Assert.Throws<InvalidOperationException>(loop.Run);
    }

    [Fact]
    public void ExceptionsLeaveRunAsTheyAreAndTheLoopStaysUsable()
    {
        EventLoop loop = new();
        InvalidDataException thrown = new("x");
        loop.Post(new Instant(1), () => throw thrown);
        RecordingTarget target = new();
        loop.Schedule(new Instant(2), target);
        Assert.Same(thrown, Assert.Throws<InvalidDataException>(loop.Run));
        loop.Run();
        Assert.Single(target.Calls);
    }

    [Fact]
    public void TheLimitOfVirtualTimeNamesWhatGoesOn()
    {
        EventLoop loop = new(new SimulationLimits { VirtualTime = Duration.FromSeconds(2) });
        Ticker ticker = new(loop, Duration.FromSeconds(1));
        loop.Schedule(Instant.Zero, ticker);
        SimulationLimitException limit = Assert.Throws<SimulationLimitException>(loop.Run);
        Assert.Equal("the limit of 2s of virtual time was reached at 2.000000000; still scheduled: a ticker", limit.Message);
    }

    [Fact]
    public void TheLimitOfEventsNamesWhatGoesOn()
    {
        EventLoop loop = new(new SimulationLimits { Events = 1000 });
        Ticker ticker = new(loop, Duration.Zero);
        loop.Schedule(Instant.Zero, ticker);
        loop.Schedule(Instant.Zero, ticker);
        loop.Schedule(new Instant(1), new RecordingTarget());
        SimulationLimitException limit = Assert.Throws<SimulationLimitException>(loop.Run);
        Assert.Equal("the limit of 1000 events was reached at 0.000000000; still scheduled: 2 × a ticker, recorder", limit.Message);
        Assert.Equal(1000, loop.EventsRun);
    }

    [Fact]
    public void EventsAllocateNothing()
    {
        EventLoop loop = new();
        Ticker[] tickers = [.. Enumerable.Range(1, 20).Select(i => new Ticker(loop, new Duration(i)))];
        foreach (Ticker ticker in tickers)
        {
            loop.Schedule(Instant.Zero, ticker);
        }

        loop.RunUntil(new Instant(1000));
        Assert.Equal(0, Allocations.Least(() => loop.RunUntil(loop.Now + new Duration(20_000))));
        Assert.True(loop.EventsRun > 50_000);
    }

    [Fact]
    public void AnAlarmRingsInTimeHoweverOftenItMoves() =>
        Prop.ForAll<byte[]>(moves =>
        {
            EventLoop loop = new();
            TestAlarm alarm = new(loop);
            foreach (byte move in moves)
            {
                alarm.Wanted = new Instant(move);
                alarm.Set();
            }

            loop.Run();
            Assert.Equal(moves.Length == 0 ? Instant.Never : new Instant(moves[^1]), alarm.RangAt);
            Assert.True(loop.EventsRun <= moves.Length);
        }).Check(Fixed);

    private sealed class Ticker(EventLoop loop, Duration period) : EventTarget
    {
        public override string Description => "a ticker";

        public override void Run(Instant now, long argument) => loop.Schedule(now + period, this);
    }

    private sealed class TestAlarm(EventLoop loop) : Alarm(loop)
    {
        public Instant Wanted { get; set; } = Instant.Never;

        public Instant RangAt { get; private set; } = Instant.Never;

        public void Set() => RingBy(Wanted);

        protected override void Ring(Instant now)
        {
            if (now >= Wanted)
            {
                RangAt = Instant.Min(RangAt, now);
                Wanted = Instant.Never;
            }

            RingBy(Wanted);
        }
    }
}
