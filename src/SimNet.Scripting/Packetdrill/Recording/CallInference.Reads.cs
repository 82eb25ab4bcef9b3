namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>When the program read.</summary>
internal sealed partial class CallInference
{
    private const int ReadBuffer = 65536;

    // A process that waits for data is woken when the arrivals pause.
    private const long Pause = 50_000;

    private void Reads()
    {
        var arrivals = new ArrivalTracker();
        HashSet<int> active = [.. _calls.Where(c => c.Order is CallOrder.Write or CallOrder.End).Select(c => c.Before)];
        RecordedPacket? sent = null;
        for (int i = 0; i < _packets.Count; i++)
        {
            RecordedPacket packet = _packets[i];
            if (_plan.Reads == ReadPlan.Late && i >= _opening.EstablishedBefore && (active.Contains(i) || OpensWindow(packet, sent)))
            {
                Read(packet.Time, i, arrivals);
            }

            if (packet.Has(TcpFlags.Rst))
            {
                return;
            }

            if (!packet.Outbound && packet.IsTcp)
            {
                arrivals.Add(packet);
            }

            sent = packet is { Outbound: true, IsTcp: true } ? packet : sent;

            if (i + 1 >= _opening.EstablishedBefore && (_plan.Reads == ReadPlan.AtOnce || (_plan.Reads == ReadPlan.AfterBursts && IsPause(i))))
            {
                Read(packet.Time, i + 1, arrivals);
            }
        }
    }

    private bool IsPause(int i) => i + 1 == _packets.Count || _packets[i + 1].Time - _packets[i].Time > Pause;

    /// <summary>The host tells of nothing but a window that is larger than before.</summary>
    private static bool OpensWindow(RecordedPacket packet, RecordedPacket? before) =>
        packet is { Outbound: true, SequenceSpace: 0 } && before is not null && !before.Has(TcpFlags.Syn)
            && before.Ack == packet.Ack && packet.Facts.Window > before.Facts.Window;

    private void Read(long time, int before, ArrivalTracker arrivals)
    {
        if (before > _closedBefore)
        {
            return;
        }

        for (long left = arrivals.TakeAvailable(); left > 0; left -= ReadBuffer)
        {
            Add(time, before, CallOrder.Read, $"read({Descriptor}, ..., {ReadBuffer}) = {Math.Min(left, ReadBuffer)}");
        }

        if (arrivals.TakeEnd())
        {
            Add(time, before, CallOrder.Read, $"read({Descriptor}, ..., {ReadBuffer}) = 0");
        }
    }
}
