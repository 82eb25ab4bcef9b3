using SimStack;

namespace SimNet.Links;

/// <summary>
/// CoDel's judgement of the packets of a queue, one after the other (RFC 8289 §5). It is asked when a packet arrives, for the instant at which
/// the line will have time for it: the rate is known, so that nothing that arrives later changes it.
/// </summary>
internal sealed class CoDelStage(CoDel parameters)
{
    private readonly long _target = parameters.Target.Nanoseconds;
    private readonly long _interval = parameters.Interval.Nanoseconds;
    private long _firstAbove;
    private long _next;
    private uint _count;
    private uint _lastCount;
    private bool _dropping;

    public bool MarksEcn => parameters.MarksEcn;

    /// <summary>True when this packet is to be marked or dropped.</summary>
    /// <param name="arrived">When it arrives.</param>
    /// <param name="leaves">When the line has time for it.</param>
    /// <param name="backlog">Bytes before it: a queue of less than a full packet is none.</param>
    public bool Signals(Instant arrived, Instant leaves, long backlog)
    {
        long now = leaves.Nanoseconds;
        bool high = IsHighForLong(now, now - arrived.Nanoseconds, backlog);
        if (_dropping)
        {
            _dropping = high;
            if (!high || now < _next)
            {
                return false;
            }

            _count++;
            _next = After(_next);
            return true;
        }

        if (!high)
        {
            return false;
        }

        // Soon after the last time it begins near where that ended.
        uint more = _count - _lastCount;
        _count = more > 1 && now - _next < 16 * _interval ? more : 1;
        _lastCount = _count;
        _next = After(now);
        _dropping = true;
        return true;
    }

    private bool IsHighForLong(long now, long waited, long backlog)
    {
        if (waited < _target || backlog <= 1514)
        {
            _firstAbove = 0;
            return false;
        }

        if (_firstAbove == 0)
        {
            _firstAbove = now + _interval;
            return false;
        }

        return now >= _firstAbove;
    }

    /// <summary>The control law: the interval by the square root of how often, in whole numbers.</summary>
    private long After(long instant) => instant + (long)((Int128)_interval * 1024 / Root((ulong)_count << 20));

    private static long Root(ulong square)
    {
        ulong root = 0;
        for (ulong bit = 1UL << 31; bit != 0; bit >>= 1)
        {
            ulong candidate = root | bit;
            root = candidate * candidate <= square ? candidate : root;
        }

        return (long)root;
    }
}
