using SimStack;

namespace SimNet.Links;

/// <summary>
/// The rate and the drop-tail queue in front of it. The line is busy until an instant; a packet starts then and moves that
/// instant on. What is queued are the packets whose transmission has not ended: a ring of their ends, cleaned up as time goes on.
/// </summary>
internal struct TransmitStage()
{
    private (long End, int Length)[] _ring = [];
    private int _head;
    private int _count;
    private long _bytes;
    private Instant _busyUntil;
    private DataRate _rate;
    private int _overhead;
    private int _maxPackets;
    private int _markAbove;
    private long _maxBytes;

    public void Configure(LinkDirectionOptions options)
    {
        _rate = options.Rate;
        _overhead = options.OverheadBytes;
        _maxPackets = options.QueuePackets ?? int.MaxValue;
        _maxBytes = options.QueueBytes ?? long.MaxValue;
        _markAbove = options.QueueMarkAbove ?? int.MaxValue;
    }

    /// <summary>The line's rate.</summary>
    public readonly DataRate Rate => _rate;

    /// <summary>After <see cref="TryStart"/>: more packets wait or are in transmission than go unmarked.</summary>
    public readonly bool IsAboveMark => _count > _markAbove;

    /// <summary>When the line has sent all it has; in the past when it is idle.</summary>
    public readonly Instant BusyUntil => _busyUntil;

    /// <summary>Forgets what waits, as when the line is cut.</summary>
    public void Clear()
    {
        (_head, _count, _bytes, _busyUntil) = (0, 0, 0, default);
    }

    /// <summary>Packets waiting or in transmission.</summary>
    public int Packets(Instant now)
    {
        DropEnded(now);
        return _count;
    }

    /// <summary>Bytes of the packets waiting or in transmission.</summary>
    public long Bytes(Instant now)
    {
        DropEnded(now);
        return _bytes;
    }

    /// <summary>Puts a packet in the queue; false when that is full.</summary>
    /// <param name="now">The present.</param>
    /// <param name="length">The packet's length in bytes.</param>
    /// <param name="end">When its last bit is on the line.</param>
    public bool TryStart(Instant now, int length, out Instant end)
    {
        if (_rate.IsUnlimited && _count == 0)
        {
            end = now;
            return true;
        }

        DropEnded(now);
        if (_count >= _maxPackets || _bytes + length > _maxBytes)
        {
            end = default;
            return false;
        }

        // After a change to no limit, what was queued under the old rate still goes first.
        end = Instant.Max(now, _busyUntil) + _rate.TimeFor(length + _overhead);
        _busyUntil = end;
        Push(end, length);
        return true;
    }

    private void DropEnded(Instant now)
    {
        while (_count > 0 && _ring[_head].End <= now.Nanoseconds)
        {
            _bytes -= _ring[_head].Length;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
        }
    }

    private void Push(Instant end, int length)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + _count++) & (_ring.Length - 1)] = (end.Nanoseconds, length);
        _bytes += length;
    }

    private void Grow()
    {
        (long End, int Length)[] larger = new (long End, int Length)[Math.Max(16, _ring.Length * 2)];
        for (int i = 0; i < _count; i++)
        {
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        }

        _ring = larger;
        _head = 0;
    }
}
