using SimNet.Bridge;
using SimNet.Time;

namespace SimNet.Tests.Bridge;

/// <summary>A bridge's session in real time on a thread of its own, until it is disposed of.</summary>
internal sealed class SessionThread : IDisposable
{
    private readonly BridgeSession _session;
    private readonly Simulation _simulation;
    private readonly Thread _thread;
    private Exception? _failure;

    /// <summary>Starts it.</summary>
    /// <param name="session">With its devices attached; disposed of with this.</param>
    /// <param name="simulation">Its simulation; disposed of after it.</param>
    public SessionThread(BridgeSession session, Simulation simulation)
    {
        (_session, _simulation) = (session, simulation);
        _thread = new Thread(Run) { Name = "bridge", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What made the session end, so far.</summary>
    public Exception? FailureSoFar => _failure;

    /// <summary>Waits half a minute for the session to end; what made it end. Disposing then says nothing of it.</summary>
    public Exception? TakeFailure()
    {
        _thread.Join(TimeSpan.FromSeconds(30));
        return Interlocked.Exchange(ref _failure, null);
    }

    public void Dispose()
    {
        _session.Stop();
        _thread.Join();
        _session.Dispose();
        _simulation.Dispose();
        if (_failure is not null)
        {
            throw new InvalidOperationException("the bridge failed: " + _failure.Message, _failure);
        }
    }

    private void Run()
    {
        try
        {
            _session.Run();
        }
        catch (Exception error)
        {
            _failure = error;
        }
    }
}
