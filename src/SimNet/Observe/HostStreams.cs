using SimNet.Hosts;
using SimStack;
using SimStack.Sockets;

namespace SimNet.Observe;

/// <summary>A host's observation streams, and their way into the simulation's.</summary>
internal sealed class HostStreams(SimHost host, Action subscribersChanged) : HostObserver
{
    private readonly NetworkObservations _network = host.Simulation.Observe;

    public ObservableSource<TcpStateChange> States { get; } = new(subscribersChanged);

    public ObservableSource<TcpTimerEvent> Timers { get; } = new(subscribersChanged);

    public ObservableSource<TcpWindowSample> Windows { get; } = new(subscribersChanged);

    public ObservableSource<ListenQueueChange> ListenQueues { get; } = new(subscribersChanged);

    public ObservableSource<SocketCall> Calls { get; } = new();

    public bool WantsCalls => Calls.HasObservers || _network.CallSource.HasObservers;

    public bool WantsStackEvents =>
        States.HasObservers || Timers.HasObservers || Windows.HasObservers || ListenQueues.HasObservers
        || _network.WantsStackEvents;

    public override void StateChanged(in TcpStateChange change) => Raise(States, _network.StateSource, in change);

    public override void TimerFired(in TcpTimerEvent timer) => Raise(Timers, _network.TimerSource, in timer);

    public override void WindowSampled(in TcpWindowSample sample) => Raise(Windows, _network.WindowSource, in sample);

    public override void ListenQueueChanged(in ListenQueueChange change) =>
        Raise(ListenQueues, _network.ListenQueueSource, in change);

    /// <summary>To be called only when <see cref="WantsCalls"/>.</summary>
    public void Called(HostSocket socket, string call, string arguments, Instant start, SocketResult result)
    {
        SocketCall done = new(host, socket, call, arguments, start, host.Now, result);
        Calls.Publish(in done);
        _network.CallSource.Publish(in done);
    }

    public void Complete()
    {
        States.Complete();
        Timers.Complete();
        Windows.Complete();
        ListenQueues.Complete();
        Calls.Complete();
    }

    private void Raise<T>(ObservableSource<T> own, ObservableSource<HostEvent<T>> network, in T value)
    {
        own.Publish(in value);
        if (network.HasObservers)
        {
            network.Publish(new HostEvent<T>(host, value));
        }
    }
}
