using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// The neighbours on one link, for ARP (RFC 826) and neighbor discovery (RFC 4861) alike, with the states and numbers of Linux:
/// three solicitations 1 s apart, a check 5 s after the first use of a stale entry by three direct ones, 30 s reachable (not
/// randomised).
/// </summary>
public sealed class NeighbourTable
{
    /// <summary>Frames that wait for one neighbour (Linux: unres_qlen 101); the oldest is dropped.</summary>
    public const int MaxWaiting = 101;

    /// <summary>Entries at most (Linux: gc_thresh3).</summary>
    public const int MaxEntries = 1024;

    private const int MaxProbes = 3;
    private static readonly Duration Retransmit = Duration.FromSeconds(1);
    private static readonly Duration DelayProbe = Duration.FromSeconds(5);
    private static readonly Duration ReachableTime = Duration.FromSeconds(30);

    // Linux's locktime: a second, different answer within it does not replace the first.
    private static readonly Duration LockTime = Duration.FromSeconds(1);

    private readonly IpLayer _layer;
    private readonly NetworkInterface _interface;
    private readonly Dictionary<IpAddress, NeighbourEntry> _byAddress = [];
    private readonly List<NeighbourEntry> _entries = [];
    private readonly List<NeighbourEntry> _timed = [];

    internal NeighbourTable(IpLayer layer, NetworkInterface through)
    {
        _layer = layer;
        _interface = through;
    }

    /// <summary>In the order they were made.</summary>
    public IReadOnlyList<NeighbourEntry> Entries => _entries;

    /// <summary>Frames dropped because too many waited, the table was full, or nobody answered.</summary>
    public long Dropped { get; private set; }

