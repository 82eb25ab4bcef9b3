using System.Buffers;

namespace SimStack.Sockets;

/// <summary>
/// The datagrams that wait in one socket, bounded by SO_RCVBUF as Linux bounds them: by the memory they take, and the room that
/// reading makes is given back in portions while more is waiting (udp_rmem_release).
/// </summary>
internal sealed class DatagramQueue
{
    // Linux moves all that arrived to a queue of the reader's own; the portions depend on that one.
    private readonly Queue<Item> _arrived = new();
    private readonly Queue<Item> _reading = new();
    private int _owed;

    public int Count => _arrived.Count + _reading.Count;

    /// <summary>Bytes of memory accounted, as ss shows under Recv-Q.</summary>
    public int Memory { get; private set; }

    /// <summary>Takes a copy; false when there is no room.</summary>
    public bool TryAdd(in DatagramInfo info, ReadOnlySpan<byte> payload, int trueSize, int limit)
    {
        // A single datagram is taken whatever its size (Linux 6.18; older ones took one datagram more than fits).
        if (Memory > 0 && Memory + (long)trueSize > limit)
        {
            return false;
        }

        byte[] copy = payload.Length == 0 ? [] : ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(copy);
        Memory += trueSize;
        _arrived.Enqueue(new Item(info, copy, trueSize));
        return true;
    }

    /// <summary>The datagram that waits longest; only while there is one.</summary>
    public ReadOnlySpan<byte> Peek(out DatagramInfo info)
    {
        Item item = First();
        info = item.Info;
        return item.Payload.AsSpan(0, info.Length);
    }

    /// <summary>Removes the datagram that waits longest; only while there is one.</summary>
    /// <param name="limit">The receive buffer: a quarter of it is the portion.</param>
    public void Remove(int limit)
    {
        First();
        Item item = _reading.Dequeue();
        Return(item);
        _owed += item.TrueSize;
        if (_owed >= limit >> 2 || _reading.Count == 0)
        {
            Memory -= _owed;
            _owed = 0;
        }
    }

    public void Clear()
    {
        while (Count > 0)
        {
            First();
            Return(_reading.Dequeue());
        }

        Memory = _owed = 0;
    }

    private Item First()
    {
        if (_reading.Count == 0)
        {
            while (_arrived.TryDequeue(out Item item))
            {
                _reading.Enqueue(item);
            }
        }

        return _reading.Peek();
    }

    private static void Return(in Item item)
    {
        if (item.Payload.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(item.Payload);
        }
    }

    private readonly record struct Item(DatagramInfo Info, byte[] Payload, int TrueSize);
}
