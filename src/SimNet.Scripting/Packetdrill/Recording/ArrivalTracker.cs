namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Follows what has come in order, as a receiver does: what overtook something else waits for it.</summary>
internal sealed class ArrivalTracker
{
    private readonly List<(long Begin, long End)> _waiting = [];
    private long _next = 1;
    private long _available;
    private long? _fin;
    private bool _endWasRead;

    /// <summary>A segment arrives.</summary>
    public void Add(RecordedPacket packet)
    {
        if (packet.Has(TcpFlags.Fin))
        {
            _fin = packet.Seq + packet.Length;
        }

        if (packet.Length == 0)
        {
            return;
        }

        _waiting.Add((Math.Max(packet.Seq, 1), packet.Seq + packet.Length));
        _waiting.Sort();
        while (_waiting.Count > 0 && _waiting[0].Begin <= _next)
        {
            if (_waiting[0].End > _next)
            {
                _available += _waiting[0].End - _next;
                _next = _waiting[0].End;
            }

            _waiting.RemoveAt(0);
        }
    }

    /// <summary>Bytes that can be read, which then are.</summary>
    /// <param name="most">As large is the reader's buffer.</param>
    public long TakeAvailable(long most = long.MaxValue)
    {
        long taken = Math.Min(_available, most);
        _available -= taken;
        return taken;
    }

    /// <summary>True once, when all is read and the peer's FIN is next.</summary>
    public bool TakeEnd()
    {
        bool isEnd = !_endWasRead && _available == 0 && _fin == _next;
        _endWasRead |= isEnd;
        return isEnd;
    }
}
