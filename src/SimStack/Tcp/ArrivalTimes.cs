using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// When the data that waits to be read arrived, segment by segment in the order of the stream: only of sockets with
/// SOF_TIMESTAMPING_RX_SOFTWARE (Linux: skb->tstamp of what is in the receive queue).
/// </summary>
internal sealed class ArrivalTimes
{
    private readonly LinkedList<(SequenceNumber End, Instant At)> _segments = new();

    /// <summary>That of the last receive; null when what it returned has none.</summary>
    public Instant? Last { get; private set; }

    /// <summary>A segment arrived, in order or ahead of a hole.</summary>
    /// <param name="end">The number behind its last byte.</param>
    /// <param name="now">When.</param>
    /// <param name="joinsLast">Its data went into the buffer of the segment before, which has the later time from then on.</param>
    public void Add(SequenceNumber end, Instant now, bool joinsLast)
    {
        LinkedListNode<(SequenceNumber End, Instant At)>? before = _segments.Last;
        while (before is not null && before.Value.End >= end)
        {
            before = before.Previous;
        }

        if (before is null)
        {
            _segments.AddFirst((end, now));
        }
        else if (joinsLast)
        {
            before.Value = (end, now);
        }
        else
        {
            _segments.AddAfter(before, (end, now));
        }
    }

    /// <summary>Bytes were copied to the user: the time is that of the segment with the last of them.</summary>
    /// <param name="end">The number behind the last.</param>
    public void Note(SequenceNumber end)
    {
        Last = null;
        for (LinkedListNode<(SequenceNumber End, Instant At)>? node = _segments.First; node is not null; node = node.Next)
        {
            if (node.Value.End >= end)
            {
                Last = node.Value.At;
                return;
            }
        }
    }

    /// <summary>What lies before that number was read.</summary>
    public void Consume(SequenceNumber copied)
    {
        while (_segments.First is { } first && first.Value.End <= copied)
        {
            _segments.RemoveFirst();
        }
    }
}
