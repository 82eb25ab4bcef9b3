using SimStack.Sockets;
using SimStack.Tcp.TimeWait;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.4, CLOSE call, as shutdown(2) and close(2); and the ends of both closing sequences.</summary>
internal sealed partial class TcpConnection
{
    private bool _readShut;
    private bool _leftToRecord;

    private bool _sendShut;

    /// <summary>shutdown(2) came before there was a connection: it is opened all the same, without a FIN.</summary>
    public void BeginShut(ShutSides sides)
    {
        _readShut = (sides & ShutSides.Receiving) != 0;
        _sendShut = (sides & ShutSides.Sending) != 0;
    }

    /// <summary>shutdown(2).</summary>
    public Errno Shutdown(Instant now, ShutdownHow how)
    {
        if (_state is TcpState.Closed or TcpState.TimeWait)
        {
            return Errno.ENOTCONN;
        }

        if (how is not ShutdownHow.SHUT_WR)
        {
            _readShut = true;
            _tcp.SignalReady(this);
        }

        if (how is not ShutdownHow.SHUT_RD)
        {
            if (IsPassiveFastOpen || (_state is TcpState.SynReceived && !Profile.RfcSegmentChecks))
            {
                (_fastOpen ??= new FastOpen.FastOpenState()).ShutdownWaits = true;
            }
            else
            {
                CloseSending(now);
            }
        }

        _tcp.Timers.Update(this);
        return Errno.OK;
    }

    /// <summary>
    /// close(2): the user lets go of the socket. Unread data or SO_LINGER with 0 resets (RFC 9293 §3.10.4; RFC 2525 §2.17).
    /// </summary>
    public void Close(Instant now)
    {
        bool unread = Readable > 0;
        Socket = null;
        DropUnread();
        switch (_state)
        {
            case TcpState.Closed or TcpState.TimeWait:
                return;
            case TcpState.SynSent:
                Destroy(now, "CLOSE");
                return;
        }

        if (unread || _lingerZero)
        {
            Count(unread ? SnmpCounter.TcpExtTCPAbortOnClose : SnmpCounter.TcpExtTCPAbortOnData);
            AbortNow(now, "CLOSE", unread);
            return;
        }

        _keepAliveOn &= _state is not TcpState.FinWait2;
        CloseSending(now);
        if (_state is TcpState.FinWait2)
        {
            WaitForFinAlone(now, finArrives: false);
        }

        if (_state is not TcpState.Closed && !_leftToRecord && !_tcp.MayOrphan(this))
        {
            Count(SnmpCounter.TcpExtTCPAbortOnMemory);
            SendReset(now);
            Destroy(now, "too many orphans");
            return;
        }

        _tcp.Timers.Update(this);
    }

    /// <summary>
    /// A timer of a connection that its user has closed: there are too many of them, and this one goes (tcp_out_of_resources). It counts twice
    /// when it sent nothing for long, or has no hope of an answer, and twice for an ICMP error.
    /// </summary>
    /// <returns>True when it is gone.</returns>
    private bool ExceedsOrphans(Instant now, bool hasHope)
    {
        if (!IsOrphan)
        {
            return false;
        }

        Duration idle = _lastSentAt.IsNever ? default : now - _lastSentAt;
        bool isStale = idle > RtoMax + RtoMax || !hasHope;
        if (_tcp.MayOrphan(this, (isStale ? 1 : 0) + (_softError is Errno.OK ? 0 : 1)))
        {
            return false;
        }

        Count(SnmpCounter.TcpExtTCPAbortOnMemory);
        if (hasHope || idle <= Duration.FromSeconds(60) || (_snd.Wnd == 0 && SegmentsOut == 0))
        {
            SendReset(now);
        }

        Destroy(now, "too many orphans");
        return true;
    }

    private void CloseSending(Instant now)
    {
        TcpState next = _state switch
        {
            TcpState.SynReceived or TcpState.Established => TcpState.FinWait1,
            TcpState.CloseWait => TcpState.LastAck,
            _ => _state,
        };
        if (next == _state)
        {
            return;
        }

        bool opening = _state is TcpState.SynReceived && !IsPassiveFastOpen;
        _finQueued = true;
        _chronograph.Start(now, SendLimit.Busy);
        _moreComing = _corked = false;
        Transition(now, next, "CLOSE");
        Output(now, push: true);
        if (opening && !_finSent)
        {
            // Nothing else can be waiting: the FIN follows the SYN at once (§3.10.4, SYN-RECEIVED).
            TransmitNew(now, 0, fin: true);
        }
    }

