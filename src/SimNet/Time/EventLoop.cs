using System.Globalization;
using SimStack;

namespace SimNet.Time;

/// <summary>
/// Runs events in order of (instant, insertion): two events at the same instant run in the order in which they were scheduled.
/// Single-threaded; scheduling and running allocate nothing once the heap has grown to its size.
/// </summary>
public sealed class EventLoop
{
    private readonly EventHeap _heap = new();
    private readonly SimulationLimits _limits;
    private readonly Instant _lastInstant;
    private long _scheduled;
    private bool _running;
    private int _threadId;
    private volatile bool _postedFromOutside;

    /// <summary>A loop at instant zero.</summary>
    /// <param name="limits">Bounds of the run; the defaults when null.</param>
    public EventLoop(SimulationLimits? limits = null)
    {
        _limits = limits ?? new SimulationLimits();
        _lastInstant = Instant.Zero + _limits.VirtualTime;
        SynchronizationContext = new VirtualSynchronizationContext(this);
    }

    /// <summary>The instant of the event that is running, or of the last one.</summary>
    public Instant Now { get; private set; }

    /// <summary>Events that ran since the loop was made.</summary>
    public long EventsRun { get; private set; }

    /// <summary>Events that are still to run.</summary>
    public int Pending => _heap.Count;

    /// <summary>When the next event is due; <see cref="Instant.Never"/> when nothing is scheduled.</summary>
    public Instant NextDue => _heap.TryPeek(out long time) ? new Instant(time) : Instant.Never;

    /// <summary>What applications' <c>await</c> returns to.</summary>
    public VirtualSynchronizationContext SynchronizationContext { get; }

    /// <summary>Schedules a call of the target's <see cref="EventTarget.Run"/>.</summary>
    /// <param name="at">When; not before <see cref="Now"/>. <see cref="Instant.Never"/> is not an instant at which anything
    /// runs.</param>
    /// <param name="target">Whom to call.</param>
    /// <param name="argument">Handed over to the target.</param>
    /// <returns>For <see cref="Cancel"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The instant is in the past, or never.</exception>
    public EventHandle Schedule(Instant at, EventTarget target, long argument = 0)
    {
        if (at < Now || at.IsNever)
        {
            throw new ArgumentOutOfRangeException(nameof(at), $"can't schedule an event at {at} when it is {Now}");
        }

        long number = ++_scheduled;
        return new EventHandle(_heap.Push(at.Nanoseconds, number, target, argument), number);
    }

    /// <summary>
    /// Schedules application code: it runs with the loop's <see cref="SynchronizationContext"/>. Allocates; not for the hot path.
    /// </summary>
    /// <param name="at">When; not before <see cref="Now"/>.</param>
    /// <param name="action">What to run. Its exceptions leave <see cref="Run"/> as they are.</param>
    public EventHandle Post(Instant at, Action action) => Schedule(at, new PostedAction(this, action));

    /// <summary>Takes back an event that did not run yet.</summary>
    /// <returns>False when it ran already, was cancelled already, or the handle is the default value.</returns>
    public bool Cancel(EventHandle handle) => handle.Number != 0 && _heap.Cancel(handle.Slot, handle.Number);

    /// <summary>Runs until nothing is scheduled.</summary>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public void Run() => RunAllUntil(Instant.Never);

    /// <summary>Runs everything that is due at or before that instant, then sets the clock to it.</summary>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public void RunUntil(Instant end)
    {
        RunAllUntil(end);
        if (!end.IsNever)
        {
            Now = Instant.Max(Now, end);
        }
    }

    /// <summary>Runs what is due at or before that instant, but no more than so many events; the clock is set to it when nothing is left.</summary>
    /// <returns>True when nothing is left.</returns>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public bool RunUntil(Instant end, int most)
    {
        Enter(out SynchronizationContext? before);
        try
        {
            for (int i = 0; i < most; i++)
            {
                if (!RunNext(end))
                {
                    Now = end.IsNever ? Now : Instant.Max(Now, end);
                    return true;
                }
            }

            return false;
        }
        finally
        {
            Leave(before);
        }
    }

