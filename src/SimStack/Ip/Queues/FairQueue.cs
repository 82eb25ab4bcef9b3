using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>
/// Linux's fq (net/sched/sch_fq.c): a queue for each socket, served in turns of a quantum, new ones first; and no packet leaves before the
/// time that TCP gave it, or than the socket's rate allows. Nothing costs more than the logarithm of the number of flows.
/// </summary>
public sealed class FairQueue : QueueDiscipline
{
    private const int Bands = 3;

    // What may go around the flows while all that wait there is not due (fq_fastpath_check).
    private const int MostInFastPath = 8;
    private static readonly Duration IdleTime = Duration.FromSeconds(3);

    private readonly int _packet;
    private readonly Dictionary<long, FairQueueFlow> _flows = [];
    private readonly PriorityQueue<FairQueueFlow, (long At, long Number)> _delayed = new();
    private readonly FlowRound[] _new = new FlowRound[Bands], _old = new FlowRound[Bands];
    private readonly int[] _credit = new int[Bands], _bandPackets = new int[Bands];
    private FairQueueFlow? _idleFirst, _idleLast;
    private PacketList _fast;
    private int _fastCount, _busyFlows, _band;
    private long _number;
    private FairQueueOptions _options;
    private int _quantum, _initialQuantum;
    private Instant _nextDelayed = Instant.Never, _timer = Instant.Never;

    /// <param name="mtu">Of the interface, in bytes.</param>
    /// <param name="options">Null: Linux's defaults.</param>
    /// <param name="headerLength">Bytes of the link layer's header, which count: 14 on Ethernet, 0 on a tun device.</param>
    /// <exception cref="ArgumentOutOfRangeException">A quantum out of range, a band that is not there.</exception>
    public FairQueue(int mtu, FairQueueOptions? options = null, int headerLength = EthernetView.HeaderLength)
    {
        _packet = mtu + headerLength;
        _options = options ?? new FairQueueOptions();
        Change(_options);
    }

    /// <summary>The parameters in force.</summary>
    public FairQueueOptions Options => _options;

    /// <inheritdoc/>
    public override string Kind => "fq";

    /// <summary>Flows that are remembered, idle ones too.</summary>
    public int Flows => _flows.Count;

    /// <summary>Flows whose packets all wait for their time.</summary>
    public int ThrottledFlows => _delayed.Count;

    /// <summary>Packets dropped because of flow_limit.</summary>
    public long FlowLimitDrops { get; private set; }

    /// <summary>Packets dropped because they were to leave beyond the horizon.</summary>
    public long HorizonDrops { get; private set; }

    /// <summary>Packets that leave at the horizon instead of later.</summary>
    public long HorizonCaps { get; private set; }

    /// <summary>Packets marked for ce_threshold.</summary>
    public long Marked { get; private set; }

    internal override bool Paces => _options.Pacing;

    internal override Instant NextDeadline => Packets == 0 ? Instant.Never : _timer;

