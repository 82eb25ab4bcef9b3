using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using SimStack;

namespace SimNet.Time;

/// <summary>
/// Virtual time as an Rx scheduler. Work runs as events of the loop, so equal due times run in the order of scheduling and
/// between the network's own events.
/// </summary>
public sealed class VirtualTimeScheduler : IScheduler, ISchedulerPeriodic, IServiceProvider
{
    private readonly EventLoop _loop;
    private readonly VirtualTimeProvider _time;

    /// <summary>A scheduler over the loop, with the provider's clock.</summary>
    public VirtualTimeScheduler(EventLoop loop, VirtualTimeProvider time)
    {
        _loop = loop;
        _time = time;
    }

    /// <inheritdoc/>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) =>
        ScheduleAt(_loop.Now, state, action);

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
        ScheduleAt(_loop.Now + Duration.FromTimeSpan(Scheduler.Normalize(dueTime)), state, action);

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        ScheduleAt(Instant.Max(_loop.Now, _time.ToInstant(dueTime)), state, action);

    /// <summary>Runs the action every period, the first time one period from now, without drift.</summary>
    public IDisposable SchedulePeriodic<TState>(TState state, TimeSpan period, Func<TState, TState> action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        return new PeriodicItem<TState>(_loop, Duration.FromTimeSpan(period), state, action);
    }

    /// <summary>Gives Rx this object for the capabilities that it has.</summary>
    public object? GetService(Type serviceType) => serviceType == typeof(ISchedulerPeriodic) ? this : null;

    private ScheduledItem<TState> ScheduleAt<TState>(Instant at, TState state, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return new ScheduledItem<TState>(this, at, state, action);
    }

    private sealed class ScheduledItem<TState> : EventTarget, IDisposable
    {
        private readonly VirtualTimeScheduler _scheduler;
        private readonly TState _state;
        private readonly Func<IScheduler, TState, IDisposable> _action;
        private readonly SingleAssignmentDisposable _inner = new();
        private readonly EventHandle _event;

        public ScheduledItem(VirtualTimeScheduler scheduler, Instant at, TState state, Func<IScheduler, TState, IDisposable> action)
        {
            _scheduler = scheduler;
            _state = state;
            _action = action;
            _event = at.IsNever ? default : scheduler._loop.Schedule(at, this);
        }

        public override string Description => "Rx scheduler";

        public override void Run(Instant now, long argument) =>
            _scheduler._loop.SynchronizationContext.Run(static item => ((ScheduledItem<TState>)item!).Invoke(), this);

        public void Dispose()
        {
            _scheduler._loop.Cancel(_event);
            _inner.Dispose();
        }

        private void Invoke() => _inner.Disposable = _action(_scheduler, _state);
    }

    private sealed class PeriodicItem<TState> : EventTarget, IDisposable
    {
        private readonly EventLoop _loop;
        private readonly Duration _period;
        private readonly Func<TState, TState> _action;
        private TState _state;
        private EventHandle _event;
        private bool _disposed;

        public PeriodicItem(EventLoop loop, Duration period, TState state, Func<TState, TState> action)
        {
            _loop = loop;
            _period = period;
            _state = state;
            _action = action;
            _event = loop.Schedule(loop.Now + period, this);
        }

        public override string Description => "Rx scheduler";

        public override void Run(Instant now, long argument)
        {
            _event = _loop.Schedule(now + _period, this);
            _loop.SynchronizationContext.Run(static item => ((PeriodicItem<TState>)item!).Invoke(), this);
        }

        public void Dispose()
        {
            _disposed = true;
            _loop.Cancel(_event);
        }

        private void Invoke()
        {
            if (!_disposed)
            {
                _state = _action(_state);
            }
        }
    }
}
