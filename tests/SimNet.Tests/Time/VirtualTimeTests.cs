using System.Threading.Channels;
using SimNet.Time;
using SimStack;
using Xunit;

namespace SimNet.Tests.Time;

public class VirtualTimeTests
{
    private readonly Simulation _simulation = new();
    private readonly List<string> _log = [];

    private VirtualTimeProvider Time => _simulation.TimeProvider;

    [Fact]
    public void TheClockShowsTheStartPlusVirtualTime()
    {
        _simulation.RunUntil(new Instant(1_500_000_150));
        Assert.Equal(new DateTimeOffset(2024, 1, 1, 0, 0, 1, TimeSpan.Zero).AddTicks(5_000_001), Time.GetUtcNow());
        Assert.Equal(1_500_000_150, Time.GetTimestamp());
        Assert.Equal(TimeSpan.FromTicks(15_000_001), Time.GetElapsedTime(0));
        Assert.Equal(TimeZoneInfo.Utc, Time.LocalTimeZone);
        Assert.Equal(new Instant(1_500_000_100), Time.ToInstant(Time.GetUtcNow()));
    }

    [Fact]
    public void APeriodicTimerFiresWithoutDriftUntilChangedOrDisposed()
    {
        using ITimer timer = Time.CreateTimer(_ => Log("tick"), null, Ms(5), Ms(10));
        _simulation.RunUntil(At(26));
        Assert.True(timer.Change(Ms(1), Timeout.InfiniteTimeSpan));
        _simulation.RunUntil(At(100));
        timer.Dispose();
        Assert.False(timer.Change(Ms(1), Ms(1)));
        _simulation.Run();
        Assert.Equal(["5 tick", "15 tick", "25 tick", "27 tick"], _log);
    }

    [Theory]
    [InlineData(-1, -1, "")]
    [InlineData(0, -1, "0 tick")]
    [InlineData(3, 0, "3 tick")]
    public void ADueTimeOfZeroFiresAtOnceAndInfiniteNever(int due, int period, string expected)
    {
        using ITimer timer = Time.CreateTimer(_ => Log("tick"), null, Ms(due), Ms(period));
        Assert.Empty(_log);
        _simulation.Run();
        Assert.Equal(expected, string.Join(',', _log));
        Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(TimeSpan.FromMilliseconds(-2), Ms(1)));
    }

    [Fact]
    public void ATimerCanDisposeOrChangeItselfInItsCallback()
    {
        ITimer? timer = null;
        int left = 3;
        timer = Time.CreateTimer(
            _ =>
            {
                Log("tick");
                if (--left == 0)
                {
                    timer!.Dispose();
                }
            },
            null,
            Ms(1),
            Ms(1));
        _simulation.Run();
        Assert.Equal(["1 tick", "2 tick", "3 tick"], _log);
    }

    [Fact]
    public void AwaitStaysInVirtualTimeOnTheLoopsThread()
    {
        int thread = Environment.CurrentManagedThreadId;
        _simulation.Start("app", async () =>
        {
            await Task.Delay(Ms(250), Time);
            Log("delayed");
            await Task.Yield();
            Log("yielded");
            await Inner();
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Assert.Same(_simulation.Loop.SynchronizationContext, SynchronizationContext.Current);
        });
        _simulation.Run();
        Assert.Equal(["250 delayed", "250 yielded", "300 inner"], _log);
        Assert.True(_simulation.Applications[0].IsCompleted);

        async Task Inner()
        {
            // As libraries do: nothing here may leave for the thread pool.
            await Nested().ConfigureAwait(false);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Log("inner");
        }

        async Task Nested() => await Task.Delay(Ms(50), Time).ConfigureAwait(false);
    }

    [Fact]
    public void ApplicationsTalkThroughChannelsAndTimeOut()
    {
        Channel<int> channel = Channel.CreateUnbounded<int>();
        _simulation.Start("reader", async () =>
        {
            Log($"got {await channel.Reader.ReadAsync(TestContext.Current.CancellationToken)}");
            using CancellationTokenSource source = new(Ms(30), Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await channel.Reader.ReadAsync(source.Token));
            Log("gave up");
        });
        _simulation.Start("writer", async () =>
        {
            await Task.Delay(Ms(7), Time);
            channel.Writer.TryWrite(42);
        });
        _simulation.Run();
        Assert.Equal(["7 got 42", "37 gave up"], _log);
    }

    [Fact]
    public void PeriodicTimersAndWaitAsyncWork()
    {
        _simulation.Start("app", async () =>
        {
            using PeriodicTimer timer = new(Ms(10), Time);
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            Log("tick");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            Log("tick");
            await Assert.ThrowsAsync<TimeoutException>(() =>
                new TaskCompletionSource().Task.WaitAsync(Ms(5), Time, TestContext.Current.CancellationToken));
            Log("timeout");
        });
        _simulation.Run();
        Assert.Equal(["10 tick", "20 tick", "25 timeout"], _log);
    }

    [Fact]
    public void AnApplicationsExceptionLeavesRunAsItIs()
    {
        InvalidDataException thrown = new("broken");
        _simulation.Start("app", async () =>
        {
            await Task.Delay(Ms(1), Time);
            throw thrown;
        });
        Assert.Same(thrown, Assert.Throws<InvalidDataException>(_simulation.Run));
        _simulation.Start("sync", () => throw thrown);
        Assert.Same(thrown, Assert.Throws<InvalidDataException>(_simulation.Run));
    }

    [Fact]
    public void ComingBackFromAnotherThreadIsAnError()
    {
        using ManualResetEventSlim posted = new();
        _simulation.Start("app", () =>
        {
            SynchronizationContext context = SynchronizationContext.Current!;
            Thread other = new(() => context.Post(_ => { }, null));
            other.Start();
            other.Join();
            return Task.CompletedTask;
        });
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(_simulation.Run);
        Assert.Contains("another thread", error.Message, StringComparison.Ordinal);
    }

    private static TimeSpan Ms(int value) => TimeSpan.FromMilliseconds(value);

    private static Instant At(long milliseconds) => Instant.Zero + Duration.FromMilliseconds(milliseconds);

    private void Log(string what) => _log.Add($"{_simulation.Now.Nanoseconds / 1_000_000} {what}");
}
