using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Tcp;

namespace SimNet.Observe;

/// <summary>
/// Says for each packet which changes of state its sender's connection went through since the packet before:
/// <c>client: CLOSED -> SYN-SENT (OPEN)</c>. Follows a packet from the sender's interface to wherever it is captured.
/// </summary>
internal sealed class SenderComments : PacketSink, IObserver<HostEvent<TcpStateChange>>, IDisposable
{
    // Comments of packets that never arrive where they would be taken are dropped when this many newer ones exist.
    private const int MostKept = 4096;
    private readonly Dictionary<Connection, Pending> _pending = [];
    private readonly Dictionary<CapturePoint, SimHost> _hosts = [];
    private readonly Dictionary<long, string> _byFrame = [];
    private readonly Queue<long> _order = new();
    private readonly List<(Connection Connection, Instant Closed)> _closed = [];
    private readonly List<IDisposable> _subscriptions = [];

    /// <summary>Watches all hosts that the simulation has now.</summary>
    public SenderComments(Simulation simulation)
    {
        _subscriptions.Add(simulation.Observe.StateChanges.Subscribe(this));
        foreach (SimHost host in simulation.Hosts)
        {
            Watch(host, host.Loopback);
            foreach (HostInterface port in host.Interfaces)
            {
                Watch(host, port);
            }
        }
    }

    /// <summary>The comment of a frame; null when there is none.</summary>
    public string? Find(long frameId) => _byFrame.GetValueOrDefault(frameId);

    /// <inheritdoc/>
    public override void OnFrame(
        Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment)
    {
        ForgetClosed(now);
        if (direction != CaptureDirection.Outbound || _pending.Count == 0)
        {
            return;
        }

        FrameSummary summary = new(now, LinkSide.AToB, 0, frame);
        Connection connection = new(
            _hosts[point],
            new IpEndpoint(summary.Source, summary.SourcePort),
            new IpEndpoint(summary.Destination, summary.DestinationPort));
        if (summary.IsTcp && _pending.Remove(connection, out Pending? pending))
        {
            Keep(frameId, $"{connection.Host.Name}: {pending.Text}");
        }
    }

    /// <inheritdoc/>
    public void OnNext(HostEvent<TcpStateChange> value)
    {
        TcpStateChange change = value.Event;
        ForgetClosed(change.Time);
        if (change.Remote.Port == 0)
        {
            return;
        }

        Connection connection = new(value.Host, change.Local, change.Remote);
        string text = $"{change.From.ToRfcName()} -> {change.To.ToRfcName()} ({change.Cause})";
        if (_pending.TryGetValue(connection, out Pending? pending) && pending.ConnectionId == change.ConnectionId)
        {
            pending.Text += ", " + text;
        }
        else
        {
            _pending[connection] = new Pending(change.ConnectionId, text);
        }

        if (change.To == TcpState.Closed)
        {
            _closed.Add((connection, change.Time));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private void Watch(SimHost host, HostInterface port)
    {
        _hosts.Add(port.Tap.Point, host);
        _subscriptions.Add(port.Tap.Attach(this));
    }

    private void Keep(long frameId, string comment)
    {
        _byFrame[frameId] = comment;
        _order.Enqueue(frameId);
        if (_order.Count > MostKept)
        {
            _byFrame.Remove(_order.Dequeue());
        }
    }

    /// <summary>A connection that closed may still send its RST at that instant; later there is nothing to comment on.</summary>
    private void ForgetClosed(Instant now)
    {
        if (_closed.Count == 0 || _closed[^1].Closed >= now)
        {
            return;
        }

        foreach ((Connection connection, _) in _closed)
        {
            _pending.Remove(connection);
        }

        _closed.Clear();
    }

    private readonly record struct Connection(SimHost Host, IpEndpoint Local, IpEndpoint Remote);

    private sealed class Pending(long connectionId, string text)
    {
        public long ConnectionId { get; } = connectionId;

        public string Text { get; set; } = text;
    }
}
