namespace SimStack.Tcp;

/// <summary>
/// The segments in flight, oldest first: added at the tail, acknowledged at the head, reached by index or by binary search.
/// </summary>
internal sealed class SegmentRing
{
    private SentSegment[] _items = new SentSegment[4];
    private int _head;

    public int Count { get; private set; }

    public ref SentSegment this[int index] => ref _items[(_head + index) & (_items.Length - 1)];

    public ref SentSegment Add()
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        ref SentSegment slot = ref _items[(_head + Count) & (_items.Length - 1)];
        Count++;
        slot = default;
        return ref slot;
    }

    public void RemoveFirst()
    {
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
    }

    public void RemoveLast() => Count--;

    /// <summary>Takes one out of the middle. Costs a move of what follows.</summary>
    public void RemoveAt(int index)
    {
        for (int i = index; i < Count - 1; i++)
        {
            this[i] = this[i + 1];
        }

        Count--;
    }

    /// <summary>
    /// Splits one segment: the first part keeps the given length and no PSH or FIN. Costs a move of what follows.
    /// </summary>
    public void Split(int index, int firstLength)
    {
        Add();
        for (int i = Count - 1; i > index + 1; i--)
        {
            this[i] = this[i - 1];
        }

        ref SentSegment first = ref this[index];
        ref SentSegment second = ref this[index + 1];
        second = first;
        second.Seq = first.Seq + firstLength;
        second.Length = first.Length - firstLength;
        first.Length = firstLength;
        first.Flags &= ~(SentFlags.Push | SentFlags.Fin | SentFlags.Followed | SentFlags.EndOfRecord);
        second.Flags &= ~SentFlags.Syn;
    }

    private void Grow()
    {
        SentSegment[] larger = new SentSegment[_items.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }

        _items = larger;
        _head = 0;
    }
}
