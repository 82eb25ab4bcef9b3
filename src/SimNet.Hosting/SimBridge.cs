using SimNet.Bridge;

namespace SimNet.Hosting;

/// <summary>The bridge that runs as a hosted service, for the program's other services.</summary>
public sealed class SimBridge
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile BridgeSession? _session;
    private volatile Simulation? _simulation;
    private volatile SimBridgeSnapshot? _snapshot;

    internal SimBridge()
    {
    }

    /// <summary>The last figures that were taken; null before the first.</summary>
    public SimBridgeSnapshot? Snapshot
    {
        get => _snapshot;
        internal set => _snapshot = value;
    }

    /// <summary>
    /// Runs something in the simulation soon, on its thread, and hands out what comes of it: to change a link, start a host's program, look at
    /// sockets. A replay of the session knows nothing of it.
    /// </summary>
    /// <param name="action">Gets the simulation; must not block.</param>
    /// <exception cref="InvalidOperationException">The service has not started.</exception>
    /// <exception cref="OperationCanceledException">The service ended before it came to that.</exception>
    public Task<T> InvokeAsync<T>(Func<Simulation, T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (_session is not { } session || _simulation is not { } simulation)
        {
            throw new InvalidOperationException("the bridge has not started");
        }

        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Post(() => Run(done, simulation, action));
        return UntilEnd(done.Task);
    }

    /// <summary>As the other overload, without a result.</summary>
    /// <inheritdoc cref="InvokeAsync{T}(Func{Simulation, T})"/>
    public Task InvokeAsync(Action<Simulation> action) => InvokeAsync(simulation =>
    {
        action(simulation);
        return true;
    });

    internal void Begin(Simulation simulation, BridgeSession session) => (_simulation, _session) = (simulation, session);

    internal void End() => _ended.TrySetResult();

    private async Task<T> UntilEnd<T>(Task<T> done)
    {
        await Task.WhenAny(done, _ended.Task).ConfigureAwait(false);
        return done.IsCompleted ? await done.ConfigureAwait(false) : throw new OperationCanceledException("the bridge has ended");
    }

    private static void Run<T>(TaskCompletionSource<T> done, Simulation simulation, Func<Simulation, T> action)
    {
        try
        {
            done.TrySetResult(action(simulation));
        }
        catch (Exception exception)
        {
            done.TrySetException(exception);
        }
    }
}
