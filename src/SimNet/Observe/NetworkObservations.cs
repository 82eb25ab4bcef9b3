using SimStack;

namespace SimNet.Observe;

/// <summary>What happens anywhere in a simulation. Each stream costs nothing while nobody subscribes to it.</summary>
public sealed class NetworkObservations
{
    internal NetworkObservations(Action subscribersChanged)
    {
        StateSource = new(subscribersChanged);
        TimerSource = new(subscribersChanged);
        WindowSource = new(subscribersChanged);
        ListenQueueSource = new(subscribersChanged);
    }

    /// <summary>
    /// Packets at all points: sent by an interface, queued or dropped by a link, delivered by the link, delivered to an
    /// interface. Each event carries its own copy of the bytes; subscribe at single points where that is too much.
    /// </summary>
    public IObservable<PacketEvent> Packets => PacketSource;

    /// <summary>Connections' changes of state on all hosts.</summary>
    public IObservable<HostEvent<TcpStateChange>> StateChanges => StateSource;

    /// <summary>Connections' timers going off on all hosts.</summary>
    public IObservable<HostEvent<TcpTimerEvent>> Timers => TimerSource;

    /// <summary>Windows and estimates of connections on all hosts.</summary>
    public IObservable<HostEvent<TcpWindowSample>> Windows => WindowSource;

    /// <summary>Changes in the queues of listening sockets on all hosts.</summary>
    public IObservable<HostEvent<ListenQueueChange>> ListenQueues => ListenQueueSource;

    /// <summary>Socket calls of applications on all hosts.</summary>
    public IObservable<SocketCall> SocketCalls => CallSource;

    internal ObservableSource<PacketEvent> PacketSource { get; } = new();

    internal ObservableSource<HostEvent<TcpStateChange>> StateSource { get; }

    internal ObservableSource<HostEvent<TcpTimerEvent>> TimerSource { get; }

    internal ObservableSource<HostEvent<TcpWindowSample>> WindowSource { get; }

    internal ObservableSource<HostEvent<ListenQueueChange>> ListenQueueSource { get; }

    internal ObservableSource<SocketCall> CallSource { get; } = new();

    internal bool WantsStackEvents =>
        StateSource.HasObservers || TimerSource.HasObservers || WindowSource.HasObservers || ListenQueueSource.HasObservers;

    internal void Complete()
    {
        PacketSource.Complete();
        StateSource.Complete();
        TimerSource.Complete();
        WindowSource.Complete();
        ListenQueueSource.Complete();
        CallSource.Complete();
    }
}
