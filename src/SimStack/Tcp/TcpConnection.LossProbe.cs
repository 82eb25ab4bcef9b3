using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// The tail loss probe of RFC 8985 §7, as Linux has it: when ACKs stay away for two round trips, one segment, new or the last again, asks for
/// one, long before the RTO. Once for each tail.
/// </summary>
internal sealed partial class TcpConnection
{
    private SequenceNumber _probeEnd;
    private bool _probeOutstanding;
    private bool _probeWasRetransmission;

    /// <summary>Segments were acknowledged, others are out: the probe's timer, or else the RTO, begins anew (tcp_set_xmit_timer).</summary>
    private void ArmAfterProgress(Instant now)
    {
        if (!ScheduleLossProbe(now, advancing: true))
        {
            RearmRetransmission(now);
        }
    }

    /// <summary>The RTO; in the place of a probe's timer it runs from when the oldest segment was sent (tcp_rearm_rto).</summary>
    private void RearmRetransmission(Instant now)
    {
        if (_timers.Kind is not RetransmissionKind.LossProbe)
        {
            ArmRetransmission(now);
            return;
        }

        Duration left = Sent[0].SentAt + CurrentRto - now;
        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(Duration.Max(left, Duration.FromMicroseconds(1)), Sysctls.TimerHz);
    }

    /// <summary>tcp_schedule_loss_probe; false when none is due in this state.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="advancing">The RTO would begin now; otherwise it runs since the oldest segment was sent.</param>
    private bool ScheduleLossProbe(Instant now, bool advancing)
    {
        if (!Profile.TailLossProbe || !_sackOn || Sysctls.EarlyRetransmit < 3 || SegmentsOut == 0
            || _congestion.Phase is not CongestionPhase.Open)
        {
            return false;
        }

        Duration delay = Duration.FromMilliseconds(Sysctls.InitialRtoMilliseconds);
        if (_rtt.HasSample)
        {
            // A lone segment may meet a delayed ACK.
            long extra = SegmentsOut == 1 ? Sysctls.RtoMinMicroseconds : 2000;
            delay = Duration.FromMicroseconds((_rtt.Smoothed8 >> 2) + extra);
        }

        Duration timeout = advancing ? CurrentRto : Sent[0].SentAt + CurrentRto - now;
        if (timeout > Duration.Zero)
        {
            delay = Duration.Min(delay, timeout);
        }

        _timers.Kind = RetransmissionKind.LossProbe;
        _timers.Retransmission = now + TimerWheel.Fires(delay, Sysctls.TimerHz);
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

        if (!_probeOutstanding && SendLossProbe(now))
        {
            _probeOutstanding = true;
            _probeEnd = _snd.Nxt;
            Count(SnmpCounter.TcpExtTCPLossProbes);
            _timers.Kind = RetransmissionKind.None; // The RTO begins now.
        }

        RearmRetransmission(now);
    }

    /// <summary>New data if there is some that the peer's window takes, otherwise the last segment again.</summary>
    private bool SendLossProbe(Instant now)
    {
        _probeWasRetransmission = false;
        if (HasUnsent && HeadNeeds(EffectiveMss) <= _snd.WindowEnd - _snd.Nxt)
        {
            int before = SegmentsOut;
            OutputPackets(now, Nagle.Off, OutputKind.Probe);
            return SegmentsOut > before;
        }

        Instant first = _firstRetransmissionAt;
        bool sent = Retransmit(now, SegmentsOut - 1);
        _firstRetransmissionAt = first; // A probe does not count for how long the peer was silent.
        _probeWasRetransmission = sent;
        return sent;
    }

    /// <summary>What an ACK tells of the probe: that nothing was lost, or that it made good a loss, which halves the window (RFC 8985 §7.4).</summary>
    private void JudgeLossProbe(scoped in TcpSegment segment, bool advances, bool windowChanged)
    {
        if (!_probeOutstanding || segment.Ack < _probeEnd)
        {
            return;
        }

        if (!_probeWasRetransmission || IsDuplicateOfProbe(segment))
        {
            _probeOutstanding = false;
        }
        else if (segment.Ack > _probeEnd)
        {
            _probeOutstanding = false;
            _congestion.ReduceForLoss();
            QueueCwr();
            Count(SnmpCounter.TcpExtTCPLossProbeRecovery);
        }
        else if (!advances && segment.Length == 0 && !windowChanged && segment.Options.SackCount == 0)
        {
            _probeOutstanding = false;
        }
    }

    private bool IsDuplicateOfProbe(scoped in TcpSegment segment) =>
        segment.Options.SackCount > 0 && segment.Options.GetSack(0).Right == _probeEnd && segment.Ack >= _probeEnd;
}
