using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.6, STATUS call: readiness, and the quick-ACK switch.</summary>
internal sealed partial class TcpConnection
{
    public bool QuickAckMode => !InPingPong;

    /// <summary>Linux's tcp_inq_hint: the FIN counts, so that the user reads on to the end.</summary>
    public int Unread => IsOpen ? Math.Max(0, _rcv.Nxt - _copied) : 0;

    /// <summary>Linux's tcp_inq.</summary>
    public int InputQueue
    {
        get
        {
            int all = IsOpen ? Readable : 0;
            int offset = _urgentAt - _copied;
            return _urgentWaiting && !_inlineUrgent && offset >= 0 && offset < all ? offset : all;
        }
    }

    public int OutputQueue => IsOpen ? Math.Max(0, _snd.Written - _snd.Una + (_finQueued && _snd.Una <= _snd.Written ? 1 : 0)) : 0;

    public int UnsentQueue => IsOpen ? NotSent + (FinWaits ? 1 : 0) : 0;

    private bool IsOpen => _state is not (TcpState.SynSent or TcpState.SynReceived);

    /// <summary>SO_RCVLOWAT: how many bytes a reader waits for.</summary>
    private int LowWater => Math.Max(1, Socket?.Options.ReceiveLowWater ?? 1);

    /// <summary>
    /// So many bytes can be read, or nothing more would come before some are: the buffer is nearly full, or the window closed
    /// (tcp_epollin_ready).
    /// </summary>
    private bool HasEnoughToRead(int bytes)
    {
        int readable = Readable;
        return readable > 0 && (readable >= bytes || !ChargesMemory || _tcp.Memory.IsUnderPressure
            || (_received?.Total ?? 0) > _receiveBufferLimit - (_receiveBufferLimit >> 3) || _rcv.Remaining <= _receivedMss);
    }

    /// <summary>There is something to read, and it is not yet worth it.</summary>
    public bool IsBelowLowWater(int length) => Readable > 0 && !ReceiveClosed && !_readShut && PendingError is Errno.OK
        && _state is not TcpState.Closed && !HasEnoughToRead(Math.Min(LowWater, length));

    public PollEvents Poll()
    {
        PollEvents events = PollEvents.None;
        if (_state is TcpState.Closed || ((ReceiveClosed || _readShut) && SendClosed))
        {
            events |= PollEvents.POLLHUP;
        }

        if (ReceiveClosed || _readShut || _state is TcpState.Closed)
        {
            events |= PollEvents.POLLIN | PollEvents.POLLRDHUP;
        }

        // At the urgent mark a byte more: the urgent one is not read (tcp_poll).
        bool atMark = _urgentWaiting && _urgentAt == _copied && !_inlineUrgent;
        if (HasEnoughToRead(LowWater + (atMark ? 1 : 0)) || _state is TcpState.Closed)
        {
            events |= PollEvents.POLLIN;
        }

        // Before the handshake nobody waits for space: its end wakes whoever waits.
        if (_fastOpen is { IsDeferred: true })
        {
            events |= PollEvents.POLLOUT; // So that somebody writes: the SYN waits for it.
        }
        else if (IsPassiveFastOpen || _state is not (TcpState.SynSent or TcpState.SynReceived))
        {
            bool writable = SendClosed || Writable;
            events |= writable ? PollEvents.POLLOUT : PollEvents.None;
            _awaitsSpace |= !writable;
        }

        if (PendingError is not Errno.OK)
        {
            events |= PollEvents.POLLERR;
        }

        // In Linux it has to be there; RFC 9293 §3.8.5 (MUST-32) has the user told once it is announced.
        return HasUrgent && (_urgentByte >= 0 || _urgentAt < _rcv.Nxt || Profile.RfcSegmentChecks) ? events | PollEvents.POLLPRI : events;
    }

    /// <summary>TCP_QUICKACK: 1 leaves pingpong mode and pays an ACK that is owed; 0 enters it.</summary>
    public void SetQuickAck(Instant now, bool on)
    {
        _pingPong = on ? (byte)0 : (byte)255;
        if (on && _ackScheduled && IsSynchronized)
        {
            SendAck(now);
            _tcp.Timers.Update(this);
        }
    }
}