    /// <summary>Runs one event.</summary>
    /// <returns>False when nothing was scheduled.</returns>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public bool Step()
    {
        Enter(out SynchronizationContext? before);
        try
        {
            return RunNext(Instant.Never);
        }
        finally
        {
            Leave(before);
        }
    }

    /// <summary>Runs for as long as a condition holds that is asked before each event, and something is scheduled.</summary>
    /// <returns>False when nothing was scheduled any more.</returns>
    /// <exception cref="SimulationLimitException">A limit was reached.</exception>
    public bool RunWhile(Func<bool> condition)
    {
        Enter(out SynchronizationContext? before);
        try
        {
            while (condition())
            {
                if (!RunNext(Instant.Never))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            Leave(before);
        }
    }

    /// <summary>For the synchronization context: something outside the loop's thread tried to come back to it.</summary>
    internal void ReportOutsidePost() => _postedFromOutside = true;

    internal bool IsOnThread => _threadId == 0 || _threadId == Environment.CurrentManagedThreadId;

    private void RunAllUntil(Instant end)
    {
        Enter(out SynchronizationContext? before);
        try
        {
            while (RunNext(end))
            {
            }
        }
        finally
        {
            Leave(before);
        }
    }

    private bool RunNext(Instant end)
    {
        if (!_heap.TryPeek(out long time) || time > end.Nanoseconds)
        {
            ThrowIfPostedFromOutside();
            return false;
        }

        if (time > _lastInstant.Nanoseconds)
        {
            throw new SimulationLimitException(
                $"the limit of {_limits.VirtualTime} of virtual time was reached at {Now}; still scheduled: {DescribePending()}");
        }

        if (EventsRun >= _limits.Events)
        {
            throw new SimulationLimitException(string.Create(
                CultureInfo.InvariantCulture,
                $"the limit of {_limits.Events} events was reached at {Now}; still scheduled: {DescribePending()}"));
        }

        EventsRun++;
        Now = new Instant(time);
        _heap.Pop(out long argument).Run(Now, argument);
        if (_postedFromOutside)
        {
            ThrowIfPostedFromOutside();
        }

        return true;
    }

    private void Enter(out SynchronizationContext? before)
    {
        if (_running)
        {
            throw new InvalidOperationException("the event loop is running already; an event can't run the loop");
        }

        _running = true;
        _threadId = Environment.CurrentManagedThreadId;
        before = System.Threading.SynchronizationContext.Current;
        // Without a context, completions run their ConfigureAwait(false) continuations right here instead of on the thread pool.
        if (before is not null)
        {
            System.Threading.SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private void Leave(SynchronizationContext? before)
    {
        // Whoever steps through events one by one enters and leaves for each: to look costs less than to set.
        if (System.Threading.SynchronizationContext.Current != before)
        {
            System.Threading.SynchronizationContext.SetSynchronizationContext(before);
        }

        _threadId = 0;
        _running = false;
    }

    private void ThrowIfPostedFromOutside()
    {
        if (_postedFromOutside)
        {
            _postedFromOutside = false;
            throw new InvalidOperationException(
                "a simulated application awaited something that completed on another thread; "
                + "use the simulation's TimeProvider, Scheduler and sockets");
        }
    }

    /// <summary>The five most frequent kinds of pending events: <c>3 × timer, link a-b</c>.</summary>
    private string DescribePending()
    {
        List<EventTarget> targets = [];
        _heap.CopyTargets(targets);
        IEnumerable<string> kinds = targets
            .GroupBy(target => target.Description, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(5)
            .Select(group => group.Count() == 1 ? group.Key : FormattableString.Invariant($"{group.Count()} × {group.Key}"));
        return string.Join(", ", kinds);
    }
}
