using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>
/// Loss recovery's states and what leads from one to another, as Linux has them (tcp_fastretrans_alert): RFC 5681 §3.2, RFC 6582, RFC 6675
/// and, after a timeout, RFC 5682 (F-RTO). It counts what left the network; it does not send, and reduces the window through PRR alone.
/// </summary>
internal sealed partial class TcpConnection
{
    private LossRecovery? _recovery;

    /// <summary>The segments in flight and what is known of them, for whoever wants to count them himself.</summary>
    internal (SegmentRing? Segments, LossRecovery? Known, bool Sack) Scoreboard => (_sent, _recovery, _sackOn);

    // In two parts, so that the usual one is short enough to be inlined.
    private LossRecovery Recovery => _recovery ?? BeginRecovery();

    private LossRecovery BeginRecovery() => _recovery = new LossRecovery(Sysctls.Reordering);

    /// <summary>
    /// Segments that may be in the network: sent, less those known to have arrived or taken for lost, and what was sent again
    /// (tcp_packets_in_flight).
    /// </summary>
    private int SegmentsInFlight
    {
        get
        {
            if (_recovery is not { } recovery)
            {
                return SegmentsOut;
            }

            // Limited transmit (RFC 3042): what duplicate ACKs tell of makes room for new data before recovery begins.
            int left = recovery.LeftOut;
            left = left != 0 && !Sysctls.LimitedTransmit && _congestion.Phase is CongestionPhase.Disorder ? recovery.LostOut : left;
            return SegmentsOut - left + recovery.RetransmittedOut;
        }
    }

    /// <summary>It is not simply the next ACK of the usual case.</summary>
    private bool IsDubious(AckFlags flags) =>
        (flags & AckFlags.NotDuplicate) == 0 || (flags & AckFlags.Alert) != 0 || _congestion.Phase is not CongestionPhase.Open;

    /// <summary>tcp_fastretrans_alert.</summary>
    private void React(Instant now, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        if (SegmentsOut == 0)
        {
            recovery.SackedOut = 0;
        }

        if (round.Has(AckFlags.EcnEcho))
        {
            recovery.PriorThreshold = 0; // The network was congested: no taking back.
        }

        if (WaitsForReneger(now, ref round) || LeavesState(now, ref round))
        {
            return;
        }

        switch (_congestion.Phase)
        {
            case CongestionPhase.Recovery:
                if (!ReactInRecovery(now, ref round))
                {
                    return;
                }

                break;
            case CongestionPhase.Loss:
                ReactInLoss(now, ref round);
                FindLost(now, ref round);
                if (_congestion.Phase is not CongestionPhase.Open && !round.Has(AckFlags.RetransmissionLost))
                {
                    return;
                }

                goto default;
            default:
                if (!ReactOutside(now, ref round))
                {
                    return;
                }

                break;
        }

        round.Resend = Resend.Lost;
    }

    /// <summary>
    /// The ACK leads to a segment that had been SACKed: the peer may have dropped it (RFC 2018 §8), or the next ACK says otherwise. It gets half
    /// a round trip for that; then everything counts as not SACKed (tcp_check_sack_reneging).
    /// </summary>
    private bool WaitsForReneger(Instant now, ref AckRound round)
    {
        if (!round.Has(AckFlags.Reneged) || !round.Has(AckFlags.UnaAdvanced))
        {
            return false;
        }

        long wait = Math.Max(_rtt.Smoothed8 >> 4, 10_000);
        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(Duration.FromMicroseconds(wait), Sysctls.TimerHz);
        round.Flags &= ~AckFlags.SetTimer;
        return true;
    }

    /// <summary>Everything that was out when the state was entered is acknowledged: it ends.</summary>
    /// <returns>True when that is all there is to do.</returns>
    private bool LeavesState(Instant now, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        if (_congestion.Phase is CongestionPhase.Open)
        {
            _firstRetransmissionAt = Instant.Never;
            return false;
        }

        if (_snd.Una < recovery.Point)
        {
            return false;
        }

        if (_congestion.Phase is CongestionPhase.Cwr)
        {
            // Something beyond it has to be acknowledged, so that CWR is sure to have reached the peer.
            if (_snd.Una != recovery.Point)
            {
                EndReduction(now);
                EnterPhase(now, CongestionPhase.Open);
            }
        }
        else if (_congestion.Phase is CongestionPhase.Recovery)
        {
            if (!_sackOn)
            {
                recovery.SackedOut = 0;
            }

            if (UndoRecovery(now, round))
            {
                return true;
            }

            EndReduction(now);
        }

        return false;
    }

