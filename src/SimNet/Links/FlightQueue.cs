using SimStack;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// Frames on their way, each with its arrival in <see cref="Frame.Due"/>. Those that arrive in the order in which they were sent
/// lie in a ring; those that don't (held back, or faster than the ones before) in a heap beside it.
/// </summary>
internal sealed class FlightQueue
{
    private readonly PriorityQueue<Frame, (long Due, long Number)> _outOfOrder = new();
    private readonly List<(Frame Frame, FaultRule Rule)> _held = [];
    private FlightRing _inOrder = new();
    private long _number;
    private Instant _lastInOrder;

    public int Count => _inOrder.Count + _outOfOrder.Count + _held.Count;

    /// <summary>The next arrival; never when nothing is on its way.</summary>
    public Instant NextDue
    {
        get
        {
            Instant next = _inOrder.Count > 0 ? _inOrder.FirstDue : Instant.Never;
            if (_outOfOrder.Count + _held.Count == 0)
            {
                return next;
            }

            next = _outOfOrder.Count > 0 ? Instant.Min(next, _outOfOrder.Peek().Due) : next;
            return _held.Count > 0 ? Instant.Min(next, _held[0].Frame.Due) : next;
        }
    }

    /// <summary>
    /// Adds a frame that may not arrive before the ones sent before it: it arrives with the last of them at the earliest.
    /// </summary>
    public void AddInOrder(Frame frame, Instant due)
    {
        _lastInOrder = Instant.Max(due, _lastInOrder);
        frame.Due = _lastInOrder;
        _inOrder.Enqueue(frame, _lastInOrder);
    }

    /// <summary>Adds a frame that may overtake those sent before it.</summary>
    public void AddFree(Frame frame, Instant due)
    {
        if (due >= _lastInOrder)
        {
            AddInOrder(frame, due);
        }
        else
        {
            AddHeldBack(frame, due);
        }
    }

    /// <summary>Adds a frame that those sent after it may overtake.</summary>
    public void AddHeldBack(Frame frame, Instant due)
    {
        frame.Due = due;
        _outOfOrder.Enqueue(frame, (due.Nanoseconds, ++_number));
    }

    /// <summary>Adds a frame that waits for the next one of the same rule, until that instant at most.</summary>
    public void Hold(Frame frame, FaultRule rule, Instant latest)
    {
        frame.Due = latest;
        int at = _held.FindIndex(other => other.Frame.Due > latest);
        _held.Insert(at < 0 ? _held.Count : at, (frame, rule));
    }

    /// <summary>Lets the frame that waits for this rule arrive then; false when there is none.</summary>
    public bool Release(FaultRule rule, Instant due)
    {
        int at = _held.FindIndex(other => other.Rule == rule);
        if (at < 0)
        {
            return false;
        }

        Frame frame = _held[at].Frame;
        _held.RemoveAt(at);
        AddHeldBack(frame, due);
        return true;
    }

    /// <summary>True while a frame waits for this rule.</summary>
    public bool Holds(FaultRule rule) => _held.Exists(other => other.Rule == rule);

    /// <summary>When <see cref="AddInOrder"/> would let such a frame arrive.</summary>
    public Instant ClampInOrder(Instant due) => Instant.Max(due, _lastInOrder);

    /// <summary>Takes the next frame that is due. At the same instant those in order come first.</summary>
    public bool TryTake(Instant now, out Frame frame)
    {
        if (_held.Count + _outOfOrder.Count > 0)
        {
            return TryTakeAny(now, out frame);
        }

        bool isDue = _inOrder.Count > 0 && _inOrder.FirstDue <= now;
        frame = isDue ? _inOrder.Dequeue() : null!;
        return isDue;
    }

    private bool TryTakeAny(Instant now, out Frame frame)
    {
        if (_held.Count > 0 && _held[0].Frame.Due <= now)
        {
            // Nothing came that it could change places with.
            AddHeldBack(_held[0].Frame, _held[0].Frame.Due);
            _held.RemoveAt(0);
        }

        bool isLate = _outOfOrder.Count > 0
            && (_inOrder.Count == 0 || _outOfOrder.Peek().Due < _inOrder.FirstDue);
        if (_inOrder.Count + _outOfOrder.Count == 0 || (isLate ? _outOfOrder.Peek().Due : _inOrder.FirstDue) > now)
        {
            frame = null!;
            return false;
        }

        frame = isLate ? _outOfOrder.Dequeue() : _inOrder.Dequeue();
        return true;
    }
}
