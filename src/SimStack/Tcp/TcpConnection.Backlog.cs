namespace SimStack.Tcp;

/// <summary>
/// A call that takes time has the socket to itself (Linux: lock_sock). Segments that arrive meanwhile wait, and are worked on when the call looks,
/// or ends (release_sock).
/// </summary>
internal sealed partial class TcpConnection
{
    private SegmentBacklog? _backlog;

    /// <summary>A call has the socket; what arrives goes to <see cref="AddToBacklog"/>.</summary>
    public bool IsHeld => _backlog is { IsHeld: true };

    /// <summary>A call begins.</summary>
    /// <returns>False: another one has the socket.</returns>
    public bool TryHold()
    {
        _backlog ??= new SegmentBacklog();
        if (_backlog.IsHeld)
        {
            return false;
        }

        _backlog.IsHeld = true;
        _backlog.EndsWithAck = false;
        _backlog.Read = 0;
        return true;
    }

    /// <summary>A segment arrives while a call has the socket (tcp_add_backlog).</summary>
    public void AddToBacklog(scoped in TcpSegment segment)
    {
        SegmentBuffer buffer = BufferOf(segment);
        if (_backlog!.TryJoin(segment, buffer))
        {
            Count(SnmpCounter.TcpExtTCPBacklogCoalesce);
            return;
        }

        long limit = (2L * _receiveBufferLimit) + (_sendBufferLimit >> 1) + (64 * 1024);
        if (_backlog.Memory + (_received?.Total ?? 0) > limit)
        {
            Count(SnmpCounter.TcpExtTCPBacklogDrop);
            return;
        }

        _backlog.Add(segment, buffer);
    }

    /// <summary>A call that goes on looks at what waits (__sk_flush_backlog).</summary>
    public void Look(Instant now)
    {
        ProcessBacklog(now);
        CatchUp(now);
        _tcp.Timers.Update(this);
    }

    /// <summary>The call ends (release_sock).</summary>
    public void Release(Instant now)
    {
        if (_backlog!.EndsWithAck)
        {
            AcknowledgeAfterRead(now, _backlog.Read);
        }

        ProcessBacklog(now);
        CatchUp(now);
        _backlog.IsHeld = false;
        _tcp.Timers.Update(this);
    }

    private void ProcessBacklog(Instant now)
    {
        SegmentBacklog backlog = _backlog!;
        while (backlog.TryTake(out SegmentBacklog.Waiting waiting))
        {
            if (_state is TcpState.Closed or TcpState.TimeWait)
            {
                continue; // One before it ended the connection.
            }

            _counts.SegmentsIn += (uint)waiting.Parts - 1;
            _counts.DataSegmentsIn += (uint)Math.Max(0, waiting.DataParts - 1);
            backlog.Current = waiting;
            TcpSegment segment = waiting.ToSegment();
            SegmentArrives(now, ref segment);
            backlog.Current = null;
        }
    }

    /// <summary>Timers that are due while a call has the socket leave a note (tcp_write_timer, tcp_delack_timer, tcp_pace_kick).</summary>
    private void DeferTimers(Instant now)
    {
        Deferred before = _backlog!.Deferred;
        bool acks = _timers.DelayedAck <= now;
        if (_received is { } received && received.HeldAcks.Deadline <= now)
        {
            received.HeldAcks.Deadline = Instant.Never;
            _backlog.Deferred |= Deferred.DelayedAck;
        }

        if (acks && (before & Deferred.DelayedAck) == 0)
        {
            Count(SnmpCounter.TcpExtDelayedACKLocked);
        }

        _backlog.Deferred |= (acks ? Deferred.DelayedAck : Deferred.None) | (_timers.Retransmission <= now ? Deferred.Retransmission : Deferred.None);
        if (_pacer is not null && _pacer.Due <= now)
        {
            _pacer.Due = Instant.Never;
            _backlog.Deferred |= Deferred.Pacing;
        }

        if (_timers.KeepAlive <= now)
        {
            // This one comes again by itself (tcp_keepalive_timer).
            _timers.KeepAlive = now + TimerWheel.Fires(Duration.FromMilliseconds(50), Sysctls.TimerHz);
        }
    }

    /// <summary>Does what had to wait; what the backlog made needless is not done (tcp_release_cb).</summary>
    private void CatchUp(Instant now)
    {
        Deferred deferred = _backlog!.Deferred;
        _backlog.Deferred = Deferred.None;
        if (deferred == Deferred.None || _state is TcpState.Closed or TcpState.TimeWait)
        {
            return;
        }

        if ((deferred & Deferred.Pacing) != 0)
        {
            PacingTimeout(now);
        }

        if ((deferred & Deferred.Retransmission) != 0 && _timers.Retransmission <= now)
        {
            RetransmissionTimerTimeout(now);
        }

        if ((deferred & Deferred.DelayedAck) != 0 && (_received is { HeldAcks.Count: > 0 } || _timers.DelayedAck <= now))
        {
            DelayedAckTimeout(now);
        }

        if ((deferred & Deferred.Mtu) != 0)
        {
            LowerSegmentSize(now, _backlog.DeferredMtu);
        }

        if ((deferred & Deferred.Ack) != 0 && _ackScheduled)
        {
            SendAck(now);
        }
    }

    /// <summary>One acknowledgement does for all that comes from the backlog (net.ipv4.tcp_backlog_ack_defer).</summary>
    private bool DefersAck()
    {
        if (!IsHeld || !Sysctls.BacklogAckDefer)
        {
            return false;
        }

        _backlog!.Deferred |= Deferred.Ack;
        return true;
    }

    /// <summary>What a read leaves behind waits for the end of a call that takes time (tcp_cleanup_rbuf comes last in tcp_recvmsg_locked).</summary>
    private void EndRead(Instant now, int count)
    {
        if (IsHeld)
        {
            _backlog!.EndsWithAck = true;
            _backlog.Read += count;
            return;
        }

        AcknowledgeAfterRead(now, count);
    }
}
