using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// The segments in flight, oldest first: added at the tail, acknowledged at the head, reached by index or by binary search. Through those that
/// may still be in the network runs a second order, that of sending, in which retransmissions come last (Linux: tsorted_sent_queue); and
/// runs of SACKed ones are stepped over at once, so that no work grows with the window.
/// </summary>
/// <remarks>A segment's position is its index plus that of the first, and stays when others are acknowledged.</remarks>
internal sealed class SegmentRing
{
    /// <summary>No position.</summary>
    public const int None = int.MinValue;

    private const int Renumber = 1 << 30;

    // One for a SYN or a FIN, which are often all that is ever in flight; it doubles as data is sent.
    private SentSegment[] _items = new SentSegment[1];
    private int _start;
    private int _newest = None;
    private uint _transmissions;

    // Of those listed, all before it are lost and not sent again.
    private int _scan = None;

    public int Count { get; private set; }

    /// <summary>The position of the first segment; of the one behind the last.</summary>
    public int Start => _start;

    public int End => _start + Count;

    /// <summary>The segment that was sent longest ago of those listed; <see cref="None"/>: there is none.</summary>
    public int Oldest { get; private set; } = None;

    public ref SentSegment this[int index] => ref _items[(_start + index) & (_items.Length - 1)];

    public ref SentSegment At(int position) => ref _items[position & (_items.Length - 1)];

