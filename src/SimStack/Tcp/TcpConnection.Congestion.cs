using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>
/// The congestion window: who sets it when. In a reduction PRR does (RFC 6937), otherwise the algorithm; after idle time it decays.
/// </summary>
internal sealed partial class TcpConnection
{
    private CongestionState _congestion;
    private bool _windowLimited;
    private int _mostOut;
    private Wire.SequenceNumber _usageUntil;

    private bool InReduction => _congestion.Phase is CongestionPhase.Cwr or CongestionPhase.Recovery;

    /// <summary>ssthresh, were the reduction to come now: not less than three quarters of the window (tcp_current_ssthresh).</summary>
    private int CurrentThreshold => InReduction
        ? _congestion.Threshold
        : Math.Max(_congestion.Threshold, (_congestion.Window >> 1) + (_congestion.Window >> 2));

    /// <summary>
    /// Whether the application made use of the window, so that it may grow (RFC 5681 §3.1's precondition, RFC 7661's reason): it
    /// was full within the last round trip, or in slow start at least half of it was used.
    /// </summary>
    private bool IsWindowLimited => _windowLimited || (_congestion.InSlowStart && _congestion.Window < 2 * _mostOut);

    /// <summary>An ECN echo, or a packet that the own interface would not have: the window is reduced, and nothing sent again (tcp_enter_cwr).</summary>
    public void EnterCwr(Instant now)
    {
        LossRecovery recovery = Recovery;
        recovery.PriorThreshold = 0;
        if (_congestion.Phase < CongestionPhase.Cwr)
        {
            recovery.MayUndo = false;
            BeginReduction(now);
            EnterPhase(now, CongestionPhase.Cwr);
        }
    }

    /// <summary>The first data is about to be sent: the algorithm begins.</summary>
    private void BeginControl(Instant now)
    {
        BeginAlgorithm(now);
        Recovery.Point = _snd.Una;
        Recovery.WindowStamp = now;
    }

    private CongestionContext FillContext(Instant now)
    {
        CongestionContext context = _tcp.Congestion;
        context.Now = now;
        context.Mss = BoundedMss;
        context.Una = _snd.Una;
        context.Nxt = _snd.Nxt;
        context.NextDeparture = _lastTransmissionAt;
        context.MaxPacingRate = MostPacingRate;
        context.Paced = _pacer is { Status: not PacingStatus.None };
        context.ReceiveNext = _rcv.Nxt;
        context.EcnAgreed = EcnMode != EcnState.None;
        context.AckDelayed = !_timers.DelayedAck.IsNever;
        context.SmoothedRtt8 = _rtt.Smoothed8;
        context.LeastRttMicroseconds = _rtt.LeastMicroseconds;
        context.HasSack = _sackOn;
        context.MostOut = _mostOut;
        context.LastSentAt = _lastSentAt;
        context.Unsent = NotSent;
        RefreshContext(context);
        return context;
    }

    /// <summary>What may be another before the same ACK is done with, once the context was filled for it.</summary>
    private CongestionContext RefreshContext(CongestionContext context)
    {
        if (_congestion.InSlowStart && _control is not { ControlsWindow: true })
        {
            _congestion.PacingRate = PacingRate;
        }

        context.SegmentsInFlight = SegmentsInFlight;
        context.Delivered = _counts.Delivered;
        context.DeliveredCe = _counts.DeliveredCe;
        context.WindowLimited = IsWindowLimited;
        context.WindowFull = _windowLimited;
        if (_recovery is { } recovery)
        {
            context.Lost = recovery.Lost;
            context.DeliveredAt = new Instant(recovery.Rate.DeliveredAt * 1000);
            context.ApplicationLimited = recovery.Rate.ApplicationLimited;
        }
        else
        {
            context.Lost = 0;
            context.DeliveredAt = Instant.Zero;
            context.ApplicationLimited = uint.MaxValue;
        }

        return context;
    }

    private static AckKind KindOf(AckFlags flags) => AckKind.SlowPath
        | ((flags & AckFlags.WindowUpdate) != 0 ? AckKind.WindowUpdate : AckKind.None)
        | ((flags & AckFlags.EcnEcho) != 0 ? AckKind.EcnEcho : AckKind.None);

