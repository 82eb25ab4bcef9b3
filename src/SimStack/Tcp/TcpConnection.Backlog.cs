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

    /// <summary>Works on what waits; the call goes on (__release_sock).</summary>
    public void ProcessBacklog(Instant now)
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

    /// <summary>The call ends.</summary>
    public void Release(Instant now)
    {
        if (_backlog!.EndsWithAck)
        {
            AcknowledgeAfterRead(now, _backlog.Read);
            _tcp.Timers.Update(this);
        }

        ProcessBacklog(now);
        _backlog.IsHeld = false;
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
