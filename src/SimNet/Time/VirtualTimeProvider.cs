using SimStack;

namespace SimNet.Time;

/// <summary>
/// Virtual time as a <see cref="TimeProvider"/>: <c>Task.Delay(delay, provider)</c>, <c>CancellationTokenSource</c>,
/// <c>PeriodicTimer</c>. The local time zone is UTC, so that runs are the same everywhere.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private readonly EventLoop _loop;

    /// <summary>A provider whose clock shows <paramref name="start"/> at instant zero.</summary>
    public VirtualTimeProvider(EventLoop loop, DateTimeOffset start)
    {
        _loop = loop;
        Start = start;
    }

    /// <summary>The date and time of instant zero.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>Timestamps count nanoseconds.</summary>
    public override long TimestampFrequency => 1_000_000_000;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>The start plus virtual time, in whole 100 ns.</summary>
    public override DateTimeOffset GetUtcNow() => ToDateTime(_loop.Now);

    /// <summary>Nanoseconds since the start.</summary>
    public override long GetTimestamp() => _loop.Now.Nanoseconds;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        VirtualTimer timer = new(_loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The date and time of an instant, in whole 100 ns.</summary>
    public DateTimeOffset ToDateTime(Instant instant) => Start.AddTicks(instant.Nanoseconds / 100);

    /// <summary>The instant of a date and time; instant zero for those before the start.</summary>
    public Instant ToInstant(DateTimeOffset time)
    {
        long ticks = (time - Start).Ticks;
        return ticks <= 0 ? Instant.Zero : ticks > long.MaxValue / 100 ? Instant.Never : new Instant(ticks * 100);
    }
}