    /// <summary>A new segment behind the others, the latest sent.</summary>
    public ref SentSegment Add()
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        int position = _start + Count++;
        At(position) = default;
        List(position);
        return ref At(position);
    }

    public void RemoveFirst()
    {
        Unlist(_start);
        _start++;
        Count--;
        Normalize();
    }

    /// <summary>
    /// How many segments at the head end at or before a sequence number, were sent once and in the order in which they stand, and are neither
    /// SACKed nor lost.
    /// </summary>
    /// <param name="una">Where they end at the latest.</param>
    /// <param name="packets">In how many offload packets they were sent.</param>
    public int CountPlain(SequenceNumber una, out int packets)
    {
        const SentFlags Known =
            SentFlags.Syn | SentFlags.Lost | SentFlags.Retransmitted | SentFlags.RetransmissionInFlight | SentFlags.Sacked;
        packets = 0;
        int count = 0;
        for (int next = Oldest; count < Count && next == _start + count; count++)
        {
            ref SentSegment segment = ref At(next);
            if (segment.End > una || segment.Has(Known))
            {
                break;
            }

            packets += segment.Has(SentFlags.Followed) ? 0 : 1;
            next = segment.Next;
        }

        return count;
    }

    /// <summary>Removes as many as <see cref="CountPlain"/> counted, more than none.</summary>
    public void RemovePlain(int count)
    {
        int last = _start + count - 1;
        int next = At(last).Next;
        Oldest = next;
        if (next == None)
        {
            _newest = None;
        }
        else
        {
            At(next).Previous = None;
        }

        if (_scan >= _start && _scan <= last)
        {
            _scan = next;
        }

        _start += count;
        Count -= count;
        // The next ACK looks at what is first now, which was put there a round trip ago.
        CacheHint.Expect(ref At(_start));
        Normalize();
    }

    public void RemoveLast()
    {
        Unlist(_start + Count - 1);
        Count--;
    }

    /// <summary>Takes one out that is not the first. Costs a move of what lies before it.</summary>
    public void RemoveAt(int index)
    {
        Unlist(_start + index);
        for (int position = _start + index; position > _start; position--)
        {
            Move(position - 1, position, _start + index);
        }

        _start++;
        Count--;
    }

    /// <summary>
    /// Splits one segment: the first part keeps the given length and no PSH or FIN. Costs a move of what lies before it.
    /// </summary>
    public void Split(int index, int firstLength)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        int second = _start + index;
        for (int position = _start; position <= second; position++)
        {
            Move(position, position - 1, second);
        }

        _start--;
        Count++;
        ref SentSegment first = ref At(second - 1);
        ref SentSegment rest = ref At(second);
        rest = first;
        rest.Seq = first.Seq + firstLength;
        rest.Length = first.Length - firstLength;
        rest.Flags &= ~SentFlags.Syn;
        rest.Listed = false;
        first.Length = firstLength;
        first.Flags &= ~(SentFlags.Push | SentFlags.Fin | SentFlags.Followed | SentFlags.EndOfRecord);
        if (first.Listed)
        {
            ListBehind(second - 1, second);
        }
    }

    /// <summary>
    /// Of those listed, the first that is not lost already, sent longest ago; what was seen to be lost is not looked at a second time.
    /// </summary>
    public int OldestNotLost()
    {
        while (_scan != None && (At(_scan).Flags & (SentFlags.Lost | SentFlags.RetransmissionInFlight)) == SentFlags.Lost)
        {
            _scan = At(_scan).Next;
        }

        return _scan;
    }

    /// <summary>Lost ones are taken for lost no more.</summary>
    public void LookAgain() => _scan = Oldest;

    /// <summary>
    /// It was sent again just now: the last in the order of sending. One that is SACKed has no place there; a loss probe may send it all the same.
    /// </summary>
    public void MoveToNewest(int position)
    {
        if (At(position).Has(SentFlags.Sacked))
        {
            return;
        }

        Unlist(position);
        List(position);
    }

    /// <summary>It is in the network no more.</summary>
    public void Unlist(int position)
    {
        ref SentSegment segment = ref At(position);
        if (!segment.Listed)
        {
            return;
        }

        segment.Listed = false;
        if (position == _scan)
        {
            _scan = segment.Next;
        }

        if (segment.Previous == None)
        {
            Oldest = segment.Next;
        }
        else
        {
            At(segment.Previous).Next = segment.Next;
        }

        if (segment.Next == None)
        {
            _newest = segment.Previous;
        }
        else
        {
            At(segment.Next).Previous = segment.Previous;
        }
    }

    /// <summary>The peer has it.</summary>
    public void MarkSacked(int position)
    {
        Unlist(position);
        ref SentSegment segment = ref At(position);
        segment.Flags |= SentFlags.Sacked;
        segment.Next = position + 1;
    }

    /// <summary>From a position on, the first that is not SACKed, or <see cref="End"/>.</summary>
    public int SkipSacked(int position)
    {
        int end = End, found = position;
        while (found < end && At(found).Has(SentFlags.Sacked))
        {
            found = At(found).Next;
        }

        // What was walked leads there at once the next time.
        while (position < found)
        {
            int next = At(position).Next;
            At(position).Next = found;
            position = next;
        }

        return found;
    }

    /// <summary>The first segment that ends behind a sequence number, or <see cref="End"/>.</summary>
    public int Find(SequenceNumber seq)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (this[middle].End > seq)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return _start + low;
    }

    private void List(int position)
    {
        ref SentSegment segment = ref At(position);
        segment.Listed = true;
        segment.Order = ++_transmissions;
        segment.Previous = _newest;
        segment.Next = None;
        if (_newest == None)
        {
            Oldest = position;
        }
        else
        {
            At(_newest).Next = position;
        }

        _newest = position;
        if (_scan == None)
        {
            _scan = position;
        }
    }

    private void ListBehind(int previous, int position)
    {
        ref SentSegment before = ref At(previous);
        ref SentSegment segment = ref At(position);
        segment.Listed = true;
        segment.Previous = previous;
        segment.Next = before.Next;
        if (before.Next == None)
        {
            _newest = position;
        }
        else
        {
            At(before.Next).Previous = position;
        }

        before.Next = position;
        if (_scan == None)
        {
            _scan = position;
        }
    }

    /// <summary>A segment changes its place by one; so do all others up to <paramref name="last"/>.</summary>
    private void Move(int from, int to, int last)
    {
        ref SentSegment segment = ref At(to);
        segment = At(from);
        if (_scan == from)
        {
            _scan = to;
        }

        if (segment.Listed)
        {
            if (segment.Previous == None)
            {
                Oldest = to;
            }
            else
            {
                At(segment.Previous).Next = to;
            }

            if (segment.Next == None)
            {
                _newest = to;
            }
            else
            {
                At(segment.Next).Previous = to;
            }
        }
        else if (segment.Has(SentFlags.Sacked) && segment.Next <= last)
        {
            segment.Next += to - from;
        }
    }

    private void Grow()
    {
        SentSegment[] larger = new SentSegment[_items.Length * 2];
        for (int position = _start; position < End; position++)
        {
            larger[position & (larger.Length - 1)] = At(position);
        }

        _items = larger;
    }

    private void Normalize()
    {
        if (Count == 0)
        {
            _start = 0;
        }
        else if (_start >= Renumber)
        {
            RenumberAll();
        }
    }

    private void RenumberAll()
    {
        int less = _start & -_items.Length;
        for (int i = 0; i < Count; i++)
        {
            ref SentSegment segment = ref this[i];
            segment.Next -= segment.Next == None ? 0 : less;
            segment.Previous -= segment.Previous == None ? 0 : less;
        }

        Oldest -= Oldest == None ? 0 : less;
        _newest -= _newest == None ? 0 : less;
        _scan -= _scan == None ? 0 : less;
        _start -= less;
    }
}