    /// <summary>Goes on with other parameters (<c>tc qdisc change</c>); what waits stays.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A quantum out of range, a band that is not there.</exception>
    public void Change(FairQueueOptions options)
    {
        int quantum = options.Quantum ?? 2 * _packet;
        int initialQuantum = options.InitialQuantum ?? 10 * _packet;
        ArgumentOutOfRangeException.ThrowIfLessThan(quantum, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantum, 1 << 20, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(initialQuantum, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Weights.Count, Bands, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.PriorityMap.Count, 16, nameof(options));
        foreach (int band in options.PriorityMap)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)band, (uint)Bands, nameof(options));
        }

        (_options, _quantum, _initialQuantum) = (options, quantum, initialQuantum);
    }

    internal override bool Admits(Instant now, Frame first)
    {
        bool beyond = first.Departure > now + _options.Horizon;
        bool tooMany = _bandPackets[BandOf(first)] >= _options.Limit;
        if (tooMany || (beyond && _options.HorizonDrop))
        {
            HorizonDrops += tooMany ? 0 : 1;
            Dropped++;
            return false;
        }

        if (_flows.TryGetValue(KeyOf(first), out FairQueueFlow? flow) && flow.Count >= _options.FlowLimit && !MayPass(now, first))
        {
            FlowLimitDrops++;
            Dropped++;
            return false;
        }

        return true;
    }

    internal override void Enqueue(Instant now, Frame packet)
    {
        if (packet.Departure > now + _options.Horizon)
        {
            HorizonCaps++;
            packet.Departure = now + _options.Horizon;
        }

        packet.Due = packet.Departure == Instant.Zero ? now : packet.Departure;
        Packets++;
        Bytes += packet.PacketLength;
        if (MayPass(now, packet))
        {
            _fast.Append(packet);
            _fastCount++;
            return;
        }

        FairQueueFlow flow = Find(now, KeyOf(packet));
        int band = BandOf(packet);
        if (flow.IsDetached)
        {
            LeaveIdle(flow);
            flow.Band = band;
            _new[band].Append(flow);
            if (now - flow.DetachedAt > _options.RefillDelay)
            {
                flow.Credit = Math.Max(flow.Credit, _quantum);
            }
        }

        packet.Band = (byte)band;
        _bandPackets[band]++;
        if (flow.Count++ == 0)
        {
            _busyFlows++;
        }

        flow.Add(packet);
    }

    internal override Frame? Dequeue(Instant now)
    {
        if (Packets == 0)
        {
            return null;
        }

        if (_fast.TakeFirst() is { } passing)
        {
            _fastCount--;
            return Taken(passing);
        }

        ReleaseDelayed(now);
        while (true)
        {
            bool isNew = _new[_band].First is not null;
            ref FlowRound round = ref isNew ? ref _new[_band] : ref _old[_band];
            if (_credit[_band] <= 0 || round.First is null)
            {
                if (!FindBand())
                {
                    _timer = _nextDelayed.IsNever ? Instant.Never : _nextDelayed + _options.TimerSlack;
                    return null;
                }

                continue;
            }

            FairQueueFlow flow = round.First;
            if (flow.Credit <= 0)
            {
                flow.Credit += _quantum;
                round.First = flow.Next;
                _old[flow.Band].Append(flow);
                continue;
            }

            if (flow.Peek() is not { } packet)
            {
                round.First = flow.Next;
                Retire(now, flow, isNew);
                continue;
            }

            Instant due = Instant.Max(packet.Due, flow.TimeNextPacket);
            if (now < due)
            {
                round.First = flow.Next;
                flow.TimeNextPacket = due;
                Throttle(flow);
                continue;
            }

            return Send(now, flow, due);
        }
    }

    internal override Frame? TakeAny()
    {
        if (_fast.TakeFirst() is { } passing)
        {
            _fastCount--;
            return Taken(passing);
        }

        // Only when the queue is given up: looks for any flow with packets, whatever it waits for.
        while (_delayed.TryDequeue(out FairQueueFlow? delayed, out _))
        {
            _old[delayed.Band].Append(delayed);
        }

        _nextDelayed = _timer = Instant.Never;
        for (int band = 0; band < Bands; band++)
        {
            foreach (FlowRound[] rounds in (FlowRound[][])[_new, _old])
            {
                for (FairQueueFlow? flow = rounds[band].First; flow is not null; flow = flow.Next)
                {
                    if (flow.Take() is { } packet)
                    {
                        CountOut(flow, packet);
                        return Taken(packet);
                    }
                }
            }
        }

        return null;
    }

    // fq_fastpath_check: nothing that waits could leave now, and the packet may.
    private bool MayPass(Instant now, Frame packet)
    {
        if (packet.Departure > now || _options.MaxRate != long.MaxValue)
        {
            return false;
        }

        if (Packets > _fastCount && (_busyFlows != _delayed.Count || _nextDelayed <= now))
        {
            return false;
        }

        // TCP gives every packet its time; for others the rate is heeded in a flow.
        return _fastCount < MostInFastPath
            && (packet.Departure != Instant.Zero || packet.Owner is null || packet.Owner.PacingRate == long.MaxValue);
    }

    private FairQueueFlow Find(Instant now, long key)
    {
        if (_flows.TryGetValue(key, out FairQueueFlow? flow))
        {
            return flow;
        }

        if (_flows.Count > _options.Buckets)
        {
            ForgetIdle(now);
        }

        flow = new FairQueueFlow(key) { Credit = _initialQuantum, DetachedAt = now };
        _flows.Add(key, flow);
        JoinIdle(flow);
        return flow;
    }

    /// <summary>fq_gc, where Linux's hash table would have come to it; flows whose turn would only show that they are empty become idle first.</summary>
    private void ForgetIdle(Instant now)
    {
        for (int band = 0; band < Bands; band++)
        {
            while (_old[band].First is { Count: 0 } empty)
            {
                _old[band].First = empty.Next;
                Retire(now, empty, wasNew: false);
            }
        }

        while (_idleFirst is { } oldest && now - oldest.DetachedAt > IdleTime)
        {
            LeaveIdle(oldest);
            _flows.Remove(oldest.Key);
        }
    }

    private Frame Send(Instant now, FairQueueFlow flow, Instant due)
    {
        Frame packet = flow.Take()!;
        if (now - due > _options.CeThreshold)
        {
            Mark(packet);
        }

        CountOut(flow, packet);
        int length = packet.PacketLength;
        flow.Credit -= length;
        _credit[_band] -= length;
        if (_options.Pacing)
        {
            Pace(now, flow, packet);
        }

        return Taken(packet);
    }

    /// <summary>When the flow's next packet may leave, by the rate of its socket or of the queue.</summary>
    private void Pace(Instant now, FairQueueFlow flow, Frame packet)
    {
        long rate = _options.MaxRate;
        int length = packet.PacketLength;
        if (packet.Departure == Instant.Zero)
        {
            rate = Math.Min(packet.Owner?.PacingRate ?? long.MaxValue, rate);
            if (rate <= _options.LowRateThreshold)
            {
                flow.Credit = 0;
            }
            else
            {
                length = Math.Max(length, _quantum);
                if (flow.Credit > 0)
                {
                    return;
                }
            }
        }

        if (rate == long.MaxValue)
        {
            return;
        }

        // A second at most: the rate may be another one by then.
        long time = rate == 0 ? 1_000_000_000 : Math.Min(length * 1_000_000_000L / rate, 1_000_000_000);
        if (flow.TimeNextPacket != Instant.Zero)
        {
            time -= Math.Min(time / 2, (now - flow.TimeNextPacket).Nanoseconds); // It may have left late.
        }

        flow.TimeNextPacket = now + new Duration(time);
    }

    private void Retire(Instant now, FairQueueFlow flow, bool wasNew)
    {
        if (wasNew)
        {
            _old[flow.Band].Append(flow); // One round among the old ones, that those get their turn.
            return;
        }

        flow.IsDetached = true;
        flow.DetachedAt = now;
        JoinIdle(flow);
    }

    private void Throttle(FairQueueFlow flow)
    {
        _delayed.Enqueue(flow, (flow.TimeNextPacket.Nanoseconds, _number++));
        _nextDelayed = Instant.Min(_nextDelayed, flow.TimeNextPacket);
    }

    private void ReleaseDelayed(Instant now)
    {
        if (_nextDelayed > now)
        {
            return;
        }

        _nextDelayed = Instant.Never;
        while (_delayed.TryPeek(out FairQueueFlow? flow, out (long At, long Number) next))
        {
            if (next.At > now.Nanoseconds)
            {
                _nextDelayed = new Instant(next.At);
                return;
            }

            _delayed.Dequeue();
            _old[flow.Band].Append(flow);
        }
    }

    /// <summary>The next band with credit and flows; bands that sent more than their weight pay it back first.</summary>
    private bool FindBand()
    {
        for (int tries = 1; tries <= Bands; tries++)
        {
            _band = (_band + 1) % Bands;
            int weight = _options.Weights[_band];
            _credit[_band] = Math.Min(_credit[_band] + weight, weight);
            if (_credit[_band] <= 0)
            {
                tries = 0;
            }
            else if (_new[_band].First is not null || _old[_band].First is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void CountOut(FairQueueFlow flow, Frame packet)
    {
        _bandPackets[packet.Band]--;
        if (--flow.Count == 0)
        {
            _busyFlows--;
        }
    }

    private Frame Taken(Frame packet)
    {
        Packets--;
        Bytes -= packet.PacketLength;
        return packet;
    }

    private void Mark(Frame packet)
    {
        bool marked = false;
        for (Frame? part = packet; part is not null; part = part.NextPart)
        {
            marked |= EcnField.MarkCongestion(part.Bytes);
        }

        Marked += marked ? 1 : 0;
    }

    private int BandOf(Frame packet) => _options.PriorityMap[(packet.Owner?.Priority ?? PacketHash.PriorityOf(packet.Bytes)) & 15];

    private long KeyOf(Frame packet) =>
        packet.Owner is { FlowKey: not 0 and var key } ? key : ((long)(PacketHash.Of(packet.Bytes) & _options.OrphanMask) << 1) | 1;

    private void JoinIdle(FairQueueFlow flow)
    {
        (flow.IdleBefore, flow.IdleAfter) = (_idleLast, null);
        if (_idleLast is null)
        {
            _idleFirst = flow;
        }
        else
        {
            _idleLast.IdleAfter = flow;
        }

        _idleLast = flow;
    }

    private void LeaveIdle(FairQueueFlow flow)
    {
        if (flow.IdleBefore is null)
        {
            _idleFirst = flow.IdleAfter;
        }
        else
        {
            flow.IdleBefore.IdleAfter = flow.IdleAfter;
        }

        if (flow.IdleAfter is null)
        {
            _idleLast = flow.IdleBefore;
        }
        else
        {
            flow.IdleAfter.IdleBefore = flow.IdleBefore;
        }

        flow.IdleBefore = flow.IdleAfter = null;
        flow.IsDetached = false;
    }
}
