using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>The packets of one socket in a <see cref="FairQueue"/>, in the order of their times of departure.</summary>
internal sealed class FairQueueFlow(long key)
{
    private PacketList _inOrder;

    // Packets that came with an earlier time than the last of the list. TCP never sends such; made at the first.
    private PriorityQueue<Frame, (long At, long Number)>? _early;
    private long _number;

    public long Key { get; } = key;

    public int Credit { get; set; }

    public int Band { get; set; }

    public int Count { get; set; }

    /// <summary>The next in a round of flows.</summary>
    public FairQueueFlow? Next { get; set; }

    /// <summary>Of one that is idle: its neighbours among those, the longest idle first.</summary>
    public FairQueueFlow? IdleBefore { get; set; }

    public FairQueueFlow? IdleAfter { get; set; }

    /// <summary>In no round, and not throttled: without packets since <see cref="DetachedAt"/>.</summary>
    public bool IsDetached { get; set; } = true;

    public Instant DetachedAt { get; set; }

    /// <summary>No packet leaves before; Zero: no such time yet.</summary>
    public Instant TimeNextPacket { get; set; }

    /// <summary>Puts in a packet whose <see cref="Frame.Due"/> is the time to send it.</summary>
    public void Add(Frame packet)
    {
        if (_inOrder.First is null || packet.Due >= _inOrder.Last!.Due)
        {
            _inOrder.Append(packet);
            return;
        }

        (_early ??= new()).Enqueue(packet, (packet.Due.Nanoseconds, _number++));
    }

    public Frame? Peek() => EarlyIsNext ? _early!.Peek() : _inOrder.First;

    public Frame? Take() => EarlyIsNext ? _early!.Dequeue() : _inOrder.TakeFirst();

    private bool EarlyIsNext => _early is { Count: > 0 } && (_inOrder.First is null || _early.Peek().Due < _inOrder.First.Due);
}

/// <summary>Flows that wait for their turn, linked through <see cref="FairQueueFlow.Next"/>.</summary>
internal struct FlowRound
{
    public FairQueueFlow? First;
    private FairQueueFlow? _last;

    public void Append(FairQueueFlow flow)
    {
        flow.Next = null;
        if (First is null)
        {
            First = flow;
        }
        else
        {
            _last!.Next = flow;
        }

        _last = flow;
    }
}
