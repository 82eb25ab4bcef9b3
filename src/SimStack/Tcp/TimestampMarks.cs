using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>A byte whose times are to be told.</summary>
internal struct TimestampMark
{
    public SequenceNumber Key;

    public TimestampingFlags Flags;

    /// <summary>Bytes of data of the packet that it was last sent in.</summary>
    public int Length;
}

/// <summary>The bytes in the send buffer whose times are to be told, in order; one for each packet (Linux: skb_shared_info.tskey).</summary>
internal sealed class TimestampMarks
{
    private TimestampMark[] _items = new TimestampMark[4];

    public int Count { get; private set; }

    public ref TimestampMark this[int index] => ref _items[index];

    /// <summary>A packet that begins at <paramref name="start"/> has one: a later write to it takes its place, and asks for no less.</summary>
    public void Set(SequenceNumber start, SequenceNumber key, TimestampingFlags flags)
    {
        if (Count > 0 && _items[Count - 1].Key >= start)
        {
            flags |= _items[--Count].Flags;
        }

        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = new TimestampMark { Key = key, Flags = flags };
    }

    /// <summary>Two packets became one, which has the second's, if that had one.</summary>
    public void Join(SequenceNumber start, SequenceNumber end)
    {
        int first = FirstFrom(start);
        while (first + 1 < Count && _items[first + 1].Key < end)
        {
            _items[first + 1].Flags |= _items[first].Flags;
            RemoveAt(first);
        }
    }

    /// <summary>The index of the first at or behind that byte; <see cref="Count"/> without one.</summary>
    public int FirstFrom(SequenceNumber start)
    {
        int index = 0;
        while (index < Count && _items[index].Key < start)
        {
            index++;
        }

        return index;
    }

    public void RemoveFirst() => RemoveAt(0);

    public void Clear() => Count = 0;

    private void RemoveAt(int index)
    {
        Array.Copy(_items, index + 1, _items, index, Count - index - 1);
        Count--;
    }
}
