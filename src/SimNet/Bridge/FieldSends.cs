using SimStack;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>When a side of a connection first sent what was not acknowledged yet.</summary>
internal sealed class FieldSends
{
    // A capture in which nothing is ever acknowledged needs no more.
    private const int Most = 100_000;
    private readonly Queue<(SequenceNumber End, Instant Time, uint? Timestamp)> _sends = [];
    private SequenceNumber? _end;

    /// <summary>A segment was sent; what was sent before is of no interest.</summary>
    public void Add(SequenceNumber end, Instant time, uint? timestamp)
    {
        if ((_end is not { } last || end > last) && _sends.Count < Most)
        {
            _sends.Enqueue((end, time, timestamp));
            _end = end;
        }
    }

    /// <summary>The segment with which everything before a number had been sent; null: there was none.</summary>
    public (Instant Time, uint? Timestamp)? Find(SequenceNumber acknowledgment)
    {
        foreach ((SequenceNumber end, Instant time, uint? timestamp) in _sends)
        {
            if (end >= acknowledgment)
            {
                return (time, timestamp);
            }
        }

        return null;
    }

    /// <summary>Everything before a number was acknowledged.</summary>
    public void Forget(SequenceNumber acknowledgment)
    {
        while (_sends.TryPeek(out (SequenceNumber End, Instant Time, uint? Timestamp) first) && first.End <= acknowledgment)
        {
            _sends.Dequeue();
        }
    }
}
