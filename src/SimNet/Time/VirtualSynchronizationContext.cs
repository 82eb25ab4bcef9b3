using SimStack;

namespace SimNet.Time;

/// <summary>
/// Brings <c>await</c> in simulated applications back to the loop: continuations run as events at the instant at which what was
/// awaited completed, on the loop's thread. An exception that leaves an application leaves <see cref="EventLoop.Run"/>.
/// </summary>
/// <remarks>
/// What completes outside the loop (<c>Task.Run</c>, real I/O, a real timer) can't be part of virtual time; when it comes back
/// here from another thread, the run ends with an <see cref="InvalidOperationException"/> that says so.
/// </remarks>
public sealed class VirtualSynchronizationContext : SynchronizationContext
{
    private readonly EventLoop _loop;
    private PostedCallback? _free;

    internal VirtualSynchronizationContext(EventLoop loop) => _loop = loop;

    /// <summary>
    /// Runs the callback as an event at the present instant, after the events that are already scheduled for it.
    /// </summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!_loop.IsOnThread)
        {
            _loop.ReportOutsidePost();
            return;
        }

        PostedCallback posted = _free ?? new PostedCallback(this);
        _free = posted.NextFree;
        posted.Callback = d;
        posted.State = state;
        _loop.Schedule(_loop.Now, posted);
    }

    /// <summary>Runs the callback at once; only on the loop's thread.</summary>
    /// <exception cref="NotSupportedException">Called from another thread.</exception>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!_loop.IsOnThread)
        {
            throw new NotSupportedException("Send to a virtual synchronization context works only on the thread of its event loop");
        }

        Run(d, state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs application code with this context as the current one.</summary>
    internal void Run(SendOrPostCallback callback, object? state)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private sealed class PostedCallback(VirtualSynchronizationContext context) : EventTarget
    {
        public SendOrPostCallback? Callback { get; set; }

        public object? State { get; set; }

        public PostedCallback? NextFree { get; set; }

        public override string Description => "application code";

        public override void Run(Instant now, long argument)
        {
            SendOrPostCallback callback = Callback!;
            object? state = State;
            Callback = null;
            State = null;
            NextFree = context._free;
            context._free = this;
            context.Run(callback, state);
        }
    }
}
