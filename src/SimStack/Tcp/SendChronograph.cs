namespace SimStack.Tcp;

/// <summary>What keeps the sender from sending more; of several at once the last counts.</summary>
internal enum SendLimit : byte
{
    /// <summary>There is nothing to send and nothing unacknowledged.</summary>
    Idle,

    /// <summary>Nothing but the network.</summary>
    Busy,

    /// <summary>The peer's window.</summary>
    ReceiveWindow,

    /// <summary>The send buffer: the user would write more.</summary>
    SendBuffer,
}

/// <summary>How long each of them lasted (Linux: tcp_chrono_start, tcp_chrono_stop; tcpi_busy_time and its parts).</summary>
internal struct SendChronograph
{
    private Instant _since;
    private long _busy, _receiveWindow, _sendBuffer;
    private SendLimit _current;

    public void Start(Instant now, SendLimit limit)
    {
        if (limit > _current)
        {
            Set(now, limit);
        }
    }

    /// <param name="now">The instant.</param>
    /// <param name="limit">What ended.</param>
    /// <param name="idle">Nothing is left to send or to be acknowledged.</param>
    public void Stop(Instant now, SendLimit limit, bool idle)
    {
        if (_current is SendLimit.Idle)
        {
            return;
        }

        if (idle)
        {
            Set(now, SendLimit.Idle);
        }
        else if (limit == _current && limit is not SendLimit.Busy)
        {
            Set(now, SendLimit.Busy);
        }
    }

    /// <summary>The time so far; for <see cref="SendLimit.Busy"/> with that of both others in it.</summary>
    public readonly Duration Elapsed(Instant now, SendLimit limit)
    {
        long current = (now - _since).Nanoseconds;
        return new Duration(limit switch
        {
            SendLimit.ReceiveWindow => _receiveWindow + (_current is SendLimit.ReceiveWindow ? current : 0),
            SendLimit.SendBuffer => _sendBuffer + (_current is SendLimit.SendBuffer ? current : 0),
            _ => _busy + _receiveWindow + _sendBuffer + (_current is SendLimit.Idle ? 0 : current),
        });
    }

    private void Set(Instant now, SendLimit next)
    {
        long elapsed = (now - _since).Nanoseconds;
        switch (_current)
        {
            case SendLimit.Busy:
                _busy += elapsed;
                break;
            case SendLimit.ReceiveWindow:
                _receiveWindow += elapsed;
                break;
            case SendLimit.SendBuffer:
                _sendBuffer += elapsed;
                break;
        }

        _since = now;
        _current = next;
    }
}
