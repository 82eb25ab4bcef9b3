using System.Collections.Concurrent;
using SimStack;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Runs a simulation in real time, with devices of the machine behind its <see cref="BridgePort"/>s. Virtual time follows the wall clock;
/// what comes in gets an instant of its own, later than all before it, so that the same frames at the same instants give the same run
/// again in virtual time.
/// </summary>
/// <remarks>
/// Everything runs on the thread that calls <see cref="Run"/>; other threads reach the simulation through <see cref="Post"/> only.
/// </remarks>
public sealed class BridgeSession : IDisposable
{
    // So many events run before the clock is looked at again.
    private const int EventsAtOnce = 4096;
    private const int FullFrame = 1514;
    private static readonly Duration LongestSleep = Duration.FromSeconds(1);
    private readonly Simulation _simulation;
    private readonly BridgeOptions _options;
    private readonly List<(BridgePort Port, FrameDevice Device)> _devices = [];
    private readonly List<Chore> _chores = [];
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Frame[] _batch;
    private WallClock _clock;
    private volatile DeviceWaiter? _waiter;
    private volatile bool _stopping;
    private readonly object _running = new();
    private Thread? _runner;
    private bool _disposed;
    private bool _releasesAtEnd;
    private Instant _lastEntered = new(-1);

    /// <summary>A session that has no device yet.</summary>
    /// <param name="simulation">Its limits must allow for the time that the session is to last.</param>
    /// <param name="options">Null: the defaults.</param>
    public BridgeSession(Simulation simulation, BridgeOptions? options = null)
    {
        _simulation = simulation;
        _options = options ?? new BridgeOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Batch, 1, nameof(options));
        // Each batch has an instant of its own.
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxLag, Duration.FromNanoseconds(1), nameof(options));
        _batch = new Frame[_options.Batch];
        _clock = new WallClock(simulation.Now);
    }

    /// <summary>How well virtual time keeps to the wall clock; for the session's own thread.</summary>
    public BridgeStatistics Statistics { get; } = new();

    /// <summary>What is behind the ports.</summary>
    public IReadOnlyList<(BridgePort Port, FrameDevice Device)> Devices => _devices;

    /// <summary>Puts a device behind a port, before <see cref="Run"/>.</summary>
    public void Attach(BridgePort port, FrameDevice device)
    {
        _devices.Add((port, device));
        port.HasOffloadDevice = device.TakesLongPackets;
        port.Leaving = (_, frame) => device.Write(_simulation.FramePool, frame);
    }

    /// <summary>Has something done again and again by the wall clock, on the session's thread, outside of the simulation: to look, not to touch.</summary>
    public void Every(Duration interval, Action action) => _chores.Add(new Chore(interval, action));

    /// <summary>Runs something in the simulation soon, from any thread. A replay knows nothing of it.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _waiter?.Wake();
    }

    /// <summary>Ends <see cref="Run"/> soon, from any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        _waiter?.Wake();
    }

    /// <summary>Runs until <see cref="Stop"/>, or the token.</summary>
    /// <exception cref="BridgeException">A device failed.</exception>
    /// <exception cref="InvalidOperationException">It runs already, on another thread.</exception>
    public void Run(CancellationToken stop = default)
    {
        Begin();
        try
        {
            RunUntilStopped(stop);
        }
        finally
        {
            End();
        }
    }

    private void RunUntilStopped(CancellationToken stop)
    {
        using DeviceWaiter waiter = new(_devices.Select(d => d.Device));
        _waiter = waiter;
        foreach ((_, FrameDevice device) in _devices)
        {
            device.Waker = waiter.Wake;
        }

        using CancellationTokenRegistration registration = stop.Register(Stop);
        Warm();
        _clock = new WallClock(_simulation.Now);
        try
        {
            while (!_stopping)
            {
                Round(waiter);
            }
        }
        finally
        {
            _waiter = null;
            foreach ((_, FrameDevice device) in _devices)
            {
                device.Waker = null;
                device.Flush(_simulation.FramePool);
            }

            Statistics.Elapsed = _clock.Elapsed;
        }
    }

    /// <summary>
    /// Gives the devices back, once <see cref="Run"/> has ended: a run on another thread is stopped and waited for; called from within the run, it stops
    /// that, and its end gives them back.
    /// </summary>
    public void Dispose()
    {
        Stop();
        lock (_running)
        {
            _disposed = true;
            if (_runner == Thread.CurrentThread)
            {
                _releasesAtEnd = true;
                return;
            }

            while (_runner is not null)
            {
                Monitor.Wait(_running);
            }
        }

        Release();
    }

    private void Begin()
    {
        lock (_running)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _runner = _runner is null ? Thread.CurrentThread : throw new InvalidOperationException("the session runs already");
        }
    }

    private void End()
    {
        lock (_running)
        {
            _runner = null;
            Monitor.PulseAll(_running);
        }

        if (_releasesAtEnd)
        {
            Release();
        }
    }

    private void Release()
    {
        _waiter?.Dispose();
        foreach ((BridgePort port, FrameDevice device) in _devices)
        {
            port.Leaving = null;
            device.Dispose();
        }
    }

    /// <summary>As many frames as a round takes are made beforehand: what is allocated later may stop the thread when it matters.</summary>
    private void Warm()
    {
        const int LongPackets = 40;
        bool isLong = _devices.Exists(one => one.Device.TakesLongPackets || one.Port.ReceiveOffload || one.Port.SegmentationOffload);
        List<Frame> frames = [.. _batch.Select(_ => _simulation.FramePool.Rent(FullFrame))];
        frames.AddRange(Enumerable.Range(0, isLong ? LongPackets : 0).Select(_ => _simulation.FramePool.Rent(TcpFrameLayout.MaxPacketLength)));
        frames.ForEach(_simulation.FramePool.Return);
    }

    private void Round(DeviceWaiter waiter)
    {
        Instant began = _clock.Now;
        Statistics.Rounds++;
        CatchUp(began);
        if (_stopping)
        {
            return;
        }

        while (_posted.TryDequeue(out Action? action))
        {
            _simulation.Loop.Post(_simulation.Now, action);
        }

        bool moved = ReadDevices();
        foreach ((_, FrameDevice device) in _devices)
        {
            device.Flush(_simulation.FramePool);
        }

        Duration left = DoChores();
        Instant now = _clock.Now;
        Statistics.LongestStall = Max(Statistics.LongestStall, now - began);
        if (!moved)
        {
            Sleep(waiter, now, Instant.Min(now + left, _simulation.Loop.NextDue));
        }
    }

    private void Sleep(DeviceWaiter waiter, Instant now, Instant until)
    {
        if (until <= now || !_posted.IsEmpty || _stopping || now - _lastEntered < _options.Spin)
        {
            return;
        }

        Duration most = until.IsNever || until - now > LongestSleep ? LongestSleep : until - now;
        Statistics.Sleeps++;
        waiter.Wait(most);
        Statistics.LongestStall = Max(Statistics.LongestStall, _clock.Now - now - most);
    }

    /// <summary>Everything that waits at one device enters at one instant; those of the next device at the next.</summary>
    private bool ReadDevices()
    {
        bool moved = false;
        foreach ((BridgePort port, FrameDevice device) in _devices)
        {
            int count = device.Read(_simulation.FramePool, _batch);
            if (count == 0)
            {
                continue;
            }

            moved = true;
            Enter(port, device, _batch.AsSpan(0, count));
        }

        return moved;
    }

    /// <summary>Frames that were read enter, or are counted as lost: the session was stopped, or failed, in the midst of what came before them.</summary>
    private void Enter(BridgePort port, FrameDevice device, ReadOnlySpan<Frame> frames)
    {
        bool isThere = false;
        Instant now = default;
        try
        {
            now = CatchUp(Instant.Max(_clock.Now, _lastEntered + Duration.FromNanoseconds(1)));
            isThere = _simulation.Loop.NextDue > now;
        }
        finally
        {
            if (!isThere)
            {
                Lose(device, frames);
            }
        }

        if (isThere)
        {
            _lastEntered = now;
            port.Enter(now, frames);
            RunTo(now);
        }
    }

    private void Lose(FrameDevice device, ReadOnlySpan<Frame> frames)
    {
        device.Counters.RxDropped += frames.Length;
        foreach (Frame frame in frames)
        {
            _simulation.FramePool.Return(frame);
        }
    }

    /// <summary>Runs what is due; the instant up to which it did, which is earlier when virtual time had to stand still.</summary>
    private Instant CatchUp(Instant target)
    {
        Instant due = _simulation.Loop.NextDue;
        if (due < target)
        {
            Statistics.Lag = target - due;
            Statistics.LongestLag = Max(Statistics.LongestLag, Statistics.Lag);
            target = Limit(target, due);
        }

        return RunTo(target);
    }

    /// <summary>Stopped, it runs some events all the same: few networks have more at an instant, and what is begun is better finished.</summary>
    private Instant RunTo(Instant target)
    {
        while (!_simulation.Loop.RunUntil(target, EventsAtOnce) && !_stopping)
        {
            target = Limit(target, _simulation.Now);
            Statistics.LongestLag = Max(Statistics.LongestLag, _clock.Now - _simulation.Now);
            if (_clock.Elapsed - Statistics.Elapsed > LongestSleep)
            {
                // A network without any delay or rate can make events without end in no time; it can be looked at and stopped all the same.
                DoChores();
            }
        }

        return target;
    }

    private Instant Limit(Instant target, Instant present)
    {
        Duration excess = _clock.Now - present - _options.MaxLag;
        if (excess <= Duration.Zero)
        {
            return target;
        }

        _clock.Slip(excess);
        Statistics.Slips++;
        Statistics.Slipped += excess;
        return Instant.Min(target, Instant.Max(present, _lastEntered) + _options.MaxLag);
    }

    /// <summary>Does what is due by the wall clock; how long until the next.</summary>
    private Duration DoChores()
    {
        Duration now = _clock.Elapsed;
        Statistics.Elapsed = now;
        Duration least = LongestSleep;
        foreach (Chore chore in _chores)
        {
            if (chore.Due <= now)
            {
                chore.Action();
                chore.Due = now + chore.Interval;
            }

            least = Duration.Min(least, chore.Due - now);
        }

        return least;
    }

    private static Duration Max(Duration a, Duration b) => a > b ? a : b;

    private sealed class Chore(Duration interval, Action action)
    {
        public Duration Interval { get; } = interval;

        public Action Action { get; } = action;

        public Duration Due { get; set; } = interval;
    }
}
