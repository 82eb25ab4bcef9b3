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
        for (int i = 0; i < _packets.Count; i++)
        {
            RecordedPacket packet = _packets[i];
            if (_plan.Reads == ReadPlan.Late && i >= _opening.EstablishedBefore && ReadsBefore(i))
            {
                Read(packet.Time, i, arrivals, withEnd: true);
            }

            if (packet.Has(TcpFlags.Rst))
            {
                return;
            }

            if (!packet.Outbound && packet.IsTcp)
            {
                arrivals.Add(packet);
            }

            if (i + 1 >= _opening.EstablishedBefore && (_plan.Reads == ReadPlan.AtOnce || (_plan.Reads == ReadPlan.AfterBursts && IsPause(i))))
            {
                Read(packet.Time, i + 1, arrivals, withEnd: true);
            }
        }
    }

    private bool IsPause(int i) => i + 1 == _packets.Count || _packets[i + 1].Time - _packets[i].Time > Pause;

    /// <summary>The program does something there, or the host tells of a window that has opened.</summary>
    private bool ReadsBefore(int i)
    {
        if (_calls.Any(c => c.Before == i && c.Order is CallOrder.Write or CallOrder.End))
        {
            return true;
        }

        RecordedPacket packet = _packets[i];
        RecordedPacket? before = packet is { Outbound: true, SequenceSpace: 0 } ? _packets.Take(i).LastOrDefault(p => p.Outbound && p.IsTcp) : null;
        return before is not null && before.Ack == packet.Ack && packet.Facts.Window > before.Facts.Window && !before.Has(TcpFlags.Syn);
    }

    private void Read(long time, int before, ArrivalTracker arrivals, bool withEnd)
    {
        if (before > _closedBefore)
        {
            return;
        }

        for (long left = arrivals.TakeAvailable(); left > 0; left -= ReadBuffer)
        {
            Add(time, before, CallOrder.Read, $"read({Descriptor}, ..., {ReadBuffer}) = {Math.Min(left, ReadBuffer)}");
        }

        if (withEnd && arrivals.TakeEnd())
        {
            Add(time, before, CallOrder.Read, $"read({Descriptor}, ..., {ReadBuffer}) = 0");
        }
    }
}
