using System.Numerics;
using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.8, timeouts: retransmission (RFC 6298), keep-alive (§3.8.4), FIN-WAIT-2.</summary>
internal sealed partial class TcpConnection
{
    private byte _backoff;
    private byte _doublings;
    private byte _retransmissions;
    private byte _keepAliveProbes;
    private Instant _firstRetransmissionAt = Instant.Never;
    private Instant _lastReceivedAt;

    /// <summary>
    /// RTO as retransmissions doubled it (RFC 6298 §5.5; icsk_rto). Probes of the window back off too, and leave it as it is.
    /// </summary>
    private Duration CurrentRto => DoubledRto(_rtt.RtoMicroseconds * 1000L, _doublings);

    /// <summary>The shortest RTO in microseconds (tcp_rto_min).</summary>
    private int RtoMin => _limits is { RtoMinMicroseconds: > 0 and int own } ? own : Sysctls.RtoMinMicroseconds;

    /// <summary>The longest RTO (tcp_rto_max).</summary>
    private Duration RtoMax => Duration.FromMilliseconds(
        _limits is { RtoMaxMilliseconds: > 0 and int own } ? own : Sysctls.RtoMaxMilliseconds);

    /// <summary>
    /// From what patience and window probes are reckoned, in nanoseconds: in Linux its standard least RTO, whatever one is set (TCP_RTO_MIN in
    /// tcp_model_timeout and tcp_probe0_base).
    /// </summary>
    private long PatienceRto => Offloads ? 200_000_000 : Sysctls.RtoMinMicroseconds * 1000L;

    private Duration DoubledRto(long rto, int times)
    {
        long limit = RtoMax.Nanoseconds;
        return new Duration(rto > limit >> Math.Min(times, 62) ? limit : rto << times);
    }

    public override void Timeout(Instant now)
    {
        if (IsHeld)
        {
            DeferTimers(now); // None is armed again before the call ends.
            return;
        }

        if (_timers.DelayedAck <= now)
        {
            DelayedAckTimeout(now);
        }

        if (_received is { } received && received.HeldAcks.Deadline <= now)
        {
            received.HeldAcks.Deadline = Instant.Never;
            SendHeldAck(now);
        }

        if (_timers.Retransmission <= now)
        {
            RetransmissionTimerTimeout(now);
        }

        if (_timers.KeepAlive <= now)
        {
            KeepAliveTimeout(now);
        }

        if (_pacer is not null && _pacer.Due <= now)
        {
            PacingTimeout(now);
        }

        _tcp.Timers.Update(this);
    }

    /// <summary>What the one timer of retransmissions and probes stands for (tcp_write_timer_handler).</summary>
    private void RetransmissionTimerTimeout(Instant now)
    {
        switch (_timers.Kind)
        {
            case RetransmissionKind.Persist:
                PersistTimeout(now);
                break;
            case RetransmissionKind.LossProbe:
                LossProbeTimeout(now);
                break;
            case RetransmissionKind.Reordering:
                ReorderingTimeout(now);
                break;
            case RetransmissionKind.Timeout when PendingRequest is { } request:
                SynAckTimeout(now, request);
                break;
            default:
                RetransmissionTimeout(now);
                break;
        }
    }

    private void ArmRetransmission(Instant now)
    {
        if (PendingRequest is not null)
        {
            return; // The timer is the SYN-ACK's (tcp_rearm_rto).
        }

        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(CurrentRto, Sysctls.TimerHz);
    }

    private void StopRetransmission()
    {
        if (PendingRequest is not null)
        {
            return;
        }

        _timers.Kind = RetransmissionKind.None;
        _timers.Retransmission = Instant.Never;
    }

