using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Which sequence ranges arrived ahead of RCV.NXT (RFC 9293 §3.10.7.4, seventh): disjoint, sorted, found by binary search, with the memory
/// that they take. The bytes themselves wait in the receive <see cref="ByteQueue"/>. Beside them stand the blocks that SACK reports, the one
/// that changed last first (RFC 2018 §4).
/// </summary>
internal sealed class ReassemblyQueue
{
    /// <summary>TCP_NUM_SACKS.</summary>
    private const int MostBlocks = 4;

    private Range[] _ranges = new Range[4];
    private int _start;
    private readonly SackBlock[] _blocks = new SackBlock[MostBlocks];

    public int Count { get; private set; }

    /// <summary>Bytes in all ranges.</summary>
    public int Bytes { get; private set; }

    /// <summary>What all ranges take of SO_RCVBUF.</summary>
    public int Memory { get; private set; }

    /// <summary>How many blocks there are to report; what fell off the end of the list is not reported any more.</summary>
    public int BlockCount { get; private set; }

    public SequenceNumber HighestEnd => _ranges[_start + Count - 1].Right;

    /// <summary>Whether the range overlaps or borders on one that is there, so that adding it makes no further one.</summary>
    public bool Touches(SequenceNumber left, SequenceNumber right)
    {
        int index = FirstEndingAtOrAfter(left);
        return index < Count && At(index).Left <= right;
    }

    /// <summary>
    /// Adds a range, merging what it touches. A buffer is joined to the one before it where their data is one piece; what it covers whole
    /// is given up.
    /// </summary>
    /// <param name="left">First sequence number.</param>
    /// <param name="right">The one behind the last.</param>
    /// <param name="buffer">What holds the segment.</param>
    /// <param name="joined">Whether it was joined.</param>
    /// <returns>How much memory the queue takes more than before; less where buffers were given up.</returns>
    public int Add(SequenceNumber left, SequenceNumber right, in SegmentBuffer buffer, out bool joined)
    {
        int first = FirstEndingAtOrAfter(left);
        int last = first;
        int memory = 0;
        joined = false;
        Range merged = new() { Left = left, Right = right };
        if (last < Count && At(last).Left < left)
        {
            ref Range before = ref At(last++);
            Bytes -= before.Right - before.Left;
            merged.Left = before.Left;
            merged.Right = SequenceNumber.Max(before.Right, right);
            joined = before.Right == left && before.Last.TryJoin(buffer, out memory);
            before.Memory += memory;
            merged.Put(before);
        }

        if (!joined)
        {
            memory = buffer.Memory;
            merged.Put(new Range { Memory = buffer.Memory, Buffers = 1, Last = buffer });
        }

        for (; last < Count && At(last).Left <= right; last++)
        {
            ref Range behind = ref At(last);
            Bytes -= behind.Right - behind.Left;
            if (behind.Right <= right)
            {
                memory -= behind.Memory;
            }
            else
            {
                merged.Right = behind.Right;
                merged.Put(behind);
            }
        }

        Replace(first, last, merged);
        Bytes += merged.Right - merged.Left;
        Memory += memory;
        return memory;
    }

    /// <summary>
    /// Whether one buffer has all of it. Where the buffers of a range begin is not known, but what came twice as it was cut the first time
    /// is not longer than they are.
    /// </summary>
    public bool HoldsInOneBuffer(SequenceNumber left, SequenceNumber right)
    {
        int index = FirstEndingAtOrAfter(left + 1);
        if (index == Count || At(index).Left > left || At(index).Right < right)
        {
            return false;
        }

        ref Range range = ref At(index);
        return (right - left) * (long)range.Buffers <= range.Right - range.Left || left >= range.Right - range.Last.Length;
    }

    /// <summary>The first part of the range that is there already, for a D-SACK; false when none is.</summary>
    public bool TryFindOverlap(SequenceNumber left, SequenceNumber right, out SackBlock overlap)
    {
        overlap = default;
        int index = FirstEndingAtOrAfter(left + 1);
        if (index == Count || At(index).Left >= right)
        {
            return false;
        }

        overlap = new SackBlock(SequenceNumber.Max(left, At(index).Left), SequenceNumber.Min(right, At(index).Right));
        return true;
    }

