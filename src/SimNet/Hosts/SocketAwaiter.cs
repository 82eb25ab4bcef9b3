using System.Threading.Tasks.Sources;
using SimNet.Time;

namespace SimNet.Hosts;

/// <summary>
/// One call that waits for a socket, reused from call to call without allocation. Completed on the loop, it runs the continuation
/// there and then: with the loop's synchronization context when the <c>await</c> asked for one, without when not.
/// </summary>
internal sealed class SocketAwaiter<T>(VirtualSynchronizationContext context) : IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _cancellation;
    private bool _wantsContext;

    /// <summary>True between <see cref="Begin"/> and its completion.</summary>
    public bool IsPending { get; private set; }

    public short Version => _core.Version;

    /// <summary>
    /// Starts to wait. When the token is cancelled first, the call ends with <see cref="OperationCanceledException"/>.
    /// </summary>
    public void Begin(CancellationToken cancellationToken)
    {
        if (IsPending)
        {
            throw new InvalidOperationException("a call of this kind is waiting on the socket already");
        }

        _core.Reset();
        _wantsContext = false;
        IsPending = true;
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (awaiter, token) => ((SocketAwaiter<T>)awaiter!).Fail(new OperationCanceledException(token)), this);
        }
    }

    /// <summary>Ends the call with a result, if it waits.</summary>
    public void Complete(T result)
    {
        if (!End())
        {
            return;
        }

        SynchronizationContext? before = EnterContext();
        try
        {
            _core.SetResult(result);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Ends the call with an error, if it waits.</summary>
    public void Fail(Exception error)
    {
        if (!End())
        {
            return;
        }

        SynchronizationContext? before = EnterContext();
        try
        {
            _core.SetException(error);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public T GetResult(short token) => _core.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // Posting to a captured context would allocate and cost an event; the call completes on the loop anyway.
        _wantsContext = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != ValueTaskSourceOnCompletedFlags.None;
        _core.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
    }

    private bool End()
    {
        if (!IsPending)
        {
            return false;
        }

        IsPending = false;
        _cancellation.Unregister();
        _cancellation = default;
        return true;
    }

    private SynchronizationContext? EnterContext()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_wantsContext ? context : null);
        return before;
    }
}
