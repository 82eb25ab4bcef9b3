using System.Runtime.InteropServices;

namespace SimStack.Ip;

/// <summary>
/// The datagrams of one IP version that wait for fragments (RFC 791 §3.2, RFC 8200 §4.5): found by hash, given up in the order of
/// their deadlines, bounded by the memory of their fragments.
/// </summary>
internal sealed class FragmentTable
{
    // More than the limit of memory ever holds at a time are not kept for reuse.
    private const int MaxKept = 64;
    private readonly Dictionary<FragmentKey, FragmentQueue> _queues = [];
    private readonly Dictionary<IpAddress, Peer> _peers = [];
    private readonly Stack<FragmentQueue> _free = [];
    private readonly FragmentPool _pool = new();
    private FragmentQueue? _first;
    private FragmentQueue? _last;

    /// <summary>Bytes of the fragments that wait, as Linux counts them.</summary>
    internal long Memory { get; private set; }

    /// <summary>Datagrams that are incomplete.</summary>
    internal int Count => _queues.Count;

    /// <summary>When the oldest datagram is given up.</summary>
    internal Instant NextDeadline => _first?.Deadline ?? Instant.Never;

    /// <summary>The datagram that a fragment belongs to; begun when it was not there.</summary>
    internal FragmentQueue FindOrAdd(in FragmentKey key, Instant deadline)
    {
        if (_queues.TryGetValue(key, out FragmentQueue? queue))
        {
            return queue;
        }

        if (!_free.TryPop(out queue))
        {
            queue = new FragmentQueue();
        }

        queue.Begin(key);
        _queues.Add(key, queue);
        CollectionsMarshal.GetValueRefOrAddDefault(_peers, key.Source, out _).Queues++;
        Link(queue, deadline);
        return queue;
    }

    /// <summary>
    /// Counts a fragment of the queue's source; true when so many others came since the last one of this datagram that its
    /// identification may have come round (Linux: ipfrag_max_dist).
    /// </summary>
    internal bool IsTooFar(FragmentQueue queue, int maxDistance)
    {
        uint count = ++CollectionsMarshal.GetValueRefOrNullRef(_peers, queue.Key.Source).Fragments;
        bool far = maxDistance > 0 && !queue.IsEmpty && count - queue.PeerCount > (uint)maxDistance;
        queue.PeerCount = count;
        return far;
    }

    internal void Add(FragmentQueue queue, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> data, int offset)
    {
        Fragment fragment = _pool.Copy(headers, data, offset);
        Memory += fragment.MemorySize;
        queue.Add(fragment);
    }

    /// <summary>Forgets a datagram's fragments and begins it anew.</summary>
    internal void Restart(FragmentQueue queue, Instant deadline)
    {
        Clear(queue);
        Unlink(queue);
        Link(queue, deadline);
    }

    /// <summary>Forgets a datagram.</summary>
    internal void Remove(FragmentQueue queue)
    {
        Clear(queue);
        Unlink(queue);
        _queues.Remove(queue.Key);
        ref Peer peer = ref CollectionsMarshal.GetValueRefOrNullRef(_peers, queue.Key.Source);
        if (--peer.Queues == 0)
        {
            _peers.Remove(queue.Key.Source);
        }

        if (_free.Count < MaxKept)
        {
            _free.Push(queue);
        }
    }

    /// <summary>The datagram whose time is over; null when there is none.</summary>
    internal FragmentQueue? Due(Instant now) => _first is { } first && first.Deadline <= now ? first : null;

    private void Clear(FragmentQueue queue)
    {
        Fragment? fragment = queue.TakeAll();
        while (fragment is not null)
        {
            Fragment? next = fragment.Next;
            Memory -= fragment.MemorySize;
            _pool.Return(fragment);
            fragment = next;
        }
    }

    // Deadlines come in order, unless the setting was lowered meanwhile.
    private void Link(FragmentQueue queue, Instant deadline)
    {
        queue.Deadline = deadline;
        FragmentQueue? before = _last;
        while (before is not null && before.Deadline > deadline)
        {
            before = before.Previous;
        }

        FragmentQueue? after = before is null ? _first : before.Next;
        queue.Previous = before;
        queue.Next = after;
        if (before is null)
        {
            _first = queue;
        }
        else
        {
            before.Next = queue;
        }

        if (after is null)
        {
            _last = queue;
        }
        else
        {
            after.Previous = queue;
        }
    }

    private void Unlink(FragmentQueue queue)
    {
        if (queue.Previous is null)
        {
            _first = queue.Next;
        }
        else
        {
            queue.Previous.Next = queue.Next;
        }

        if (queue.Next is null)
        {
            _last = queue.Previous;
        }
        else
        {
            queue.Next.Previous = queue.Previous;
        }

        queue.Previous = null;
        queue.Next = null;
    }

    /// <summary>A source while datagrams of it are incomplete.</summary>
    private struct Peer
    {
        internal int Queues;
        internal uint Fragments;
    }
}