    private void EnterPhase(Instant now, CongestionPhase phase)
    {
        _control?.PhaseChanges(ref _congestion, FillContext(now), phase);
        _congestion.Phase = phase;
        if (_recovery is { TimeoutSince.IsNever: false } recovery && phase is not CongestionPhase.Loss)
        {
            EndTimeoutTime(now, recovery);
        }
    }

    /// <summary>tcp_update_rto_time.</summary>
    private static void EndTimeoutTime(Instant now, LossRecovery recovery)
    {
        recovery.TimeoutMilliseconds += (now - recovery.TimeoutSince).WholeMilliseconds;
        recovery.TimeoutSince = Instant.Never;
    }

    /// <summary>tcp_update_rto_stats, but for icsk_retransmits.</summary>
    private void CountTimeout(Instant now)
    {
        if (_retransmissions == 0)
        {
            _counts.TimeoutRecoveries++;
            Recovery.TimeoutSince = now;
        }

        _counts.Timeouts++;
    }

    private int ThresholdAfterLoss(Instant now) =>
        _control?.ThresholdAfterLoss(ref _congestion, FillContext(now)) ?? Math.Max(_congestion.Window >> 1, 2);

    /// <summary>tcp_init_cwnd_reduction.</summary>
    private void BeginReduction(Instant now)
    {
        LossRecovery recovery = Recovery;
        recovery.Point = _snd.Nxt;
        recovery.ProbeOutstanding = false;
        recovery.ReductionDelivered = recovery.ReductionOut = 0;
        _congestion.Credit = 0;
        _congestion.PriorWindow = _congestion.Window;
        _congestion.Threshold = ThresholdAfterLoss(now);
        QueueCwr();
    }

    /// <summary>
    /// Proportional rate reduction (RFC 6937 §3; tcp_cwnd_reduction): while more is in flight than the threshold, for each segment delivered a
    /// part of one is sent, so that the window is down after a round trip; below it as much as was delivered, and one more for an ACK that
    /// advances without new losses (RFC 9937's choice between its two bounds).
    /// </summary>
    private void ReduceWindow(int delivered, int lost, AckFlags flags)
    {
        LossRecovery recovery = Recovery;
        if (delivered <= 0 || _congestion.PriorWindow == 0)
        {
            return;
        }

        recovery.ReductionDelivered += delivered;
        if (!Sysctls.ProportionalReduction)
        {
            _congestion.Window = _congestion.Threshold;
            return;
        }

        int inFlight = SegmentsInFlight;
        int excess = inFlight - _congestion.Threshold;
        int send;
        if (excess > 0)
        {
            long share = ((long)_congestion.Threshold * recovery.ReductionDelivered) + _congestion.PriorWindow - 1;
            send = (int)(share / _congestion.PriorWindow) - recovery.ReductionOut;
        }
        else
        {
            send = Math.Max(recovery.ReductionDelivered - recovery.ReductionOut, delivered);
            send += (flags & AckFlags.UnaAdvanced) != 0 && lost == 0 ? 1 : 0;
            send = Math.Min(-excess, send);
        }

        // The first retransmission leaves at once.
        _congestion.Window = inFlight + Math.Max(send, recovery.ReductionOut > 0 ? 0 : 1);
    }

    /// <summary>tcp_end_cwnd_reduction.</summary>
    private void EndReduction(Instant now)
    {
        if (_control is { ControlsWindow: true })
        {
            return;
        }

        if (_congestion.Threshold < int.MaxValue && (_congestion.Phase is CongestionPhase.Cwr || Recovery.MayUndo))
        {
            _congestion.Window = _congestion.Threshold;
            Recovery.WindowStamp = now;
        }

        _control?.Happened(ref _congestion, FillContext(now), CongestionEvent.ReductionComplete);
    }