    /// <summary>
    /// Takes out what is at or below the new RCV.NXT, its buffers into the receive queue, and returns how far the data is contiguous from
    /// there.
    /// </summary>
    /// <param name="receiveNext">RCV.NXT.</param>
    /// <param name="memory">Takes the buffers; null where none are counted.</param>
    public SequenceNumber Advance(SequenceNumber receiveNext, ReceiveMemory? memory)
    {
        int drop = 0;
        while (drop < Count && At(drop).Left <= receiveNext)
        {
            ref Range range = ref At(drop);
            Bytes -= range.Right - range.Left;
            Memory -= range.Memory;
            if (memory is not null)
            {
                range.MoveTo(memory, Math.Max(0, range.Right - receiveNext));
            }

            receiveNext = SequenceNumber.Max(receiveNext, range.Right);
            drop++;
        }

        _start += drop;
        Count -= drop;
        _start = Count == 0 ? 0 : _start;
        ForgetBlocks(receiveNext);
        return receiveNext;
    }

    /// <summary>The block to report n-th.</summary>
    public SackBlock Block(int index) => _blocks[index];

    /// <summary>A range arrived: the block that it belongs to grows. Returns that block's place; <see cref="BlockCount"/> when there is none.</summary>
    public int ExtendBlock(SequenceNumber left, SequenceNumber right)
    {
        for (int i = 0; i < BlockCount; i++)
        {
            if (Meets(_blocks[i], left, right))
            {
                _blocks[i] = Union(_blocks[i], new SackBlock(left, right));
                return i;
            }
        }

        return BlockCount;
    }

    /// <summary>The block of what just arrived is reported first (tcp_sack_new_ofo_skb).</summary>
    /// <param name="index">What <see cref="ExtendBlock"/> returned for that range.</param>
    /// <param name="left">First sequence number.</param>
    /// <param name="right">The one behind the last.</param>
    public void ReportFirst(int index, SequenceNumber left, SequenceNumber right)
    {
        SackBlock block = index < BlockCount ? _blocks[index] : new SackBlock(left, right);
        if (index >= BlockCount)
        {
            index = Math.Min(BlockCount, MostBlocks - 1);
            BlockCount = index + 1;
        }

        for (; index > 0; index--)
        {
            _blocks[index] = _blocks[index - 1];
        }

        _blocks[0] = block;
        JoinBlocks();
    }

    /// <summary>Drops buffers from the highest on until so much memory is free, but none below what just arrives (tcp_prune_ofo_queue).</summary>
    /// <param name="arriving">The sequence number of the segment that there is no room for.</param>
    /// <param name="goal">Bytes of memory; what is dropped last may be more.</param>
    /// <returns>The memory that was freed; 0: none could be.</returns>
    public int Prune(SequenceNumber arriving, int goal)
    {
        int freed = 0;
        while (Count > 0 && freed < goal)
        {
            ref Range range = ref At(Count - 1);
            SequenceNumber left = range.Buffers > 1 ? range.Right - range.Last.Length : range.Left;
            if (arriving > left)
            {
                break;
            }

            Bytes -= range.Right - left;
            freed += range.Last.Memory;
            Memory -= range.Last.Memory;
            if (!range.DropLast(left))
            {
                Count--;
            }
        }

        if (freed > 0)
        {
            BlockCount = 0;
        }

        return freed;
    }

    /// <summary>Where pieces of a range are held in buffers of little data each, they are copied together; returns the memory that this frees.</summary>
    /// <param name="scalingRatio">How much of a buffer's memory should be data, of 256.</param>
    /// <param name="given">How many buffers were given up.</param>
    public int Collapse(int scalingRatio, out int given)
    {
        int freed = 0;
        given = 0;
        for (int i = 0; i < Count; i++)
        {
            ref Range range = ref At(i);
            int length = range.Right - range.Left;
            if (range.Buffers > 1 && (long)range.Memory * scalingRatio >> 8 > length)
            {
                given += range.Buffers;
                freed += range.Collapse(length);
            }
        }

        Memory -= freed;
        return freed;
    }

    private static bool Meets(in SackBlock block, SequenceNumber left, SequenceNumber right) => left <= block.Right && block.Left <= right;

