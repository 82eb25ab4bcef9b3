using SimStack.Sockets;

namespace SimStack.Tcp.Listen;

/// <summary>The incomplete connections of a listening socket; entering and leaving take constant time.</summary>
internal sealed class SynQueue
{
    private readonly List<SynQueueEntry> _entries = [];

    public int Count => _entries.Count;

    public SynQueueEntry this[int index] => _entries[index];

    public void Add(SynQueueEntry entry)
    {
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

    public void Remove(SynQueueEntry entry)
    {
        SynQueueEntry last = _entries[^1];
        _entries[entry.Index] = last;
        last.Index = entry.Index;
        _entries.RemoveAt(_entries.Count - 1);
    }
}