    /// <summary>What the ACK means for the window (tcp_cong_control).</summary>
    private void ControlCongestion(Instant now, int delivered, ref AckRound round)
    {
        if (_control is null)
        {
            UpdatePacing();
            return;
        }

        if (_control.ControlsWindow)
        {
            CongestionContext context = FillContext(now);
            _control.Control(ref _congestion, context, round.Rate);
            RateIsNew();
            Recovery.Rate.ApplicationLimited = context.ApplicationLimited;
            return;
        }

        if (InReduction)
        {
            ReduceWindow(delivered, round.Rate.Losses, round.Flags);
        }
        else if (round.Has(Recovery.Reordering > Sysctls.Reordering ? AckFlags.ForwardProgress : AckFlags.DataAcknowledged))
        {
            // On a path that reorders whatever is delivered counts.
            int most = _congestion.InSlowStart ? Sysctls.SlowStartLimit : 0;
            _control.Avoid(ref _congestion, RefreshContext(_tcp.Congestion), round.Ack, most > 0 ? Math.Min(delivered, most) : delivered);
            Recovery.WindowStamp = now;
        }

        UpdatePacing();
    }

    private void CountDelivered(int segments)
    {
        if (segments > 0)
        {
            Count(SnmpCounter.TcpExtTCPDelivered, segments);
        }
    }

    /// <summary>
    /// After sending: notes for a round trip how much of the window was in use, the strongest sign first (Linux:
    /// tcp_cwnd_validate). A window that was not used for an RTO decays (RFC 2861 §3.1).
    /// </summary>
    private void NoteWindowUse(Instant now, bool limited)
    {
        if (_snd.Una >= _usageUntil || limited || (!_windowLimited && SegmentsOut > _mostOut))
        {
            _windowLimited = limited;
            _mostOut = SegmentsOut;
            _usageUntil = _snd.Nxt;
        }

        LossRecovery recovery = Recovery;
        if (IsWindowLimited)
        {
            recovery.WindowUsed = 0;
            recovery.WindowStamp = now;
            return;
        }

        recovery.WindowUsed = Math.Max(recovery.WindowUsed, SegmentsOut);
        if (Sysctls.SlowStartAfterIdle && Offloads && now - recovery.WindowStamp >= CurrentRto && _control is not { ControlsWindow: true })
        {
            DecayUnusedWindow(now);
        }
    }

    /// <summary>tcp_cwnd_application_limited.</summary>
    private void DecayUnusedWindow(Instant now)
    {
        LossRecovery recovery = Recovery;
        if (_congestion.Phase is CongestionPhase.Open && Socket is not null && !_awaitsSpace)
        {
            int used = Math.Max(recovery.WindowUsed, InitialWindowSegments);
            if (used < _congestion.Window)
            {
                _congestion.Threshold = CurrentThreshold;
                _congestion.Window = (_congestion.Window + used) >> 1;
            }

            recovery.WindowUsed = 0;
        }

        recovery.WindowStamp = now;
    }

    /// <summary>The route's initial congestion window, or the host's (Linux: tcp_init_cwnd).</summary>
    private int InitialWindowSegments =>
        Math.Min(_path?.Route is { InitCwnd: > 0 } route ? route.InitCwnd : Sysctls.InitialWindowSegments, _congestion.Clamp);

    /// <summary>
    /// The congestion window decays when nothing was sent for longer than the RTO (RFC 5681 §4.1; RFC 2861; tcp_cwnd_restart).
    /// </summary>
    private void NoteRestart(Instant now)
    {
        Duration rto = CurrentRto;
        if (!Sysctls.SlowStartAfterIdle || _lastSentAt.IsNever || now - _lastSentAt <= rto || _control is { ControlsWindow: true })
        {
            return;
        }

        _control?.Happened(ref _congestion, FillContext(now), CongestionEvent.WindowRestart);
        _congestion.Threshold = CurrentThreshold;
        int window = _congestion.Window;
        int floor = Math.Min(InitialWindowSegments, window);
        long idle = ((now - _lastSentAt).Nanoseconds - 1) / Math.Max(1, rto.Nanoseconds);
        for (; idle > 0 && window > floor; idle--)
        {
            window >>= 1;
        }

        _congestion.Window = Math.Max(window, floor);
        Recovery.WindowStamp = now;
        Recovery.WindowUsed = 0;
    }

    /// <summary>
    /// A lost SYN or SYN-ACK: the window starts at one segment (RFC 5681 §3.1), by RFC 6928 §2 and Linux only after two losses.
    /// </summary>
    private void BeginWindow()
    {
        _congestion.Window = _retransmissions > (Profile.Rfc6298Timer ? 0 : 1) ? 1 : InitialWindowSegments;
    }
}
