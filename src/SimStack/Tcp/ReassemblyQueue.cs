using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Which sequence ranges arrived ahead of RCV.NXT (RFC 9293 §3.10.7.4, seventh): disjoint, sorted, found by binary search. The
/// bytes themselves wait in the receive <see cref="ByteQueue"/>. The most recent ranges are remembered for SACK (RFC 2018 §4).
/// </summary>
internal sealed class ReassemblyQueue
{
    private const int RecentCount = 4;
    private SackBlock[] _ranges = new SackBlock[4];
    private readonly SequenceNumber[] _recent = new SequenceNumber[RecentCount];
    private int _recentUsed;

    public int Count { get; private set; }

    /// <summary>Bytes in all ranges.</summary>
    public int Bytes { get; private set; }

    public SequenceNumber HighestEnd => _ranges[Count - 1].Right;

    /// <summary>Whether the range overlaps or borders on one that is there, so that adding it makes no further one.</summary>
    public bool Touches(SequenceNumber left, SequenceNumber right)
    {
        int index = FirstEndingAtOrAfter(left);
        return index < Count && _ranges[index].Left <= right;
    }

    /// <summary>Adds a range, merging what it touches; returns how many of its bytes were not there before.</summary>
    public int Add(SequenceNumber left, SequenceNumber right)
    {
        int first = FirstEndingAtOrAfter(left);
        int last = first;
        int before = Bytes;
        SequenceNumber mergedLeft = left, mergedRight = right;
        while (last < Count && _ranges[last].Left <= right)
        {
            mergedLeft = SequenceNumber.Min(mergedLeft, _ranges[last].Left);
            mergedRight = SequenceNumber.Max(mergedRight, _ranges[last].Right);
            Bytes -= _ranges[last].Right - _ranges[last].Left;
            last++;
        }

        Replace(first, last, new SackBlock(mergedLeft, mergedRight));
        Bytes += mergedRight - mergedLeft;
        Remember(mergedLeft);
        return Bytes - before;
    }

    /// <summary>The first part of the range that is there already, for a D-SACK; false when none is.</summary>
    public bool TryFindOverlap(SequenceNumber left, SequenceNumber right, out SackBlock overlap)
    {
        overlap = default;
        int index = FirstEndingAtOrAfter(left + 1);
        if (index == Count || _ranges[index].Left >= right)
        {
            return false;
        }

        overlap = new SackBlock(SequenceNumber.Max(left, _ranges[index].Left), SequenceNumber.Min(right, _ranges[index].Right));
        return true;
    }

    /// <summary>Takes out what is at or below the new RCV.NXT and returns how far the data is contiguous from there.</summary>
    public SequenceNumber Advance(SequenceNumber receiveNext)
    {
        int drop = 0;
        while (drop < Count && _ranges[drop].Left <= receiveNext)
        {
            Bytes -= _ranges[drop].Right - _ranges[drop].Left;
            receiveNext = SequenceNumber.Max(receiveNext, _ranges[drop].Right);
            drop++;
        }

        if (drop > 0)
        {
            Array.Copy(_ranges, drop, _ranges, 0, Count - drop);
            Count -= drop;
        }

        return receiveNext;
    }

    /// <summary>The block to report n-th: the one that changed last first (RFC 2018 §4). False when there is none.</summary>
    public bool TryGetRecent(int index, out SackBlock block)
    {
        int found = 0;
        for (int i = 0; i < _recentUsed; i++)
        {
            int at = FirstEndingAtOrAfter(_recent[i]);
            if (at < Count && _ranges[at].Left == _recent[i] && found++ == index)
            {
                block = _ranges[at];
                return true;
            }
        }

        block = default;
        return false;
    }

    private void Remember(SequenceNumber left)
    {
        // Ranges that were merged away no longer match a left edge and are passed over when reported.
        int shift = 0;
        while (shift < _recentUsed && _recent[shift] != left)
        {
            shift++;
        }

        if (shift == _recentUsed)
        {
            DropStale();
            shift = Math.Min(_recentUsed, RecentCount - 1);
            _recentUsed = Math.Min(_recentUsed + 1, RecentCount);
        }

        for (int i = shift; i > 0; i--)
        {
            _recent[i] = _recent[i - 1];
        }

        _recent[0] = left;
    }

    private void DropStale()
    {
        int kept = 0;
        for (int i = 0; i < _recentUsed; i++)
        {
            int at = FirstEndingAtOrAfter(_recent[i]);
            if (at < Count && _ranges[at].Left == _recent[i])
            {
                _recent[kept++] = _recent[i];
            }
        }

        _recentUsed = kept;
    }

    private int FirstEndingAtOrAfter(SequenceNumber left)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].Right < left)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Replace(int first, int last, SackBlock merged)
    {
        int removed = last - first;
        if (removed == 0)
        {
            if (Count == _ranges.Length)
            {
                Array.Resize(ref _ranges, Count * 2);
            }

            Array.Copy(_ranges, first, _ranges, first + 1, Count - first);
            Count++;
        }
        else if (removed > 1)
        {
            Array.Copy(_ranges, last, _ranges, first + 1, Count - last);
            Count -= removed - 1;
        }

        _ranges[first] = merged;
    }
}
