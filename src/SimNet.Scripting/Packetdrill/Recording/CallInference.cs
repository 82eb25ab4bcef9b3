using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>
/// Finds calls of the host's program that explain what the host sent: a segment tells when data was written, a FIN that the socket was
/// closed. What was acknowledged or retransmitted is the host's own business.
/// </summary>
internal sealed partial class CallInference
{
    private readonly IReadOnlyList<RecordedPacket> _packets;
    private readonly CallPlan _plan;
    private readonly SocketTraits _traits;
    private readonly Opening _opening;
    private readonly List<TimedCall> _calls = [];

    // Calls on the descriptor end here: the index of the packet before which it is closed.
    private int _closedBefore = int.MaxValue;

    private CallInference(RecordedConnection connection, CallPlan plan)
    {
        _packets = connection.Packets;
        _plan = plan;
        _traits = new SocketTraits(connection);
        _opening = new Opening(connection, _traits);
    }

    /// <summary>The calls in order.</summary>
    public static IReadOnlyList<TimedCall> Infer(RecordedConnection connection, CallPlan plan)
    {
        var inference = new CallInference(connection, plan);
        inference._calls.AddRange(inference._opening.Calls);
        if (inference._opening.EstablishedBefore < connection.Packets.Count)
        {
            inference.Writes();
            inference.End();
            inference.Reads();
        }

        return [.. inference._calls.OrderBy(c => c.Before).ThenBy(c => c.Order)];
    }

    private void Add(long time, int before, CallOrder order, FormattableString text) =>
        _calls.Add(new TimedCall(time, before, order, text.ToString(CultureInfo.InvariantCulture)));

    private int Descriptor => _opening.Descriptor;

    /// <summary>The program's end of the connection: FIN, or RST.</summary>
    private void End()
    {
        int fin = FirstIndex(p => p.Outbound && p.Has(TcpFlags.Fin));
        int reset = FirstIndex(p => p.Outbound && p.Has(TcpFlags.Rst));
        if (fin < reset)
        {
            EndByFin(fin);
        }
        else if (reset < _packets.Count && IsAbort(reset))
        {
            _closedBefore = reset;
            long time = _packets[reset].Time;
            Add(time, reset, CallOrder.End, $"setsockopt({Descriptor}, SOL_SOCKET, SO_LINGER, {{onoff=1, linger=0}}, 8) = 0");
            Add(time, reset, CallOrder.End, $"close({Descriptor}) = 0");
        }
    }

    private void EndByFin(int fin)
    {
        // With data in the FIN's segment, close() came while that data was waiting: with its write().
        int before = _packets[fin].Length > 0 && _lastWriteBefore >= 0 ? _lastWriteBefore : fin;
        long time = _packets[before].Time;
        if (ReceivesAfter(fin))
        {
            Add(time, before, CallOrder.End, $"shutdown({Descriptor}, SHUT_WR) = 0");
            return;
        }

        _closedBefore = before;
        Add(time, before, CallOrder.End, $"close({Descriptor}) = 0");
    }

    /// <summary>Data came after the FIN and was taken: only one direction was shut down.</summary>
    private bool ReceivesAfter(int fin)
    {
        for (int i = fin + 1; i < _packets.Count; i++)
        {
            if (!_packets[i].Outbound && _packets[i].Length > 0)
            {
                return !_packets.Skip(i + 1).Any(p => p.Outbound && p.Has(TcpFlags.Rst));
            }
        }

        return false;
    }

    /// <summary>RFC 9293 §3.10.5: an abort's RST has an ACK; and nothing that just came asked for it, nor was it given up.</summary>
    private bool IsAbort(int reset)
    {
        RecordedPacket rst = _packets[reset];
        return rst.Has(TcpFlags.Ack) && _traits.KeepAlive is null;
    }

    private int FirstIndex(Func<RecordedPacket, bool> wanted)
    {
        int i = _opening.EstablishedBefore;
        while (i < _packets.Count && !wanted(_packets[i]))
        {
            i++;
        }

        return i;
    }
}