    private static SackBlock Union(in SackBlock a, in SackBlock b) =>
        new(SequenceNumber.Min(a.Left, b.Left), SequenceNumber.Max(a.Right, b.Right));

    /// <summary>The first block may have come to touch others (tcp_sack_maybe_coalesce).</summary>
    private void JoinBlocks()
    {
        int kept = 1;
        for (int i = 1; i < BlockCount; i++)
        {
            if (Meets(_blocks[0], _blocks[i].Left, _blocks[i].Right))
            {
                _blocks[0] = Union(_blocks[0], _blocks[i]);
            }
            else
            {
                _blocks[kept++] = _blocks[i];
            }
        }

        BlockCount = kept;
    }

    private void ForgetBlocks(SequenceNumber receiveNext)
    {
        int kept = 0;
        for (int i = 0; i < BlockCount && Count > 0; i++)
        {
            if (_blocks[i].Left > receiveNext)
            {
                _blocks[kept++] = _blocks[i];
            }
        }

        BlockCount = kept;
    }

    private ref Range At(int index) => ref _ranges[_start + index];

    private int FirstEndingAtOrAfter(SequenceNumber left)
    {
        int low = 0, high = Count;
        if (high > 0 && At(high - 1).Right < left)
        {
            return high; // Behind all: where most come.
        }

        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (At(middle).Right < left)
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

    private void Replace(int first, int last, in Range merged)
    {
        int removed = last - first;
        if (removed == 0)
        {
            MakeRoom(first);
        }
        else if (removed > 1)
        {
            Array.Copy(_ranges, _start + last, _ranges, _start + first + 1, Count - last);
            Count -= removed - 1;
        }

        At(first) = merged;
    }

    /// <summary>One more range at an index: the shorter side moves.</summary>
    private void MakeRoom(int index)
    {
        if (_start > 0 && index < Count / 2)
        {
            Array.Copy(_ranges, _start, _ranges, _start - 1, index);
            _start--;
            Count++;
            return;
        }

        if (_start + Count == _ranges.Length)
        {
            // Half of the room that is new lies before what is there.
            Range[] larger = new Range[Math.Max(4, Count * 2)];
            int start = (larger.Length - Count) / 2;
            Array.Copy(_ranges, _start, larger, start, Count);
            (_ranges, _start) = (larger, start);
        }

        Array.Copy(_ranges, _start + index, _ranges, _start + index + 1, Count - index);
        Count++;
    }

    /// <summary>Contiguous data and the buffers that hold it; of those but the last only the sums are known.</summary>
    private struct Range
    {
        public SequenceNumber Left;
        public SequenceNumber Right;
        public int Memory;
        public int Buffers;
        public SegmentBuffer Last;

        /// <summary>The other's buffers come behind these.</summary>
        public void Put(in Range other)
        {
            Memory += other.Memory;
            Buffers += other.Buffers;
            Last = other.Last;
        }

        public readonly void MoveTo(ReceiveMemory memory, int length)
        {
            int before = Buffers - 1;
            int bytes = Math.Max(0, length - Last.Length), rest = Memory - Last.Memory;
            for (int i = before; i > 0; i--)
            {
                SegmentBuffer buffer = new() { Length = bytes / i, Memory = rest / i };
                bytes -= buffer.Length;
                rest -= buffer.Memory;
                memory.Append(buffer, isCharged: true);
            }

            SegmentBuffer last = Last;
            last.Length = Math.Min(length, Last.Length);
            memory.Append(last, isCharged: true);
        }

        /// <returns>False when nothing is left.</returns>
        public bool DropLast(SequenceNumber left)
        {
            if (--Buffers == 0)
            {
                return false;
            }

            Memory -= Last.Memory;
            Right = left;
            Last = new SegmentBuffer { Length = (Right - Left) / Buffers, Memory = Memory / Buffers };
            return true;
        }

        public int Collapse(int length)
        {
            int before = Memory;
            Buffers = (length + SegmentBuffer.CollapsedLength - 1) / SegmentBuffer.CollapsedLength;
            Last = SegmentBuffer.Collapsed(length - ((Buffers - 1) * SegmentBuffer.CollapsedLength));
            Memory = ((Buffers - 1) * SegmentBuffer.Collapsed(SegmentBuffer.CollapsedLength).Memory) + Last.Memory;
            return before - Memory;
        }
    }
}