    private bool ReactInRecovery(Instant now, ref AckRound round)
    {
        if (!round.Has(AckFlags.UnaAdvanced))
        {
            if (!_sackOn)
            {
                AddDuplicates(round.Duplicates);
            }
        }
        else if (UndoPartially(now, round))
        {
            return false;
        }

        if (UndoByDsack(now))
        {
            StayOpen(now, round);
        }

        FindLost(now, ref round);
        if (_congestion.Phase is CongestionPhase.Recovery)
        {
            return true;
        }

        // It was a mistake, and something else is lost all the same.
        bool lost = Recovery.LostOut > 0;
        if (lost)
        {
            EnterRecovery(now, round.Has(AckFlags.EcnEcho));
        }

        return lost;
    }

    private bool ReactOutside(Instant now, ref AckRound round)
    {
        if (!_sackOn)
        {
            if (round.Has(AckFlags.UnaAdvanced))
            {
                Recovery.SackedOut = 0;
            }

            AddDuplicates(round.Duplicates);
        }

        if (_congestion.Phase <= CongestionPhase.Disorder)
        {
            UndoByDsack(now);
        }

        FindLost(now, ref round);
        if (Recovery.LostOut == 0)
        {
            StayOpen(now, round);
            return false;
        }

        if (_mtuSearch is not null && JudgeLostProbe(now))
        {
            return false;
        }

        EnterRecovery(now, round.Has(AckFlags.EcnEcho));
        return true;
    }

    /// <summary>After a timeout: all made good, a mistake, or more to send (tcp_process_loss).</summary>
    private void ReactInLoss(Instant now, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        bool recovered = _snd.Una >= recovery.Point;
        if (round.Has(AckFlags.UnaAdvanced) && UndoLoss(now, round, spurious: false))
        {
            return;
        }

        if (recovery.Frto)
        {
            // Step 3.b: something arrived that was sent once only, from before the timeout.
            if (round.Has(AckFlags.OriginalDelivered) && UndoLoss(now, round, spurious: true))
            {
                return;
            }

            if (_snd.Nxt > recovery.Point)
            {
                recovery.Frto = !round.Has(AckFlags.DataSacked) && round.Duplicates == 0; // Step 3.a: it was a loss.
            }
            else if (round.Has(AckFlags.UnaAdvanced) && !recovered)
            {
                recovery.Point = _snd.Nxt;
                if (HasUnsent && _snd.WindowEnd > _snd.Nxt)
                {
                    round.Resend = Resend.NewData; // Step 2.b.
                    return;
                }

                recovery.Frto = false;
            }
        }

        if (recovered)
        {
            UndoRecovery(now, round);
            return;
        }

        if (!_sackOn)
        {
            // A duplicate is for the new data of step 2.b.
            if (_snd.Nxt > recovery.Point && round.Duplicates > 0)
            {
                AddDuplicates(round.Duplicates);
            }
            else if (round.Has(AckFlags.UnaAdvanced))
            {
                recovery.SackedOut = 0;
            }
        }

        round.Resend = Resend.Lost;
    }

    /// <summary>Fast recovery begins (tcp_enter_recovery).</summary>
    private void EnterRecovery(Instant now, bool echo)
    {
        LossRecovery recovery = Recovery;
        ForgetRetransmissionTime();
        Count(_sackOn ? SnmpCounter.TcpExtTCPSackRecovery : SnmpCounter.TcpExtTCPRenoRecovery);
        recovery.PriorThreshold = 0;
        BeginUndo();
        if (!InReduction)
        {
            if (!echo)
            {
                recovery.PriorThreshold = CurrentThreshold;
            }

            BeginReduction(now);
        }

        EnterPhase(now, CongestionPhase.Recovery);
    }

