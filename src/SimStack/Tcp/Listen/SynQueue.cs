using SimStack.Sockets;

namespace SimStack.Tcp.Listen;

/// <summary>The incomplete connections of a listening socket; entering and leaving take constant time.</summary>
internal sealed class SynQueue
{
    private readonly List<SynQueueEntry> _entries = [];
    private SynQueueEntry? _newest;

    public int Count => _entries.Count;

    public SynQueueEntry this[int index] => _entries[index];

    /// <summary>The entry that has been here longest.</summary>
    public SynQueueEntry? Oldest { get; private set; }

    /// <summary>Entries whose SYN-ACK was not yet sent again by the timer.</summary>
    public int Young { get; private set; }

    public void Add(SynQueueEntry entry)
    {
        Young += entry.Timeouts == 0 ? 1 : 0;
        entry.Older = _newest;
        if (_newest is null)
        {
            Oldest = entry;
        }
        else
        {
            _newest.Newer = entry;
        }

        _newest = entry;
        entry.Index = _entries.Count;
        _entries.Add(entry);
    }

    public IReadOnlyList<SynQueueItem> Snapshot()
    {
        List<SynQueueItem> items = new(_entries.Count);
        foreach (SynQueueEntry entry in _entries)
        {
            items.Add(new SynQueueItem(
                entry.Id, entry.Remote, entry.SentAt, entry.Timeouts, entry.NextRetransmission, entry.Acknowledged));
        }

        items.Sort((a, b) => a.ConnectionId.CompareTo(b.ConnectionId));
        return items;
    }

    /// <summary>The timer sends the entry's SYN-ACK again.</summary>
    public void CountTimeout(SynQueueEntry entry)
    {
        Young -= entry.Timeouts == 0 ? 1 : 0;
        entry.Timeouts++;
    }

    public void Remove(SynQueueEntry entry)
    {
        Young -= entry.Timeouts == 0 ? 1 : 0;
        Unlink(entry);
        SynQueueEntry last = _entries[^1];
        _entries[entry.Index] = last;
        last.Index = entry.Index;
        _entries.RemoveAt(_entries.Count - 1);
    }

    private void Unlink(SynQueueEntry entry)
    {
        if (entry.Older is null)
        {
            Oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        entry.Older = entry.Newer = null;
    }
}