    /// <summary>Our FIN may have been acknowledged.</summary>
    private Check AdvanceClosing(Instant now, scoped in TcpSegment segment)
    {
        if (!_finSent || _snd.Una != _snd.Nxt)
        {
            return Check.Continue;
        }

        switch (_state)
        {
            case TcpState.FinWait1:
                Transition(now, TcpState.FinWait2, "rcv ACK of FIN");
                if (Socket is null && _finWait2Seconds < 0)
                {
                    Count(SnmpCounter.TcpExtTCPAbortOnData);
                    SendResetFor(now, segment);
                    Destroy(now, "CLOSE");
                    return Check.Drop;
                }

                if (Socket is null)
                {
                    WaitForFinAlone(now, finArrives: segment.Has(TcpFlags.Fin) || segment.Seq + segment.Data.Length > _rcv.Nxt);
                }

                return _leftToRecord || _state is TcpState.Closed ? Check.Drop : Check.Continue;
            case TcpState.Closing:
                EnterTimeWait(now, "rcv ACK of FIN");
                return Check.Drop;
            case TcpState.LastAck:
                SaveMetrics(now);
                Destroy(now, "rcv ACK of FIN");
                return Check.Drop;
            default:
                return Check.Continue;
        }
    }

    /// <summary>
    /// Linux does not let an orphan stay in FIN-WAIT-2 for ever (tcp_fin_timeout, TCP_LINGER2); RFC 9293 has no such timer. What is within 2MSL
    /// needs no connection any more in Linux (tcp_time_wait); while a FIN or new data is at hand it stays one.
    /// </summary>
    private void WaitForFinAlone(Instant now, bool finArrives)
    {
        if (_finWait2Seconds < 0)
        {
            Count(SnmpCounter.TcpExtTCPAbortOnLinger);
            SendReset(now);
            Destroy(now, "CLOSE");
            return;
        }

        if (LeavesFinWait2ToRecord && BeyondRecord <= Duration.Zero && !finArrives)
        {
            LeaveToRecord(now, TcpState.FinWait2, FinWait);
            return;
        }

        bool later = LeavesFinWait2ToRecord && BeyondRecord > Duration.Zero;
        _timers.KeepAlive = now + (later ? BeyondRecord : FinWait);
    }

    private void FinWait2Timeout(Instant now)
    {
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "FIN-WAIT-2"));
        if (LeavesFinWait2ToRecord)
        {
            if (BeyondRecord > Duration.Zero)
            {
                LeaveToRecord(now, TcpState.FinWait2, BeyondRecord); // As long again, as Linux has it (tcp_keepalive_timer).
                return;
            }

            SendReset(now);
        }

        Destroy(now, "FIN-WAIT-2 timeout");
    }

    private bool LeavesFinWait2ToRecord => Profile.SegmentationOffload;

    /// <summary>In Linux three and a half RTOs at least, so that a FIN that is lost twice still finds somebody (tcp_fin_time).</summary>
    private Duration FinWait
    {
        get
        {
            Duration wait = Duration.FromSeconds(_finWait2Seconds > 0 ? _finWait2Seconds : Sysctls.FinTimeout);
            return LeavesFinWait2ToRecord ? Duration.Max(wait, CurrentRto * 7 / 2) : wait;
        }
    }

    private Duration BeyondRecord => FinWait - Duration.FromMilliseconds(Sysctls.TimeWaitMilliseconds);

    /// <summary>TIME-WAIT needs no connection: a small record answers for 2MSL (RFC 9293 §3.6).</summary>
    private void EnterTimeWait(Instant now, string cause)
    {
        Transition(now, TcpState.TimeWait, cause);
        LeaveToRecord(now, TcpState.TimeWait, Duration.FromMilliseconds(Sysctls.TimeWaitMilliseconds));
    }

    private void LeaveToRecord(Instant now, TcpState state, Duration span)
    {
        SaveMetrics(now); // tcp_time_wait, whichever state it is.
        StopWork(now);
        if (!_tcp.HasRoomForTimeWait)
        {
            Count(SnmpCounter.TcpExtTCPTimeWaitOverflow);
            Destroy(now, "no place in TIME-WAIT");
            return;
        }

        _leftToRecord = true;
        TimeWaitRecord record = new(_tcp, this)
        {
            Sharing = Sharing,
            SendNext = _snd.Nxt,
            ReceiveNext = _rcv.Nxt,
            Window = (ushort)(_rcv.Wnd >> _receiveScale),
            ReceiveWindow = _rcv.Remaining,
            TimestampsOn = _timestampsOn,
            TimestampsRecent = _timestampsRecent,
            TimestampsStamp = _timestampsStamp,
            TimestampOffset = _timestampOffset,
            FlowLabel = FlowLabel,
            TypeOfService = _typeOfService,
            TimeToLive = _ttl,
            AoKeys = Authentication?.Ao,
            Md5Key = Authentication is { Ao: null } ? Authentication.Md5.Find(RemoteAddress) : null,
        };
        record.Begin(now, state, span);
        _tcp.ReplaceByTimeWait(this, record, span);
    }
}
