using SimNet.Capture;
using SimNet.Observe;
using SimNet.Time;
using SimStack;
using SimStack.Wire;

namespace SimNet.Devices;

/// <summary>
/// A learning switch (IEEE 802.1D §7 without spanning tree: links between switches must not make a loop). Queues are those of the
/// links at its ports. Forwarding allocates nothing; what is flooded is copied from the simulation's pool.
/// </summary>
public sealed class Switch : Alarm
{
    private const ulong ReservedGroups = 0x0180_C200_0000;
    private readonly SwitchPort[] _ports;
    private readonly MacTable _table;
    private readonly FramePool _pool;
    private readonly Duration _delay;
    private readonly Queue<(Frame Frame, SwitchPort From)> _waiting = new();

    internal Switch(Simulation simulation, SwitchOptions options)
        : base(simulation.Loop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Ports, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Ports, SwitchOptions.MaxPorts, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TableSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Ageing, Duration.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ForwardingDelay, Duration.Zero, nameof(options));
        Simulation = simulation;
        Name = options.Name;
        _delay = options.ForwardingDelay;
        _pool = simulation.FramePool;
        _table = new MacTable(options.TableSize, options.Ageing);
        _ports = new SwitchPort[options.Ports];
        for (int i = 0; i < _ports.Length; i++)
        {
            _ports[i] = new SwitchPort(this, i, simulation.Observe.PacketSource);
        }
    }

    /// <summary>Where it is.</summary>
    public Simulation Simulation { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its ports in order: <c>port1</c>, <c>port2</c>…</summary>
    public IReadOnlyList<SwitchPort> Ports => _ports;

    /// <summary>What it did so far.</summary>
    public SwitchCounters Counters { get; } = new();

    /// <summary>Addresses that were not known when they sent.</summary>
    public long Learned => _table.Learned;

    /// <summary>Addresses that changed their port.</summary>
    public long Moved => _table.Moved;

    /// <summary>Addresses forgotten for their age.</summary>
    public long Aged => _table.Aged;

    /// <summary>Addresses forgotten to make room.</summary>
    public long Evicted => _table.Evicted;

    /// <inheritdoc/>
    public override string Description => $"frames in {Name}";

    /// <summary>The addresses that it knows now, the one seen longest ago first.</summary>
    public IReadOnlyList<SwitchTableEntry> GetTable()
    {
        List<(MacAddress Address, int Port, Instant Seen)> entries = [];
        _table.CopyTo(Simulation.Now, entries);
        return [.. entries.Select(e => new SwitchTableEntry(e.Address, _ports[e.Port], e.Seen))];
    }

    public override string ToString() => Name;

    internal void Flush(SwitchPort port) => _table.Flush(port.Index);

    internal void Receive(Instant now, SwitchPort from, Frame frame)
    {
        Counters.Received++;
        if (!Admits(from, frame))
        {
            if (from.Tap.IsObserved)
            {
                LinkVerdict refused = new() { Reason = DropReason.Switch };
                from.Tap.Publish(now, frame, CaptureDirection.Inbound, PacketFate.Dropped, in refused);
            }

            _pool.Return(frame);
            return;
        }

        if (from.Tap.IsObserved)
        {
            LinkVerdict verdict = new() { Effects = (LinkEffects)frame.Note };
            from.Tap.Publish(now, frame, CaptureDirection.Inbound, PacketFate.Delivered, in verdict);
        }

        _table.Learn(now, MacAddress.Read(frame.Bytes[6..]), from.Index);
        if (_delay == Duration.Zero)
        {
            Forward(now, from, frame);
            return;
        }

        frame.Due = now + _delay;
        _waiting.Enqueue((frame, from));
        RingBy(_waiting.Peek().Frame.Due);
    }

    /// <summary>Forwards what has waited for the forwarding delay.</summary>
    protected override void Ring(Instant now)
    {
        while (_waiting.Count > 0 && _waiting.Peek().Frame.Due <= now)
        {
            (Frame frame, SwitchPort from) = _waiting.Dequeue();
            Forward(now, from, frame);
        }

        if (_waiting.Count > 0)
        {
            RingBy(_waiting.Peek().Frame.Due);
        }
    }

    private bool Admits(SwitchPort from, Frame frame)
    {
        if (!from.IsUp)
        {
            Counters.PortDown++;
            return false;
        }

        if (frame.Length < EthernetView.HeaderLength)
        {
            Counters.TooShort++;
            return false;
        }

        MacAddress source = MacAddress.Read(frame.Bytes[6..]);
        if (source.IsGroup || source == MacAddress.Zero)
        {
            Counters.BadSource++;
            return false;
        }

        if ((MacAddress.Read(frame.Bytes).Value & ~0xFUL) == ReservedGroups)
        {
            Counters.Reserved++;
            return false;
        }

        return true;
    }

    private void Forward(Instant now, SwitchPort from, Frame frame)
    {
        MacAddress destination = MacAddress.Read(frame.Bytes);
        int port = destination.IsGroup ? -1 : _table.Find(now, destination);
        if (port < 0)
        {
            Flood(now, from, frame);
        }
        else if (port == from.Index)
        {
            Counters.Filtered++;
            _pool.Return(frame);
        }
        else if (_ports[port].Forwards)
        {
            Counters.Forwarded++;
            _ports[port].Outgoing!.Send(now, frame);
        }
        else
        {
            Counters.NoPort++;
            _pool.Return(frame);
        }
    }

    /// <summary>Through all ports but that of arrival; the last one gets the frame itself.</summary>
    private void Flood(Instant now, SwitchPort from, Frame frame)
    {
        SwitchPort? last = null;
        for (int i = 0; i < _ports.Length; i++)
        {
            if (i == from.Index || !_ports[i].Forwards)
            {
                continue;
            }

            if (last is not null)
            {
                Counters.Copies++;
                last.Outgoing!.Send(now, _pool.Clone(frame));
            }

            last = _ports[i];
        }

        if (last is null)
        {
            Counters.NoPort++;
            _pool.Return(frame);
            return;
        }

        Counters.Flooded++;
        last.Outgoing!.Send(now, frame);
    }
}
