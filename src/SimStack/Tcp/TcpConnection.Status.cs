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

    public PollEvents Poll()
    {
        PollEvents events = PollEvents.None;
        if (_state is TcpState.Closed || (ReceiveClosed && SendClosed))
        {
            events |= PollEvents.POLLHUP;
        }

        if (ReceiveClosed || _readShut || _state is TcpState.Closed)
        {
            events |= PollEvents.POLLIN | PollEvents.POLLRDHUP;
        }

        if (Readable > 0 || _state is TcpState.Closed)
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
            events |= PollEvents.POLLERR | PollEvents.POLLIN | PollEvents.POLLOUT;
        }

        return HasUrgent ? events | PollEvents.POLLPRI : events;
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
