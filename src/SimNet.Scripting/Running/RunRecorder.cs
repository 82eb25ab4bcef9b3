using SimNet.Observe;
using SimNet.Scripting.Model;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>Keeps what happens in a simulation.</summary>
internal sealed class RunRecorder
{
    private readonly Simulation _simulation;
    private readonly Dictionary<long, PacketRecord> _onTheWay = [];
    private readonly bool _live;

    /// <param name="simulation">What is watched.</param>
    /// <param name="live">True: a run without end, of which only the applications' own accounts are passed on.</param>
    public RunRecorder(Simulation simulation, bool live = false)
    {
        _simulation = simulation;
        _live = live;
        if (live)
        {
            return;
        }

        simulation.Observe.Packets.Subscribe(OnPacket);
        simulation.Observe.StateChanges.Subscribe(e => States.Add(new StateRecord(e.Host.Name, e.Event, Packets.Count)));
        simulation.Observe.ListenQueues.Subscribe(e => Queues.Add(new QueueRecord(e.Host.Name, e.Event, Packets.Count)));
    }

    public List<PacketRecord> Packets { get; } = [];
    public List<StateRecord> States { get; } = [];
    public List<QueueRecord> Queues { get; } = [];
    public List<CallRecord> Calls { get; } = [];
    public List<ApplicationRecord> Log { get; } = [];
    public List<SocketTableRecord> Tables { get; } = [];

    /// <summary>`at` statements that came too late, and when they came.</summary>
    public List<(AtStatement Statement, Instant Now)> Missed { get; } = [];

    /// <summary>Told of what applications say; null: nobody.</summary>
    public Action<ApplicationRecord>? Said { get; set; }

    /// <summary>Told of calls that returned; null: nobody.</summary>
    public Action<CallRecord>? Ended { get; set; }

    /// <summary>Keeps a call.</summary>
    public void Add(CallRecord call)
    {
        if (!_live)
        {
            Calls.Add(call);
        }
    }

    /// <summary>Keeps what an application says.</summary>
    public void Add(ApplicationRecord line)
    {
        if (!_live)
        {
            Log.Add(line);
        }

        Said?.Invoke(line);
    }

    /// <summary>Notes a host's socket table.</summary>
    public void TakeTable(string host)
    {
        var rows = new List<SocketTableRow>();
        Host stack = _simulation.Hosts.First(h => h.Name == host).Stack;
        stack.GetSocketTable(_simulation.Now, rows);
        Tables.Add(new SocketTableRecord(host, _simulation.Now, rows, [.. stack.Counters.NonZero()]));
    }

    /// <summary>The connections with their states: every change belongs to the connection of its number.</summary>
    public List<ConnectionRecord> Connections()
    {
        var result = new List<ConnectionRecord>();
        foreach (string host in _simulation.Hosts.Select(h => h.Name))
        {
            int number = 0;
            foreach (IGrouping<long, StateRecord> group in States.Where(s => s.Host == host).GroupBy(s => s.Change.ConnectionId).OrderBy(g => g.Key))
            {
                // A listening socket itself goes to and from LISTEN and has no peer.
                TcpStateChange[] changes = [.. group.Select(s => s.Change).Where(c => !c.Remote.Address.IsUnspecified || c.Remote.Port != 0)];
                if (changes.Length > 0)
                {
                    number++;
                    result.Add(new ConnectionRecord(host, number, group.Key, changes[0].Local, changes[0].Remote, changes));
                }
            }
        }

        return result;
    }

    private void OnPacket(PacketEvent packet)
    {
        if (packet.Point.Kind == CapturePointKind.HostInterface)
        {
            PacketRecord record = PacketRecord.From(in packet);
            Packets.Add(record);
            if (record is { Outbound: true, Lost: null })
            {
                _onTheWay[record.FrameId] = record;
            }
            else if (!record.Outbound)
            {
                _onTheWay.Remove(record.FrameId);
            }
        }
        else if (packet.Fate == PacketFate.Dropped && _onTheWay.Remove(packet.FrameId, out PacketRecord? sent))
        {
            sent.Lost = packet.Reason.ToText();
        }
    }
}
