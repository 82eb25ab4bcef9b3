using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using SimStack;
using Xunit;

namespace SimNet.Tests.Time;

public class VirtualTimeSchedulerTests
{
    private readonly Simulation _simulation = new();
    private readonly List<string> _log = [];

    [Fact]
    public void TimerAndIntervalTickInVirtualTime()
    {
        Observable.Timer(Ms(5), _simulation.Scheduler).Subscribe(_ => Log("timer"));
        Observable.Interval(Ms(10), _simulation.Scheduler).Take(3).Subscribe(i => Log($"interval {i}"), () => Log("done"));
        _simulation.Run();
        Assert.Equal(["5 timer", "10 interval 0", "20 interval 1", "30 interval 2", "30 done"], _log);
    }

    [Fact]
    public void ThrottleBufferTimeoutAndDelayWork()
    {
        Subject<int> source = new();
        source.Throttle(Ms(10), _simulation.Scheduler).Subscribe(i => Log($"throttled {i}"));
        source.Delay(Ms(100), _simulation.Scheduler).Subscribe(i => Log($"delayed {i}"));
        source.Timeout(Ms(60), _simulation.Scheduler).Subscribe(_ => { }, error => Log(error.GetType().Name));
        foreach (int at in new[] { 1, 5, 30 })
        {
            _simulation.Loop.Post(At(at), () => source.OnNext(at));
        }

        _simulation.Run();
        Assert.Equal(
            ["15 throttled 5", "40 throttled 30", "90 TimeoutException", "101 delayed 1", "105 delayed 5", "130 delayed 30"], _log);
    }

    [Fact]
    public void EqualTimesRunInTheOrderOfSchedulingBetweenTheLoopsEvents()
    {
        IScheduler scheduler = _simulation.Scheduler;
        scheduler.Schedule(Ms(1), () => Log("a"));
        _simulation.Loop.Post(At(1), () => Log("b"));
        scheduler.Schedule(scheduler.Now + Ms(1), () => Log("c"));
        scheduler.Schedule(() => Log("now"));
        scheduler.Schedule(Ms(-5), () => Log("past"));
        IDisposable cancelled = scheduler.Schedule(Ms(1), () => Log("never"));
        cancelled.Dispose();
        _simulation.Run();
        Assert.Equal(["0 now", "0 past", "1 a", "1 b", "1 c"], _log);
    }

    [Fact]
    public void APeriodicActionStopsWhenDisposedFromWithin()
    {
        SerialDisposable subscription = new();
        subscription.Disposable = _simulation.Scheduler.SchedulePeriodic(
            0,
            Ms(2),
            count =>
            {
                Log($"{count}");
                if (count == 2)
                {
                    subscription.Dispose();
                }

                return count + 1;
            });
        _simulation.Run();
        Assert.Equal(["2 0", "4 1", "6 2"], _log);
    }

    private static TimeSpan Ms(int value) => TimeSpan.FromMilliseconds(value);

    private static Instant At(long milliseconds) => Instant.Zero + Duration.FromMilliseconds(milliseconds);

    private void Log(string what) => _log.Add($"{_simulation.Now.Nanoseconds / 1_000_000} {what}");
}
