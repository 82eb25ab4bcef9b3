using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>
/// The tail loss probe of RFC 8985 §7, as Linux has it: when ACKs stay away for two round trips, one segment, new or the last again, asks for
/// one, long before the RTO. Once for each tail.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>Segments were acknowledged, others are out: the probe's timer, or else the RTO, begins anew (tcp_set_xmit_timer).</summary>
    private void ArmAfterProgress(Instant now)
    {
        if (!ScheduleLossProbe(now, advancing: true))
        {
            RearmRetransmission(now);
        }
    }

    /// <summary>
    /// The RTO; in the place of a probe's timer, or of the reordering timer, it runs from when the oldest segment was sent (tcp_rearm_rto).
    /// </summary>
    private void RearmRetransmission(Instant now)
    {
        if (SegmentsOut == 0)
        {
            StopRetransmission();
            return;
        }

        if (_timers.Kind is not (RetransmissionKind.LossProbe or RetransmissionKind.Reordering))
        {
            ArmRetransmission(now);
            if (Sysctls.RtoRestart)
            {
                RestartByOldest(now);
            }

            _timers.Retransmission += PacingDelay(now);
            return;
        }

        Duration left = Sent[0].SentAt + CurrentRto - now;
        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(Duration.Max(left, Duration.FromMicroseconds(1)) + PacingDelay(now), Sysctls.TimerHz);
    }

    /// <summary>RFC 7765 §4: with too few segments for fast retransmit the timer runs from when the oldest was sent, not from the ACK.</summary>
    private void RestartByOldest(Instant now)
    {
        const int Threshold = 4; // rrthresh, §4
        int unsent = (NotSent + EffectiveMss - 1) / EffectiveMss;
        Duration left = Sent[0].SentAt + CurrentRto - now;
        if (SegmentsOut + unsent < Threshold && left > Duration.Zero)
        {
            _timers.Retransmission = now + TimerWheel.Fires(left, Sysctls.TimerHz);
        }
    }

    /// <summary>tcp_schedule_loss_probe; false when none is due in this state.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="advancing">The RTO would begin now; otherwise it runs since the oldest segment was sent.</param>
    private bool ScheduleLossProbe(Instant now, bool advancing)
    {
        if (!Profile.TailLossProbe || !_sackOn || Sysctls.EarlyRetransmit < 3 || SegmentsOut == 0
            || _congestion.Phase is not (CongestionPhase.Open or CongestionPhase.Cwr) || PendingRequest is not null)
        {
            return false;
        }

        Duration delay = Duration.FromMilliseconds(Sysctls.InitialRtoMilliseconds);
        if (_rtt.HasSample)
        {
            // A lone segment may meet a delayed ACK.
            long extra = SegmentsOut == 1 ? RtoMin : 2000;
            delay = Duration.FromMicroseconds((_rtt.Smoothed8 >> 2) + extra);
        }

        Duration timeout = advancing ? CurrentRto : Sent[0].SentAt + CurrentRto - now;
        if (timeout > Duration.Zero)
        {
            delay = Duration.Min(delay, timeout);
        }

        _timers.Kind = RetransmissionKind.LossProbe;
        _timers.Retransmission = now + TimerWheel.Fires(delay + PacingDelay(now), Sysctls.TimerHz);
        return true;
    }

    private void LossProbeTimeout(Instant now)
    {
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "tail loss probe"));
        if (SegmentsOut == 0)
        {
            StopRetransmission();
            return;
        }

        LossRecovery recovery = Recovery;
        if (!recovery.ProbeOutstanding && SendLossProbe(now))
        {
            recovery.ProbeOutstanding = true;
            recovery.ProbeEnd = _snd.Nxt;
            Count(SnmpCounter.TcpExtTCPLossProbes);
            _timers.Kind = RetransmissionKind.None; // The RTO begins now.
        }

        RearmRetransmission(now);
    }

    /// <summary>New data if there is some that the peer's window takes, otherwise the last segment again.</summary>
    private bool SendLossProbe(Instant now)
    {
        LossRecovery recovery = Recovery;
        recovery.ProbeWasRetransmission = false;
        if (HasUnsent && HeadNeeds(EffectiveMss) <= _snd.WindowEnd - _snd.Nxt)
        {
            int before = SegmentsOut;
            OutputPackets(now, Nagle.Off, OutputKind.Probe);
            return SegmentsOut > before;
        }

        int last = SegmentsOut - 1;
        CutPacket(last);
        Instant prior = _lastTransmissionAt;
        recovery.ProbeWasRetransmission = SendAgain(now, last, push: false);
        if (recovery.ProbeWasRetransmission && _pacer is not null)
        {
            Pace(prior, Sent[last].Length);
        }

        return recovery.ProbeWasRetransmission;
    }

    /// <summary>
    /// What an ACK tells of the probe: that nothing was lost, or that it made good a loss, for which the window is reduced (RFC 8985 §7.4;
    /// tcp_process_tlp_ack).
    /// </summary>
    private void JudgeLossProbe(Instant now, ref AckRound round)
    {
        if (_recovery is not { ProbeOutstanding: true } recovery || round.Ack < recovery.ProbeEnd)
        {
            return;
        }

        if (!recovery.ProbeWasRetransmission || round.Has(AckFlags.DsackOfProbe))
        {
            recovery.ProbeOutstanding = false;
        }
        else if (round.Ack > recovery.ProbeEnd)
        {
            BeginReduction(now);
            EnterPhase(now, CongestionPhase.Cwr);
            EndReduction(now);
            KeepOpen(now);
            Count(SnmpCounter.TcpExtTCPLossProbeRecovery);
        }
        else if (!round.Has(AckFlags.UnaAdvanced | AckFlags.NotDuplicate | AckFlags.DataSacked))
        {
            recovery.ProbeOutstanding = false;
        }
    }
}
