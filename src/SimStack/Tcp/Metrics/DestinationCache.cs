using SimStack.Ip;

namespace SimStack.Tcp.Metrics;

/// <summary>Which way an entry is about: the own address and the peer's.</summary>
internal readonly record struct DestinationKey(IpAddress Local, IpAddress Remote);

/// <summary>
/// A host's memory of destinations (Linux: tcp_metrics). Bounded: beyond the limit the entry that was made or renewed longest ago goes.
/// </summary>
internal sealed class DestinationCache
{
    /// <summary>Linux's tcp_metrics_hash_entries on a machine with much memory.</summary>
    private const int Limit = 16_384;

    private readonly Dictionary<DestinationKey, DestinationMetrics> _entries = [];
    private readonly LinkedList<DestinationKey> _byAge = new();

    public int Count => _entries.Count;

    /// <summary>All of them, the one that was made or renewed longest ago first.</summary>
    public IEnumerable<(DestinationKey Key, DestinationMetrics Metrics)> Entries => _byAge.Select(key => (key, _entries[key]));

    /// <summary>What is known; null for nothing.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="local">The own address.</param>
    /// <param name="remote">The peer's.</param>
    /// <param name="route">The way there, with what it says of it.</param>
    public DestinationMetrics? Find(Instant now, IpAddress local, IpAddress remote, Route? route)
    {
        DestinationMetrics? entry = _entries.GetValueOrDefault(new DestinationKey(local, remote));
        entry?.Expire(now, route);
        return entry;
    }

    /// <summary>The entry to write to, made if there is none.</summary>
    public DestinationMetrics Renew(Instant now, IpAddress local, IpAddress remote, Route? route)
    {
        DestinationKey key = new(local, remote);
        if (!_entries.TryGetValue(key, out DestinationMetrics? entry))
        {
            if (_entries.Count >= Limit)
            {
                Remove(_byAge.First!.Value);
            }

            entry = new DestinationMetrics(key);
            entry.TakeFrom(now, route);
            _entries.Add(key, entry);
        }
        else
        {
            entry.Expire(now, route);
            _byAge.Remove(entry.Place);
        }

        _byAge.AddLast(entry.Place);
        return entry;
    }

    /// <summary>Forgets one destination, or all when it is null (<c>ip tcp_metrics flush</c>).</summary>
    /// <returns>False when that destination was not known.</returns>
    public bool Flush(IpAddress? remote)
    {
        bool found = remote is null;
        for (LinkedListNode<DestinationKey>? node = _byAge.First; node is not null;)
        {
            DestinationKey key = node.Value;
            node = node.Next;
            if (remote is null || key.Remote == remote)
            {
                Remove(key);
                found = true;
            }
        }

        return found;
    }

    private void Remove(DestinationKey key)
    {
        if (_entries.Remove(key, out DestinationMetrics? entry))
        {
            _byAge.Remove(entry.Place);
        }
    }
}
