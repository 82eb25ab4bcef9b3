namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>When the program wrote, and how much at a time.</summary>
internal sealed partial class CallInference
{
    // What leaves so soon after another packet is sent because of it, not because of a new write.
    private const long SameBurst = 100_000;
    private const long Answer = 500_000;

    private int _lastWriteBefore = -1;

    /// <summary>Data that a segment brings for the first time.</summary>
    /// <param name="Index">Of the packet.</param>
    /// <param name="Size">In bytes.</param>
    private readonly record struct Piece(int Index, int Size);

    private void Writes()
    {
        List<Piece> pieces = Pieces();
        int begin = 0;
        for (int i = 1; i <= pieces.Count; i++)
        {
            if (i == pieces.Count || IsBoundary(pieces[i - 1], pieces[i]))
            {
                Write(pieces[begin..i]);
                begin = i;
            }
        }
    }

    private List<Piece> Pieces()
    {
        var pieces = new List<Piece>();
        long sent = 1;
        for (int i = _opening.EstablishedBefore; i < _packets.Count; i++)
        {
            RecordedPacket packet = _packets[i];
            long end = packet.Seq + packet.Length;
            if (packet is { Outbound: true, IsTcp: true, Length: > 0 } && end > sent)
            {
                pieces.Add(new Piece(i, (int)Math.Min(end - sent, packet.Length)));
                sent = end;
            }
        }

        return pieces;
    }

    private bool IsFull(Piece piece) => _packets[piece.Index].Length % _traits.MaximumSegment == 0;

    private bool IsBoundary(Piece previous, Piece next)
    {
        if (_plan.Writes == WritePlan.Segments)
        {
            return true;
        }

        if (_plan.Writes == WritePlan.Bursts)
        {
            bool together = Enumerable.Range(previous.Index + 1, next.Index - previous.Index).All(i => _packets[i].Outbound)
                && _packets[next.Index].Time - _packets[previous.Index].Time <= SameBurst;
            return !together || _packets[previous.Index].Has(TcpFlags.Psh);
        }

        // A write ends with PSH; in the middle it stands at the end of what the host made in one go.
        return !IsFull(previous)
            || (_packets[previous.Index].Has(TcpFlags.Psh) && _packets[next.Index].Time - _packets[next.Index - 1].Time > Answer);
    }

    private void Write(List<Piece> pieces)
    {
        Piece first = pieces[0];
        RecordedPacket last = _packets[pieces[^1].Index];
        long time = _packets[first.Index].Time;
        int size = pieces.Sum(p => p.Size);
        _lastWriteBefore = first.Index;
        if (_plan.Writes != WritePlan.Whole && last.Has(TcpFlags.Fin) && !IsFull(pieces[^1]))
        {
            // It waited for the FIN that follows.
            Add(time, first.Index, CallOrder.Write, $"setsockopt({Descriptor}, SOL_TCP, TCP_CORK, [1], 4) = 0");
        }

        if (last.Has(TcpFlags.Psh) || _plan.Writes == WritePlan.Whole)
        {
            Add(time, first.Index, CallOrder.Write, $"write({Descriptor}, ..., {size}) = {size}");
            return;
        }

        // Without PSH at the end more is to follow; each full segment goes out by itself.
        foreach (Piece piece in pieces)
        {
            Add(time, first.Index, CallOrder.Write, $"send({Descriptor}, ..., {piece.Size}, MSG_MORE) = {piece.Size}");
        }
    }
}
