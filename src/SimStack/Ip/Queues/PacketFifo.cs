using SimStack.Wire;

namespace SimStack.Ip.Queues;

/// <summary>First in, first out, with a limit: Linux's pfifo (in packets) and bfifo (in bytes; net/sched/sch_fifo.c).</summary>
public sealed class PacketFifo : QueueDiscipline
{
    private readonly long _limit;
    private readonly bool _countsBytes;
    private PacketList _list;

    /// <param name="limit">Packets, or bytes, that wait at most; 0 and more.</param>
    /// <param name="countsBytes">True for bfifo.</param>
    public PacketFifo(long limit, bool countsBytes = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        (_limit, _countsBytes) = (limit, countsBytes);
    }

    /// <inheritdoc/>
    public override string Kind => _countsBytes ? "bfifo" : "pfifo";

    internal override Instant NextDeadline => Instant.Never;

    internal override bool Admits(Instant now, Frame first)
    {
        // Linux knows the whole packet's length here; of one with several frames only the first is made yet.
        bool fits = _countsBytes ? Bytes + first.Length <= _limit : Packets < _limit;
        Dropped += fits ? 0 : 1;
        return fits;
    }

    internal override void Enqueue(Instant now, Frame packet)
    {
        _list.Append(packet);
        Packets++;
        Bytes += packet.PacketLength;
    }

    internal override Frame? Dequeue(Instant now) => TakeAny();

    internal override Frame? TakeAny()
    {
        Frame? packet = _list.TakeFirst();
        if (packet is not null)
        {
            Packets--;
            Bytes -= packet.PacketLength;
        }

        return packet;
    }
}
