using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>A packet that waits to be sent: an sk_buff of Linux's write queue, as its end in sequence space.</summary>
internal struct QueuedPacket
{
    public SequenceNumber End;

    /// <summary>Its last byte is pushed.</summary>
    public bool Push;

    /// <summary>Nothing is appended, nor merged: MSG_EOR.</summary>
    public bool EndOfRecord;

    /// <summary>It has pages of MSG_ZEROCOPY: nothing is merged with it.</summary>
    public bool Pinned;

    /// <summary>Of a packet with pinned pages: its last fragment is copied data, which more may join.</summary>
    public bool EndsCopied;
}

/// <summary>
/// The packets behind SND.NXT, oldest first. Each begins where the one before it ends, the first at SND.NXT itself, so that sending a part of
/// it changes nothing here.
/// </summary>
internal sealed class WriteQueue
{
    private QueuedPacket[] _items = new QueuedPacket[4];
    private int _head;

    public int Count { get; private set; }

    public ref QueuedPacket First => ref _items[_head];

    /// <summary>The one behind the first; only while there are two.</summary>
    public ref QueuedPacket Second => ref _items[(_head + 1) & (_items.Length - 1)];

    public ref QueuedPacket Last => ref _items[(_head + Count - 1) & (_items.Length - 1)];

    /// <summary>Where the last one begins, when the first does at <paramref name="next"/>.</summary>
    public SequenceNumber StartOfLast(SequenceNumber next) =>
        Count == 1 ? next : _items[(_head + Count - 2) & (_items.Length - 1)].End;

    /// <summary>A packet without data yet.</summary>
    public void Add(SequenceNumber end)
    {
        if (Count == _items.Length)
        {
            QueuedPacket[] larger = new QueuedPacket[_items.Length * 2];
            for (int i = 0; i < Count; i++)
            {
                larger[i] = _items[(_head + i) & (_items.Length - 1)];
            }

            _items = larger;
            _head = 0;
        }

        Count++;
        Last = new QueuedPacket { End = end };
    }

    public void RemoveFirst()
    {
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
    }

    /// <summary>Whether so many bytes from the first packet on can be sent as one.</summary>
    /// <param name="next">Where the first begins.</param>
    /// <param name="length">No more than there are.</param>
    public bool CanJoin(SequenceNumber next, int length)
    {
        for (int i = 0; i < Count; i++)
        {
            ref QueuedPacket packet = ref _items[(_head + i) & (_items.Length - 1)];
            if (packet.End >= next + length)
            {
                return i == 0 || !packet.Pinned;
            }

            if (packet.EndOfRecord || packet.Pinned)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The first takes over the beginning of the second, or all of it and with it what marks its end.</summary>
    /// <returns>True when the second is gone.</returns>
    public bool GrowFirst(int bytes)
    {
        int most = Second.End - First.End;
        if (bytes < most)
        {
            First.End += bytes;
            return false;
        }

        bool push = First.Push;
        RemoveFirst();
        First.Push |= push;
        return true;
    }
}
