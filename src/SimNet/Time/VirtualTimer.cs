using System.Diagnostics.CodeAnalysis;
using SimStack;

namespace SimNet.Time;

/// <summary>
/// A timer in virtual time that behaves as the system's own, without drift: period n fires at due + n × period.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "A captured ExecutionContext is shared, and disposing it does nothing.")]
internal sealed class VirtualTimer : EventTarget, ITimer
{
    private readonly EventLoop _loop;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private readonly ExecutionContext? _context;
    private EventHandle _event;
    private Duration _period;
    private bool _disposed;

    public VirtualTimer(EventLoop loop, TimerCallback callback, object? state)
    {
        _loop = loop;
        _callback = callback;
        _state = state;
        _context = ExecutionContext.Capture();
    }

    public override string Description => "application timer";

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        if (_disposed)
        {
            return false;
        }

        _loop.Cancel(_event);
        _event = default;
        _period = period > TimeSpan.Zero ? Duration.FromTimeSpan(period) : Duration.Zero;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _event = _loop.Schedule(_loop.Now + Duration.FromTimeSpan(dueTime), this);
        }

        return true;
    }

    public override void Run(Instant now, long argument)
    {
        _event = _period > Duration.Zero ? _loop.Schedule(now + _period, this) : default;
        if (_context is null)
        {
            Fire();
        }
        else
        {
            ExecutionContext.Run(_context, static timer => ((VirtualTimer)timer!).Fire(), this);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _loop.Cancel(_event);
        _event = default;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    // The callback runs without a synchronization context, as a real timer's would: continuations that captured one are posted to it.
    private void Fire() => _callback(_state);

    private static void Check(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "must be zero, positive or Timeout.InfiniteTimeSpan");
        }
    }
}
