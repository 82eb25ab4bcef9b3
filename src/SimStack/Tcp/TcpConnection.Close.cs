using SimStack.Sockets;
using SimStack.Tcp.TimeWait;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.4, CLOSE call, as shutdown(2) and close(2); and the ends of both closing sequences.</summary>
internal sealed partial class TcpConnection
{
    private bool _readShut;

    /// <summary>shutdown(2).</summary>
    public Errno Shutdown(Instant now, ShutdownHow how)
    {
        if (_state is TcpState.Closed or TcpState.TimeWait)
        {
            return Errno.ENOTCONN;
        }

        if (_state is TcpState.SynSent)
        {
            // RFC 9293 §3.10.4, SYN-SENT: "delete the TCB"; Linux disconnects, whichever side is to be shut.
            Fail(now, Errno.ECONNRESET, "CLOSE");
            return Errno.OK;
        }

        if (how is not ShutdownHow.SHUT_WR)
        {
            _readShut = true;
            _tcp.SignalReady(this);
        }

        if (how is not ShutdownHow.SHUT_RD)
        {
            if (IsPassiveFastOpen)
            {
                _fastOpen!.ShutdownWaits = true;
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
            StartFinWait2Timer(now);
        }

        _tcp.Timers.Update(this);
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
    private Check AdvanceClosing(Instant now)
    {
        if (!_finSent || _snd.Una != _snd.Nxt)
        {
            return Check.Continue;
        }

        switch (_state)
        {
            case TcpState.FinWait1:
                Transition(now, TcpState.FinWait2, "rcv ACK of FIN");
                if (Socket is null)
                {
                    StartFinWait2Timer(now);
                }

                return _state is TcpState.Closed ? Check.Drop : Check.Continue;
            case TcpState.Closing:
                EnterTimeWait(now, "rcv ACK of FIN");
                return Check.Drop;
            case TcpState.LastAck:
                Destroy(now, "rcv ACK of FIN");
                return Check.Drop;
            default:
                return Check.Continue;
        }
    }

    /// <summary>
    /// Linux does not let an orphan stay in FIN-WAIT-2 for ever (tcp_fin_timeout, TCP_LINGER2); RFC 9293 has no such timer.
    /// </summary>
    private void StartFinWait2Timer(Instant now)
    {
        if (_finWait2Seconds < 0)
        {
            SendReset(now);
            Destroy(now, "CLOSE");
            return;
        }

        int seconds = _finWait2Seconds > 0 ? _finWait2Seconds : Sysctls.FinTimeout;
        _timers.KeepAlive = now + Duration.FromSeconds(seconds);
    }

    /// <summary>TIME-WAIT needs no connection: a small record answers for 2MSL (RFC 9293 §3.6).</summary>
    private void EnterTimeWait(Instant now, string cause)
    {
        Transition(now, TcpState.TimeWait, cause);
        StopWork(now);
        _tcp.ReplaceByTimeWait(now, this, new TimeWaitRecord(_tcp, this)
        {
            SendNext = _snd.Nxt,
            ReceiveNext = _rcv.Nxt,
            Window = (ushort)(_rcv.Wnd >> _receiveScale),
            TimestampsOn = _timestampsOn,
            TimestampsRecent = _timestampsRecent,
            TimestampsStamp = _timestampsStamp,
            TimestampOffset = _timestampOffset,
            TypeOfService = _typeOfService,
            TimeToLive = _ttl,
            AoKeys = Authentication?.Ao,
            Md5Key = Authentication is { Ao: null } ? Authentication.Md5.Find(RemoteAddress) : null,
        });
    }
}