    /// <summary>When <see cref="Advance"/> is next due; never, mostly.</summary>
    internal Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>The entry, or null.</summary>
    public NeighbourEntry? Find(in IpAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>Sets an entry by hand, as <c>ip neigh replace … nud permanent</c> does; what waited for it is sent.</summary>
    public void SetPermanent(IpAddress address, MacAddress mac)
    {
        NeighbourEntry entry = Find(address) ?? Add(address, Instant.Zero) ?? throw new InvalidOperationException(
            $"{_interface.Name} has {MaxEntries} neighbours already; {address} does not fit.");
        entry.MacAddress = mac;
        SetState(entry, NeighbourState.Permanent, Instant.Never);
        SendWaiting(entry);
    }

    /// <summary>The entry, made when it was not there; null when the table is full of entries in use.</summary>
    internal NeighbourEntry? FindOrAdd(in IpAddress address, Instant now) => Find(address) ?? Add(address, now);

    /// <summary>
    /// Sends a frame whose IP packet is complete to the neighbour, or keeps it until the neighbour has answered.
    /// </summary>
    /// <returns>False when the interface's queue had no room for it.</returns>
    internal bool Send(Instant now, NeighbourEntry entry, Frame frame, in IpAddress source)
    {
        switch (entry.State)
        {
            case NeighbourState.Reachable when now - entry.Confirmed <= ReachableTime:
            case NeighbourState.Permanent or NeighbourState.Delay or NeighbourState.Probe:
                break;
            case NeighbourState.Reachable or NeighbourState.Stale:
                SetState(entry, NeighbourState.Delay, now + DelayProbe);
                break;
            default:
                Wait(now, entry, frame, source);
                return true;
        }

        entry.MacAddress.WriteTo(frame.Buffer);
        return _interface.Enqueue(frame);
    }

    /// <summary>Takes what an ARP message or a neighbor discovery message says, by Linux's rules.</summary>
    /// <param name="now">The time.</param>
    /// <param name="entry">Which neighbour.</param>
    /// <param name="mac">Its Ethernet address; null when the message has none.</param>
    /// <param name="state">REACHABLE for an answer to a question, STALE otherwise.</param>
    /// <param name="replace">Another address than the known one is taken over.</param>
    /// <param name="weak">ND without the override flag: another address makes the entry STALE (RFC 4861 §7.2.5).</param>
    internal void Update(Instant now, NeighbourEntry entry, MacAddress? mac, NeighbourState state, bool replace, bool weak)
    {
        if (entry.State == NeighbourState.Permanent || (mac is null && !entry.IsValid))
        {
            return;
        }

        bool wasValid = entry.IsValid;
        MacAddress known = mac ?? entry.MacAddress;
        if (wasValid && known != entry.MacAddress && !replace)
        {
            if (!weak || entry.State != NeighbourState.Reachable)
            {
                return;
            }

            known = entry.MacAddress;
            state = NeighbourState.Stale;
        }
        else if (wasValid && known == entry.MacAddress && state == NeighbourState.Stale)
        {
            // Nothing new: a check that goes on, goes on.
            return;
        }

        if (state == NeighbourState.Reachable)
        {
            entry.Confirmed = now;
        }
        else if (known != entry.MacAddress)
        {
            // What was confirmed was another address.
            entry.Confirmed = now - ReachableTime - ReachableTime;
        }

        entry.Updated = now;
        entry.MacAddress = known;
        SetState(entry, state, Instant.Never);
        SendWaiting(entry);
    }

    /// <summary>Linux takes a second ARP answer only a second after the first.</summary>
    internal static bool IsUnlocked(Instant now, NeighbourEntry entry) => !entry.IsValid || now - entry.Updated > LockTime;

    internal void Advance(Instant now)
    {
        while (NextDeadline <= now)
        {
            NeighbourEntry due = _timed[0];
            foreach (NeighbourEntry entry in _timed)
            {
                due = entry.Deadline < due.Deadline ? entry : due;
            }

            OnTimer(now, due);
        }
    }

    /// <summary>Forgets all entries but permanent ones; what waits for them is dropped.</summary>
    internal void Flush()
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            NeighbourEntry entry = _entries[i];
            if (entry.State == NeighbourState.Permanent)
            {
                continue;
            }

            while (entry.TakeWaiting() is { } frame)
            {
                Drop(frame);
            }

            SetState(entry, NeighbourState.None, Instant.Never);
            entry.IsRemoved = true;
            _byAddress.Remove(entry.Address);
            _entries.RemoveAt(i);
        }
    }

    private void OnTimer(Instant now, NeighbourEntry entry)
    {
        if (entry.State == NeighbourState.Delay)
        {
            if (now - entry.Confirmed <= DelayProbe)
            {
                SetState(entry, NeighbourState.Reachable, Instant.Never);
                return;
            }

            entry.Probes = 0;
            entry.State = NeighbourState.Probe;
        }
        else if (entry.Probes >= MaxProbes)
        {
            Fail(now, entry);
            return;
        }

        Ask(now, entry);
    }

    private void Ask(Instant now, NeighbourEntry entry)
    {
        entry.Probes++;
        SetState(entry, entry.State, now + Retransmit);
        _layer.SendSolicitation(_interface, entry, direct: entry.State == NeighbourState.Probe);
    }

    /// <summary>Asks for a neighbour that nothing waits for yet.</summary>
    internal void Solicit(Instant now, NeighbourEntry entry, in IpAddress source)
    {
        if (entry.State is NeighbourState.None or NeighbourState.Failed)
        {
            entry.AskFrom = source;
            entry.Probes = 0;
            entry.State = NeighbourState.Incomplete;
            entry.Updated = now;
            Ask(now, entry);
        }
    }

    private void Wait(Instant now, NeighbourEntry entry, Frame frame, in IpAddress source)
    {
        if (entry.WaitingCount == MaxWaiting)
        {
            Drop(entry.TakeWaiting()!);
        }

        entry.AddWaiting(frame);
        entry.AskFrom = source;
        if (entry.State != NeighbourState.Incomplete)
        {
            entry.Probes = 0;
            entry.State = NeighbourState.Incomplete;
            entry.Updated = now;
            Ask(now, entry);
        }
    }

    // RFC 4861 §7.2.2: no answer to the last question; what waits is dropped and its senders are told.
    private void Fail(Instant now, NeighbourEntry entry)
    {
        SetState(entry, NeighbourState.Failed, Instant.Never);
        entry.Updated = now;
        for (int left = entry.WaitingCount; left > 0 && entry.TakeWaiting() is { } frame; left--)
        {
            _layer.ReportHostUnreachable(now, _interface, frame);
            Drop(frame);
        }
    }

    private void Drop(Frame frame)
    {
        Dropped++;
        _layer.Pool.Return(frame);
    }

    private void SendWaiting(NeighbourEntry entry)
    {
        while (entry.TakeWaiting() is { } frame)
        {
            entry.MacAddress.WriteTo(frame.Buffer);
            _interface.Enqueue(frame);
        }
    }

    private void SetState(NeighbourEntry entry, NeighbourState state, Instant deadline)
    {
        entry.State = state;
        if (entry.Deadline.IsNever != deadline.IsNever)
        {
            if (deadline.IsNever)
            {
                _timed.Remove(entry);
            }
            else
            {
                _timed.Add(entry);
            }
        }

        entry.Deadline = deadline;
        Instant next = Instant.Never;
        foreach (NeighbourEntry timed in _timed)
        {
            next = Instant.Min(next, timed.Deadline);
        }

        NextDeadline = next;
        _layer.DeadlinesChanged();
    }

    private NeighbourEntry? Add(in IpAddress address, Instant now)
    {
        if (_entries.Count >= MaxEntries && !EvictOldest())
        {
            return null;
        }

        NeighbourEntry entry = new(address) { Updated = now };
        _byAddress.Add(address, entry);
        _entries.Add(entry);
        return entry;
    }

    private bool EvictOldest()
    {
        NeighbourEntry? oldest = null;
        foreach (NeighbourEntry entry in _entries)
        {
            bool idle = entry.State is NeighbourState.None or NeighbourState.Failed or NeighbourState.Stale
                or NeighbourState.Reachable;
            if (idle && (oldest is null || entry.Updated < oldest.Updated))
            {
                oldest = entry;
            }
        }

        if (oldest is null)
        {
            return false;
        }

        oldest.IsRemoved = true;
        _byAddress.Remove(oldest.Address);
        return _entries.Remove(oldest);
    }
}
