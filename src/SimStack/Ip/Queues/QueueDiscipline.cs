using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>
/// The queue before a network interface (Linux: qdisc): which packets are taken, in which order they leave, and when. A packet is the chain
/// of the frames that the sender handed down as one.
/// </summary>
public abstract class QueueDiscipline
{
    /// <summary>As <c>tc</c> writes it: <c>fq</c>, <c>pfifo</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Packets that wait.</summary>
    public int Packets { get; private protected set; }

    /// <summary>Bytes that wait.</summary>
    public long Bytes { get; private protected set; }

    /// <summary>Packets that found no room, or wanted to leave too late.</summary>
    public long Dropped { get; private protected set; }

    /// <summary>Packets are held back until their times of departure, so that TCP leaves pacing to it (Linux: SK_PACING_FQ).</summary>
    internal virtual bool Paces => false;

    /// <summary>When <see cref="Dequeue"/> may have a packet that it does not have yet; never: only after another one was put in.</summary>
    internal abstract Instant NextDeadline { get; }

    /// <summary>Whether there is room for a packet. Called with its first frame, before <see cref="Enqueue"/>.</summary>
    internal abstract bool Admits(Instant now, Frame first);

    /// <summary>Takes a packet that was admitted.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="packet">Its first frame, the others behind it; <see cref="Frame.PacketLength"/> is set.</param>
    internal abstract void Enqueue(Instant now, Frame packet);

    /// <summary>The packet that leaves now; null when none may.</summary>
    internal abstract Frame? Dequeue(Instant now);

    /// <summary>Any packet that waits, due or not, to be dropped; null when none does.</summary>
    internal abstract Frame? TakeAny();
}