    /// <summary>A retransmission timeout: what was sent long enough ago is lost, and slow start begins (RFC 5681 §3.1; tcp_enter_loss).</summary>
    private void EnterLoss(Instant now)
    {
        LossRecovery recovery = Recovery;
        bool fresh = _congestion.Phase < CongestionPhase.Recovery;
        MarkLostByTimeout(now);

        // One reduction for one window's losses (RFC 5681 §4.3).
        if (_congestion.Phase <= CongestionPhase.Disorder || recovery.Point <= _snd.Una
            || (_congestion.Phase is CongestionPhase.Loss && _retransmissions == 0))
        {
            recovery.PriorThreshold = CurrentThreshold;
            _congestion.PriorWindow = _congestion.Window;
            _congestion.Threshold = ThresholdAfterLoss(now);
            _control?.Happened(ref _congestion, FillContext(now), CongestionEvent.Loss);
            BeginUndo();
        }

        _congestion.Window = SegmentsInFlight + 1;
        _congestion.Credit = 0;
        recovery.WindowStamp = now;
        if (_congestion.Phase <= CongestionPhase.Disorder && recovery.SackedOut >= Sysctls.Reordering)
        {
            recovery.Reordering = Math.Min(recovery.Reordering, Sysctls.Reordering); // It was thought to be more than it is.
        }

        EnterPhase(now, CongestionPhase.Loss);
        recovery.Point = _snd.Nxt;
        recovery.ProbeOutstanding = false;
        QueueCwr();
        recovery.Frto = Sysctls.Frto != 0 && (fresh || _retransmissions > 0);
    }

    /// <summary>tcp_timeout_mark_lost.</summary>
    private void MarkLostByTimeout(Instant now)
    {
        LossRecovery recovery = Recovery;
        SegmentRing ring = Sent;
        bool reneged = ring.Count > 0 && ring[0].Has(SentFlags.Sacked);
        if (reneged)
        {
            Count(SnmpCounter.TcpExtTCPSACKReneging);
            recovery.Reneged = true;
        }

        if (reneged || !_sackOn)
        {
            recovery.SackedOut = 0;
        }

        for (int i = 0; i < ring.Count; i++)
        {
            ref SentSegment segment = ref ring[i];
            if (reneged)
            {
                segment.Flags &= ~SentFlags.Sacked;
            }
            else if (i > 0 && Sysctls.Rack && recovery.Rack.Rtt - MicrosecondsSince(now, segment.SentAt) > 0)
            {
                continue; // Sent a moment ago.
            }

            MarkLost(ref segment);
        }

        recovery.HasHint = false;
        recovery.CountedTo = _snd.Una;
    }

    /// <summary>
    /// Segments were lost, though not by congestion: they go again as the window allows, which stays as it is
    /// (tcp_non_congestion_loss_retransmit).
    /// </summary>
    private void RepairLost(Instant now)
    {
        LossRecovery recovery = Recovery;
        if (_congestion.Phase is not CongestionPhase.Loss)
        {
            recovery.Point = _snd.Nxt;
            _congestion.Threshold = CurrentThreshold;
            recovery.PriorThreshold = 0;
            recovery.MayUndo = false;
            EnterPhase(now, CongestionPhase.Loss);
        }

        ResendLost(now);
    }

    /// <summary>Nothing is lost: open, or in disorder while something is out of order (tcp_try_to_open).</summary>
    private void StayOpen(Instant now, in AckRound round)
    {
        ForgetRetransmissionTime();
        if (round.Has(AckFlags.EcnEcho))
        {
            EnterCwr(now);
        }

        if (_congestion.Phase is not CongestionPhase.Cwr)
        {
            KeepOpen(now);
        }
    }

    /// <summary>tcp_try_keep_open.</summary>
    private void KeepOpen(Instant now)
    {
        CongestionPhase phase = Recovery.LeftOut > 0 || AnyRetransmission ? CongestionPhase.Disorder : CongestionPhase.Open;
        if (_congestion.Phase != phase)
        {
            EnterPhase(now, phase);
            Recovery.Point = _snd.Nxt;
        }
    }

    /// <summary>Something was sent again that is not acknowledged (tcp_any_retrans_done).</summary>
    private bool AnyRetransmission =>
        _recovery is { RetransmittedOut: > 0 } || (SegmentsOut > 0 && Sent[0].Has(SentFlags.Retransmitted));

    private void ForgetRetransmissionTime()
    {
        if (!AnyRetransmission)
        {
            _firstRetransmissionAt = Instant.Never;
        }
    }
}