    /// <summary>The time is over, or there are too many connections that nobody waits for (tcp_write_timeout).</summary>
    private bool GaveUp(Instant now, bool opening)
    {
        bool isOver = opening ? GiveUpOpening(now) : GiveUpRetransmitting(now);
        DetectBlackhole(now, isOver);
        if (!isOver)
        {
            return !opening && ExceedsOrphans(now, hasHope: true);
        }

        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "retransmission"));
        Count(SnmpCounter.TcpExtTCPAbortOnTimeout);
        if (opening)
        {
            Count(SnmpCounter.TcpAttemptFails);
        }

        Fail(now, TimeoutError, "user timeout");
        return true;
    }

    private void RetransmissionTimeout(Instant now)
    {
        if (SegmentsOut == 0)
        {
            StopRetransmission();
            return;
        }

        bool opening = _state is TcpState.SynSent or TcpState.SynReceived;
        if (Offloads && !opening && _snd.Wnd == 0 && !IsOrphan)
        {
            ShutWindowTimeout(now);
            return;
        }

        Count(SnmpCounter.TcpExtTCPTimeouts);
        if (GaveUp(now, opening))
        {
            return;
        }

        if (ReachedR1(now, opening))
        {
            DoubtPath(now, opening);
        }

        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "retransmission"));
        Rehash();
        CountTimeout(now);
        RespondToTimeout(now, opening);
        _retransmissions = (byte)Math.Min(_retransmissions + 1, 255);
        if (!Retransmit(now, 0))
        {
            // The interface would not have it (Linux: TCP_RESOURCE_PROBE_INTERVAL).
            _timers.Kind = RetransmissionKind.Timeout;
            _timers.Retransmission = now + TimerWheel.Fires(Duration.FromMilliseconds(500), Sysctls.TimerHz);
            return;
        }

        BackOff();
        if (Profile.ReportsDeliveryTrouble && _receiveErrors && _retransmissions == Sysctls.Retries1)
        {
            Socket?.ReportDeliveryTrouble(now);
        }

        ArmRetransmission(now);
        _timers.Retransmission = HoldToConnectTimeout(
            HoldToUserTimeout(now, _timers.Retransmission, opening ? _firstSentAt : _firstRetransmissionAt));
        SampleWindows(now);
    }

    /// <summary>
    /// The peer took its window back: what goes again probes it, and counts as nothing else, as long as the peer answers (tcp_retransmit_timer,
    /// tcp_rtx_probe0_timed_out; RFC 9293 §3.8.6, SHLD-17).
    /// </summary>
    private void ShutWindowTimeout(Instant now)
    {
        Duration since = _firstRetransmissionAt.IsNever ? now - Sent[0].SentAt : now - _firstRetransmissionAt;
        Duration limit = RtoMax + RtoMax;
        bool isTooLong = _userTimeoutMilliseconds > 0 && since > UserTimeout;
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "retransmission"));
        if (isTooLong || (now - _lastReceivedAt > limit && since > limit))
        {
            Count(SnmpCounter.TcpExtTCPAbortOnTimeout);
            Fail(now, TimeoutError, "user timeout");
            return;
        }

        EnterLoss(now);
        Retransmit(now, 0);
        BackOff();
        ArmRetransmission(now);
        _timers.Retransmission = HoldToUserTimeout(now, _timers.Retransmission, _firstRetransmissionAt);
        SampleWindows(now);
    }

    private void RespondToTimeout(Instant now, bool opening)
    {
        if (!opening)
        {
            CountFailure();
            EnterLoss(now);
        }
        else if (!Profile.RfcSegmentChecks)
        {
            QueueCwr(); // Linux's window is at one segment after a lost SYN as well (tcp_enter_loss).
            NoteLostSyn(now);
        }
    }

    /// <summary>What TCP_INFO tells of it until the connection is there, and if it never is. The algorithm itself begins with the first data.</summary>
    private void NoteLostSyn(Instant now)
    {
        if (_retransmissions > 0)
        {
            Count(SnmpCounter.TcpExtTCPLostRetransmit);
            return;
        }

        CongestionState state = _congestion;
        CongestionControl control = CongestionAlgorithms.Create(_algorithm ?? Sysctls.CongestionControl);
        control.Initialize(ref state, FillContext(now));
        Recovery.OpeningThreshold = control.ThresholdAfterLoss(ref state, FillContext(now));
    }

    /// <summary>What the timeout means for whatever was under way (tcp_retransmit_timer).</summary>
    private void CountFailure()
    {
        if (_retransmissions > 0)
        {
            return;
        }

        switch (_congestion.Phase)
        {
            case CongestionPhase.Recovery:
                Count(_sackOn ? SnmpCounter.TcpExtTCPSackRecoveryFail : SnmpCounter.TcpExtTCPRenoRecoveryFail);
                break;
            case CongestionPhase.Loss:
                Count(SnmpCounter.TcpExtTCPLossFailures);
                break;
            case CongestionPhase.Disorder:
            case var _ when Recovery.SackedOut > 0:
                Count(_sackOn ? SnmpCounter.TcpExtTCPSackFailures : SnmpCounter.TcpExtTCPRenoFailures);
                break;
        }
    }

    /// <summary>
    /// RFC 6298 §5.5. A stream with few segments in flight, where the user or the host asks for it, does so only after six times, since it
    /// has nothing but the timer (tcp_thin_linear_timeouts).
    /// </summary>
    private void BackOff()
    {
        const int LinearRetries = 6, ThinSegments = 4;
        if (_state is TcpState.Established && (_thinLinearTimeouts || Sysctls.ThinLinearTimeouts) && _retransmissions <= LinearRetries
            && SegmentsOut < ThinSegments && _congestion.Threshold < int.MaxValue)
        {
            _backoff = _doublings = 0;
            return;
        }

        // Linux since 6.5 sends the first SYNs a second apart and only then backs off (tcp_syn_linear_timeouts).
        if (_state is not TcpState.SynSent || _retransmissions > Sysctls.SynLinearTimeouts)
        {
            _backoff = (byte)Math.Min(_backoff + 1, 60);
            _doublings = (byte)Math.Min(_doublings + 1, 60);
        }
    }

    private bool GiveUpOpening(Instant now)
    {
        // SYN-RECEIVED here comes from a simultaneous open; the SYN queue counts tcp_synack_retries for itself.
        int linear = _state is TcpState.SynSent ? Sysctls.SynLinearTimeouts : 0;
        int most = (_synRetries > 0 ? _synRetries : Sysctls.SynRetries) + linear;
        return _retransmissions >= most || GaveUpByTime(now)
            // Linux counts, and besides measures the time that the doublings would take without linear ones (tcp_write_timeout).
            || now - _firstSentAt >= TimeOfRetries(_synRetries > 0 ? _synRetries : Sysctls.SynRetries, Sysctls.InitialRtoMilliseconds * 1_000_000L)
            || (_userTimeoutMilliseconds > 0 && _retransmissions > 0 && now - _firstSentAt >= UserTimeout);
    }

    /// <summary>
    /// R1 (RFC 9293 §3.8.3): tcp_retries1 retransmissions, or in Linux the time of so many. An opening connection doubts from the first on
    /// (Linux: tcp_write_timeout).
    /// </summary>
    private bool ReachedR1(Instant now, bool opening)
    {
        if (_retransmissions == 0)
        {
            return false;
        }

        return opening || (Profile.Rfc6298Timer
            ? _retransmissions >= Sysctls.Retries1
            : now - _firstRetransmissionAt >= TimeOfRetries(Sysctls.Retries1, PatienceRto));
    }

    private Duration UserTimeout => Duration.FromMilliseconds(_userTimeoutMilliseconds);

    /// <summary>
    /// R2 (RFC 9293 §3.8.3): by Linux's tcp_retries2 as a time from the first retransmission, or by the user's own timeout.
    /// </summary>
    private bool GiveUpRetransmitting(Instant now)
    {
        if (_retransmissions == 0)
        {
            return false;
        }

        Duration since = now - _firstRetransmissionAt;
        if (_snd.Wnd == 0 && !IsOrphan)
        {
            // The peer took its window back: while it answers, this is probing (RFC 9293 §3.8.6, SHLD-17).
            Duration limit = RtoMax + RtoMax;
            return (_userTimeoutMilliseconds > 0 && since > UserTimeout) || (now - _lastReceivedAt > limit && since > limit);
        }

        if (_userTimeoutMilliseconds > 0)
        {
            return since >= UserTimeout;
        }

        int boundary = IsOrphan ? OrphanRetries : Sysctls.Retries2;
        if (Profile.CountsRetransmissions)
        {
            return _retransmissions >= boundary;
        }

        return since >= TimeOfRetries(boundary, PatienceRto);
    }

    private bool IsOrphan => Socket is null && Listener is null;

    private int OrphanRetries => Sysctls.OrphanRetries > 0 ? Sysctls.OrphanRetries : 8;

    /// <summary>The timer does not outlast the user's timeout, which runs from <paramref name="start"/>.</summary>
    private Instant HoldToUserTimeout(Instant now, Instant deadline, Instant start) =>
        _userTimeoutMilliseconds > 0 && !start.IsNever
            ? Instant.Min(deadline, Instant.Max(start + UserTimeout, now + Duration.FromMilliseconds(1)))
            : deadline;

    /// <summary>How long that many retransmissions take when the first comes after so many nanoseconds.</summary>
    private Duration TimeOfRetries(int boundary, long rto)
    {
        long limit = RtoMax.Nanoseconds;
        int doublings = BitOperations.Log2((ulong)Math.Max(1, limit / rto));
        return boundary <= doublings
            ? new Duration(((2L << boundary) - 1) * rto)
            : new Duration((((2L << doublings) - 1) * rto) + ((boundary - doublings) * limit));
    }

    /// <summary>
    /// A segment with a sequence number that the peer has acknowledged: it must answer with an ACK (RFC 9293 §3.8.4). While urgent data waits
    /// Linux tells of it by another one that the peer can accept (tcp_write_wakeup).
    /// </summary>
    private void SendProbes(Instant now, SnmpCounter counter)
    {
        if (Offloads && UrgentToSend && _snd.Up <= _snd.Una + 0xFFFF)
        {
            SendProbe(now, _snd.Una, counter);
        }

        SendProbe(now, _snd.Una - 1, counter);
    }

    private void SendProbe(Instant now, SequenceNumber seq, SnmpCounter counter)
    {
        Count(counter);
        TcpOptions options = CurrentOptions(now);
        AddSackBlocks(ref options, MostSackBlocks);
        AddEcnOption(now, ref options);
        Emit(now, seq, TcpFlags.Ack, AdvertiseWindow(), options, 0);
    }

    private Duration KeepAliveIdle => Duration.FromSeconds(_keepAliveIdle > 0 ? _keepAliveIdle : Sysctls.KeepAliveTime);

    private void RestartKeepAlive(Instant now)
    {
        _keepAliveProbes = 0;
        if (IsOrphanInFinWait2)
        {
            return;
        }

        bool on = _keepAliveOn && IsSynchronized && _state is not TcpState.TimeWait;
        _timers.KeepAlive = on ? now + TimerWheel.Fires(KeepAliveIdle, Sysctls.TimerHz) : Instant.Never;
    }

    private bool IsOrphanInFinWait2 => _state is TcpState.FinWait2 && Socket is null;

    private void KeepAliveTimeout(Instant now)
    {
        _timers.KeepAlive = Instant.Never;
        if (IsOrphanInFinWait2)
        {
            FinWait2Timeout(now);
            return;
        }

        // Data in flight, or kept back by the window, has its own timer.
        if (!_keepAliveOn || SegmentsOut > 0 || HasUnsent)
        {
            RestartKeepAlive(now);
            return;
        }

        Instant due = _lastReceivedAt + KeepAliveIdle;
        if (due > now)
        {
            _timers.KeepAlive = now + TimerWheel.Fires(due - now, Sysctls.TimerHz);
            return;
        }

        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "keep-alive"));
        int most = _keepAliveCount > 0 ? _keepAliveCount : Sysctls.KeepAliveProbes;
        // A user timeout takes the place of the number of probes.
        bool silent = _userTimeoutMilliseconds > 0
            ? now - _lastReceivedAt >= UserTimeout && _keepAliveProbes > 0
            : _keepAliveProbes >= most;
        if (silent)
        {
            Count(SnmpCounter.TcpExtTCPAbortOnTimeout);
            SendReset(now);
            Fail(now, TimeoutError, "keep-alive timeout");
            return;
        }

        _keepAliveProbes++;
        SendProbes(now, SnmpCounter.TcpExtTCPKeepAlive);
        Duration interval = Duration.FromSeconds(_keepAliveInterval > 0 ? _keepAliveInterval : Sysctls.KeepAliveInterval);
        _timers.KeepAlive = now + TimerWheel.Fires(interval, Sysctls.TimerHz);
    }
}
