namespace SimStack.Tcp.FastOpen;

/// <summary>
/// What a listening socket knows of Fast Open: how many connections may wait for the end of their handshake, how many do, and the socket's own
/// keys (Linux: struct fastopen_queue).
/// </summary>
internal sealed class FastOpenQueue
{
    // A request that a RST ended counts for so long: whoever sends SYNs in another's name uses up the room, not the connections (RFC 7413 §5.1).
    private static readonly Duration ResetCounts = Duration.FromSeconds(60);

    private readonly Queue<Instant> _resets = new();

    /// <summary>TCP_FASTOPEN: the most that may be pending; 0: no Fast Open.</summary>
    public int Limit { get; set; }

    /// <summary>TCP_FASTOPEN_KEY; null: the host's.</summary>
    public FastOpenKeys? Keys { get; set; }

    /// <summary>Pending, and those that were reset within the last minute.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there is room for one more; the oldest that was reset gives way once its minute is over.</summary>
    public bool HasRoom(Instant now)
    {
        if (Count < Limit)
        {
            return true;
        }

        if (!_resets.TryPeek(out Instant end) || end > now)
        {
            return false;
        }

        _resets.Dequeue();
        Count--;
        return true;
    }

    public void Add() => Count++;

    /// <summary>The handshake is over.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="keeps">It was reset after accept: its place stays taken for a minute.</param>
    public void Remove(Instant now, bool keeps)
    {
        if (keeps)
        {
            _resets.Enqueue(now + ResetCounts);
        }
        else
        {
            Count = Math.Max(0, Count - 1);
        }
    }

    /// <summary>The socket stops to listen, or begins anew: what is pending counts no more.</summary>
    public void Clear()
    {
        Count = 0;
        _resets.Clear();
    }
}
