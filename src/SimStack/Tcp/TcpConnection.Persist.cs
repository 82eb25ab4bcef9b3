using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// RFC 9293 §3.8.6.1, zero-window probes: while nothing is in flight and the peer's window keeps data back, the retransmission
/// timer asks for the window. As in Linux the same timer sends off what a cork held back.
/// </summary>
internal sealed partial class TcpConnection
{
    private byte _probesUnanswered;
    private bool _probing;
    private Instant _probingSince = Instant.Never;

    private bool HasUnsent => _snd.Written > _snd.Nxt || (_finQueued && !_finSent);

    /// <summary>The peer's window lets the next segment go.</summary>
    private bool NextFitsWindow
    {
        get
        {
            int unsent = _snd.Written - _snd.Nxt;
            if (Offloads)
            {
                return _snd.Nxt + HeadLength + (QueuedPackets <= 1 && FinWaits ? 1 : 0) <= _snd.WindowEnd;
            }

            return _probing || unsent <= 0
                ? _snd.WindowEnd > SequenceNumber.Min(_snd.Nxt, _probing ? _snd.Una : _snd.Nxt)
                : ChooseLength(unsent, _finQueued && !_finSent, EffectiveMss, push: true) > 0;
        }
    }

    /// <summary>Nothing could be sent and nothing is in flight that would bring an ACK: the timer has to see to it.</summary>
    private void StartPersist(Instant now)
    {
        if (SegmentsOut == 0 && HasUnsent && _timers.Kind is RetransmissionKind.None)
        {
            ArmPersist(now, backoff: 0); // What retransmissions backed off is in the RTO (tcp_check_probe_timer).
        }
    }

    /// <summary>An acknowledgement came while probing: the window opened, or the next probe is counted from here.</summary>
    private void ReconsiderPersist(Instant now)
    {
        if (_timers.Kind is not RetransmissionKind.Persist)
        {
            return;
        }

        if (!NextFitsWindow)
        {
            ArmPersist(now);
            return;
        }

        bool probeInFlight = _probing;
        EndPersist();
        if (probeInFlight && SegmentsOut > 0)
        {
            // The byte that probed was turned away; nothing can be acknowledged before it.
            Retransmit(now, 0);
            ArmRetransmission(now);
        }
    }

    private void EndPersist()
    {
        StopRetransmission();
        _backoff = 0;
        _probing = false;
        _probingSince = Instant.Never;
    }

    private void ArmPersist(Instant now) => ArmPersist(now, _backoff);

    private void ArmPersist(Instant now, int backoff)
    {
        _timers.Kind = RetransmissionKind.Persist;
        long first = Math.Max(CurrentRto.Nanoseconds, PatienceRto);
        Duration delay = DoubledRto(first, backoff);
        Instant deadline = now + TimerWheel.Fires(delay, Sysctls.TimerHz);
        _timers.Retransmission = HoldToUserTimeout(now, deadline, _probingSince);
    }

    private void PersistTimeout(Instant now)
    {
        if (SegmentsOut == 0 && !HasUnsent)
        {
            EndPersist();
            return;
        }

        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "persist"));
        if (GiveUpProbing(now))
        {
            Count(SnmpCounter.TcpExtTCPAbortOnTimeout);
            Fail(now, TimeoutError, "user timeout");
            return;
        }

        if (ExceedsOrphans(now, hasHope: true))
        {
            return;
        }

        if (_probingSince.IsNever)
        {
            _probingSince = now;
        }

        bool fits = SegmentsOut == 0 && _snd.WindowEnd > _snd.Nxt && _snd.Written > _snd.Nxt;
        if (!SendWindowProbe(now))
        {
            return;
        }

        _probesUnanswered++;
        if (!fits)
        {
            _backoff = (byte)Math.Min(_backoff + 1, Math.Min(Sysctls.Retries2, 60));
            ArmPersist(now);
        }
    }

    /// <summary>
    /// A peer that answers is probed for ever (RFC 9293 §3.8.6.1, MUST-37), unless the user set a limit or nobody waits any more.
    /// </summary>
    private bool GiveUpProbing(Instant now)
    {
        if (_userTimeoutMilliseconds > 0 && !_probingSince.IsNever && now - _probingSince >= UserTimeout)
        {
            return true;
        }

        bool slow = DoubledRto(CurrentRto.Nanoseconds, _backoff) >= RtoMax;
        return _probesUnanswered >= (IsOrphan ? OrphanRetries : Sysctls.Retries2)
            || (IsOrphan && slow && _backoff >= Sysctls.OrphanRetries);
    }

    /// <summary>Returns false when it was data that fits the window, so that the retransmission timer has taken over.</summary>
    private bool SendWindowProbe(Instant now)
    {
        int room = _snd.WindowEnd - _snd.Nxt;
        int unsent = _snd.Written - _snd.Nxt;
        if (SegmentsOut > 0)
        {
            Retransmit(now, 0);
        }
        else if (room > 0 && unsent > 0)
        {
            // Less than silly-window avoidance wants, or held back by a cork: it has waited long enough.
            return !SendPartForWindow(now, room, unsent);
        }
        else if (Profile.ZeroWindowProbeCarriesData)
        {
            Count(SnmpCounter.TcpExtTCPWinProbe);
            _probing = true;
            TransmitNew(now, Math.Min(unsent, 1), fin: unsent == 0);
        }
        else
        {
            SendProbes(now, SnmpCounter.TcpExtTCPWinProbe);
        }

        return true;
    }

    /// <summary>Returns false when the interface would not have it: it is tried again every 500 ms (TCP_RESOURCE_PROBE_INTERVAL).</summary>
    private bool SendPartForWindow(Instant now, int room, int unsent)
    {
        int length = Math.Min(Math.Min(room, Offloads ? HeadLength : unsent), EffectiveMss);
        if (!Offloads)
        {
            EndPersist();
            _probesUnanswered = 0;
            _pushPoint = _snd.Nxt + length;
            TransmitNew(now, length, fin: false);
            return true;
        }

        ref QueuedPacket head = ref _writeQueue!.First;
        _pushPoint = SequenceNumber.Max(_pushPoint, head.End);
        head.Push = true;
        bool fin = QueuedPackets == 1 && FinWaits && head.End == _snd.Nxt + length && room > length;
        byte backoff = _backoff;
        Instant since = _probingSince;
        EndPersist();
        if (TransmitPacket(now, length, fin, EffectiveMss, push: true))
        {
            _probesUnanswered = 0;
            return true;
        }

        (_backoff, _probingSince) = (backoff, since);
        _timers.Kind = RetransmissionKind.Persist;
        _timers.Retransmission = now + TimerWheel.Fires(Duration.FromMilliseconds(500), Sysctls.TimerHz);
        _timers.Retransmission = HoldToUserTimeout(now, _timers.Retransmission, since);
        return false;
    }
}
