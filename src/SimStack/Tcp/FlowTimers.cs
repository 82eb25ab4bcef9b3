namespace SimStack.Tcp;

/// <summary>
/// The timers of all flows of a host: a 4-ary heap with one entry for each flow and lazy re-arming. A deadline that moves later,
/// as the retransmission timer's does with every ACK, costs nothing; the flow is looked at when its old place comes up and put
/// back. One that moves earlier moves the entry.
/// </summary>
internal sealed class FlowTimers
{
    private Entry[] _heap = new Entry[16];

    /// <summary>Flows in the heap.</summary>
    public int Count { get; private set; }

    /// <summary>When <see cref="TryTakeDue"/> may next have something; at or before the earliest deadline.</summary>
    public Instant Next => Count == 0 ? Instant.Never : _heap[0].At;

    /// <summary>Call after a flow's deadline may have become earlier.</summary>
    public void Update(TcpFlow flow)
    {
        Instant deadline = flow.Deadline;
        if (deadline >= flow.ArmedAt)
        {
            return;
        }

        flow.ArmedAt = deadline;
        if (flow.TimerIndex < 0)
        {
            if (Count == _heap.Length)
            {
                Array.Resize(ref _heap, Count * 2);
            }

            flow.TimerIndex = Count++;
        }

        MoveUp(flow.TimerIndex, new Entry(deadline, flow));
    }

    /// <summary>A flow one of whose timers is due at that instant, or false.</summary>
    public bool TryTakeDue(Instant now, out TcpFlow flow)
    {
        while (Count > 0 && _heap[0].At <= now)
        {
            flow = _heap[0].Flow;
            Remove(flow);
            if (flow.Deadline <= now)
            {
                return true;
            }

            Update(flow);
        }

        flow = null!;
        return false;
    }

    /// <summary>The flow is gone; nothing happens when it has no entry.</summary>
    public void Remove(TcpFlow flow)
    {
        int index = flow.TimerIndex;
        if (index < 0)
        {
            return;
        }

        flow.TimerIndex = -1;
        flow.ArmedAt = Instant.Never;
        Entry last = _heap[--Count];
        _heap[Count] = default;
        if (index == Count)
        {
            return;
        }

        // What stood last may belong above the gap or below it.
        if (index > 0 && last.At < _heap[(index - 1) >> 2].At)
        {
            MoveUp(index, last);
        }
        else
        {
            MoveDown(index, last);
        }
    }

    private void MoveUp(int index, Entry entry)
    {
        while (index > 0)
        {
            int parent = (index - 1) >> 2;
            if (_heap[parent].At <= entry.At)
            {
                break;
            }

            Place(index, _heap[parent]);
            index = parent;
        }

        Place(index, entry);
    }

    private void MoveDown(int index, Entry entry)
    {
        while (true)
        {
            int child = (index << 2) + 1;
            if (child >= Count)
            {
                break;
            }

            int best = child;
            int end = Math.Min(child + 4, Count);
            for (int i = child + 1; i < end; i++)
            {
                if (_heap[i].At < _heap[best].At)
                {
                    best = i;
                }
            }

            if (entry.At <= _heap[best].At)
            {
                break;
            }

            Place(index, _heap[best]);
            index = best;
        }

        Place(index, entry);
    }

    private void Place(int index, Entry entry)
    {
        _heap[index] = entry;
        entry.Flow.TimerIndex = index;
    }

    private readonly record struct Entry(Instant At, TcpFlow Flow);
}
