namespace SimNet.Time;

/// <summary>
/// A 4-ary heap of events ordered by (instant, insertion number). Keys lie in an array without references, so that sifting
/// needs no write barriers; targets lie in slots that never move, so that an event can be cancelled through its slot.
/// </summary>
internal sealed class EventHeap
{
    private const int Arity = 4;
    private Key[] _keys = new Key[64];
    private Slot[] _slots = new Slot[64];
    private int _count;
    private int _usedSlots;
    private int _freeSlot = -1;
    private int _cancelled;

    /// <summary>Events that will run.</summary>
    public int Count => _count - _cancelled;

    public int Push(long time, long number, EventTarget target, long argument)
    {
        int slot = TakeSlot();
        _slots[slot] = new Slot { Target = target, Argument = argument, Number = number };
        if (_count == _keys.Length)
        {
            Array.Resize(ref _keys, _count * 2);
        }

        SiftUp(_count++, new Key(time, number, slot));
        return slot;
    }

    /// <summary>
    /// The earliest event's instant in nanoseconds; false when there is none. Drops cancelled events on the way.
    /// </summary>
    public bool TryPeek(out long time)
    {
        while (_count > 0)
        {
            ref readonly Key first = ref _keys[0];
            if (_slots[first.Slot].Target is not null)
            {
                time = first.Time;
                return true;
            }

            _cancelled--;
            Remove();
        }

        time = 0;
        return false;
    }

    /// <summary>Takes the event that <see cref="TryPeek"/> just showed.</summary>
    public EventTarget Pop(out long argument)
    {
        ref Slot slot = ref _slots[_keys[0].Slot];
        EventTarget target = slot.Target!;
        argument = slot.Argument;
        Remove();
        return target;
    }

    /// <summary>True when the event was still to run.</summary>
    public bool Cancel(int slot, long number)
    {
        if ((uint)slot >= (uint)_usedSlots || _slots[slot].Number != number || _slots[slot].Target is null)
        {
            return false;
        }

        _slots[slot].Target = null;
        if (++_cancelled > 64 && _cancelled > _count / 2)
        {
            DropCancelled();
        }

        return true;
    }

    /// <summary>The targets of the events that will run, in no particular order.</summary>
    public void CopyTargets(List<EventTarget> targets)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_slots[_keys[i].Slot].Target is { } target)
            {
                targets.Add(target);
            }
        }
    }

    private int TakeSlot()
    {
        int slot = _freeSlot;
        if (slot >= 0)
        {
            _freeSlot = _slots[slot].NextFree;
            return slot;
        }

        if (_usedSlots == _slots.Length)
        {
            Array.Resize(ref _slots, _usedSlots * 2);
        }

        return _usedSlots++;
    }

    private void FreeSlot(int slot)
    {
        _slots[slot] = new Slot { NextFree = _freeSlot };
        _freeSlot = slot;
    }

    private void Remove()
    {
        FreeSlot(_keys[0].Slot);
        int last = --_count;
        if (last > 0)
        {
            SiftDown(0, _keys[last]);
        }
    }

    private void DropCancelled()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            Key key = _keys[i];
            if (_slots[key.Slot].Target is null)
            {
                FreeSlot(key.Slot);
            }
            else
            {
                _keys[kept++] = key;
            }
        }

        _count = kept;
        _cancelled = 0;
        for (int i = (kept - 2) / Arity; i >= 0 && kept > 1; i--)
        {
            SiftDown(i, _keys[i]);
        }
    }

    private void SiftUp(int index, Key key)
    {
        Key[] keys = _keys;
        while (index > 0)
        {
            int parent = (index - 1) / Arity;
            if (!key.Precedes(in keys[parent]))
            {
                break;
            }

            keys[index] = keys[parent];
            index = parent;
        }

        keys[index] = key;
    }

    private void SiftDown(int index, Key key)
    {
        Key[] keys = _keys;
        int count = _count;
        while (true)
        {
            int first = index * Arity + 1;
            if (first >= count)
            {
                break;
            }

            int smallest = first;
            int end = Math.Min(first + Arity, count);
            for (int child = first + 1; child < end; child++)
            {
                if (keys[child].Precedes(in keys[smallest]))
                {
                    smallest = child;
                }
            }

            if (!keys[smallest].Precedes(in key))
            {
                break;
            }

            keys[index] = keys[smallest];
            index = smallest;
        }

        keys[index] = key;
    }

    private readonly struct Key(long time, long number, int slot)
    {
        public readonly long Time = time;
        public readonly long Number = number;
        public readonly int Slot = slot;

        public bool Precedes(in Key other) => Time < other.Time || (Time == other.Time && Number < other.Number);
    }

    private struct Slot
    {
        public EventTarget? Target;
        public long Argument;
        public long Number;
        public int NextFree;
    }
}
