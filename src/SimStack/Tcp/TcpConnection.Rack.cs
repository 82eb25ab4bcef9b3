using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>
/// Which segments are lost: by RACK (RFC 8985; tcp_recovery.c), without SACK by duplicate ACKs (RFC 6582), and by counting SACKed segments
/// (RFC 6675) where RACK is off.
/// </summary>
internal sealed partial class TcpConnection
{
    // Beyond a deadline of RACK so much is waited besides (TCP_TIMEOUT_MIN_US).
    private const long LeastTimeoutMicroseconds = 2000;

    /// <summary>tcp_identify_packet_loss.</summary>
    private void FindLost(Instant now, ref AckRound round)
    {
        if (SegmentsOut == 0)
        {
            return;
        }

        if (!_sackOn)
        {
            FindLostByDuplicates(now, (round.Flags & AckFlags.UnaAdvanced) != 0);
            return;
        }

        LossRecovery recovery = Recovery;
        int prior = recovery.RetransmittedOut;
        if (!Sysctls.Rack)
        {
            FindLostByCount(now);
        }
        else if (recovery.Rack.Advanced)
        {
            recovery.Rack.Advanced = false;
            long wait = DetectLost(now);
            if (wait > 0)
            {
                _timers.Kind = RetransmissionKind.Reordering;
                _timers.Retransmission = now + TimerWheel.Fires(Duration.FromMicroseconds(wait + LeastTimeoutMicroseconds), Sysctls.TimerHz);
                round.Flags &= ~AckFlags.SetTimer;
            }
        }

        round.Flags |= prior > recovery.RetransmittedOut ? AckFlags.RetransmissionLost : AckFlags.None;
    }

    /// <summary>
    /// Takes segments for lost when one sent later was delivered, and a round trip and the reordering window went by since they were sent
    /// (tcp_rack_detect_loss). Looks at nothing that was SACKed or is lost already.
    /// </summary>
    /// <returns>Microseconds until all that are in doubt will have waited long enough; 0: none is in doubt.</returns>
    private long DetectLost(Instant now)
    {
        LossRecovery recovery = Recovery;
        SegmentRing ring = Sent;
        long window = ReorderingWindow;
        long wait = 0;
        int position = ring.OldestNotLost();
        while (position != SegmentRing.None)
        {
            ref SentSegment segment = ref ring.At(position);
            int next = segment.Next;
            if ((segment.Flags & (SentFlags.Lost | SentFlags.RetransmissionInFlight)) != SentFlags.Lost)
            {
                if (!recovery.Rack.IsSentAfter(segment))
                {
                    break;
                }

                long remaining = recovery.Rack.Rtt + window - MicrosecondsSince(now, segment.SentAt);
                if (remaining <= 0)
                {
                    MarkLost(now, ref segment);
                    ring.Unlist(position);
                }
                else
                {
                    wait = Math.Max(wait, remaining);
                }
            }

            position = next;
        }

        return wait;
    }

    /// <summary>Microseconds by which a segment may be overtaken (tcp_rack_reo_wnd).</summary>
    private long ReorderingWindow
    {
        get
        {
            LossRecovery recovery = Recovery;
            if (recovery.ReorderingSeen == 0)
            {
                // No reordering was seen: none is allowed in recovery, or when as many are SACKed as would begin it.
                if (_congestion.Phase >= CongestionPhase.Recovery
                    || (recovery.SackedOut >= recovery.Reordering && (Sysctls.LossDetection & Profiles.Sysctls.NoDuplicateThreshold) == 0))
                {
                    return 0;
                }
            }

            return Math.Min((_rtt.LeastMicroseconds >> 2) * (long)recovery.Rack.Steps, _rtt.Smoothed8 >> 3);
        }
    }

    /// <summary>D-SACKs widen the window, once a round trip; it narrows after some recoveries (tcp_rack_update_reo_wnd).</summary>
    private void UpdateReorderingWindow(in RateSample sample)
    {
        if ((Sysctls.LossDetection & Profiles.Sysctls.StaticReorderingWindow) != 0 || sample.PriorDelivered == 0 || _recovery is null)
        {
            return;
        }

        ref Rack rack = ref _recovery.Rack;
        rack.DsackSeen &= (int)(sample.PriorDelivered - rack.LastDelivered) >= 0;
        if (rack.DsackSeen)
        {
            rack.Steps = (byte)Math.Min(255, rack.Steps + 1);
            rack.DsackSeen = false;
            rack.LastDelivered = _counts.Delivered;
            rack.Persist = LossRecovery.PersistentRecoveries;
        }
        else if (rack.Persist == 0)
        {
            rack.Steps = 1;
        }
    }

    /// <summary>What was in doubt has waited long enough (tcp_rack_reo_timeout).</summary>
    private void ReorderingTimeout(Instant now)
    {
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "reordering"));
        if (SegmentsOut > 0)
        {
            LossRecovery recovery = Recovery;
            int inFlight = SegmentsInFlight;
            uint lost = recovery.Lost;
            DetectLost(now);
            if (inFlight != SegmentsInFlight)
            {
                if (_congestion.Phase is not CongestionPhase.Recovery)
                {
                    EnterRecovery(now, echo: false);
                    if (_control is { ControlsWindow: false })
                    {
                        ReduceWindow(1, (int)(recovery.Lost - lost), AckFlags.None);
                    }
                }

                ResendLost(now);
            }
        }

        if (_timers.Kind is not RetransmissionKind.Timeout)
        {
            RearmRetransmission(now);
        }

        SampleWindows(now);
    }

    /// <summary>Enough duplicates, or a partial ACK in recovery: the first segment is lost (RFC 6582 §3.2; tcp_newreno_mark_lost).</summary>
    private void FindLostByDuplicates(Instant now, bool advanced)
    {
        LossRecovery recovery = Recovery;
        bool lost = _congestion.Phase is CongestionPhase.Recovery
            ? advanced
            : _congestion.Phase < CongestionPhase.Recovery && recovery.SackedOut >= recovery.Reordering;
        if (lost && !Sent[0].Has(SentFlags.Lost))
        {
            CutAfter(0);
            MarkLost(now, ref Sent[0]);
        }
    }

    /// <summary>
    /// RFC 6675 §4, IsLost(): as many SACKed segments lie above as duplicates would begin recovery. Each segment is looked at once.
    /// </summary>
    private void FindLostByCount(Instant now)
    {
        LossRecovery recovery = Recovery;
        SegmentRing ring = Sent;
        if (recovery.SackedOut < recovery.Reordering)
        {
            return;
        }

        // From the highest downwards would be a scan of the window each time: the threshold's place only moves on.
        int position = Math.Max(ring.Find(recovery.CountedTo), ring.Start);
        int above = ring.Find(recovery.HighestSacked - 1);
        int needed = recovery.Reordering;
        while (above > position && needed > 0)
        {
            needed -= ring.At(above).Has(SentFlags.Sacked) ? 1 : 0;
            above -= needed > 0 ? 1 : 0;
        }

        for (; position < above && needed == 0; position++)
        {
            ref SentSegment segment = ref ring.At(position);
            if ((segment.Flags & (SentFlags.Sacked | SentFlags.Lost)) == 0)
            {
                MarkLost(now, ref segment);
            }

            recovery.CountedTo = segment.End;
        }
    }

    /// <summary>tcp_mark_skb_lost. Of a retransmission that was lost as well, so that it goes again.</summary>
    private void MarkLost(Instant now, ref SentSegment segment)
    {
        if (segment.Has(SentFlags.Sacked))
        {
            return;
        }

        LossRecovery recovery = Recovery;
        recovery.DropStaleHint(_snd.Una);
        // Before the counts change: was everything lost sent again already, this is what goes next (tcp_verify_retransmit_hint).
        if (recovery.HasHint ? segment.Seq < recovery.Hint : recovery.RetransmittedOut >= recovery.LostOut)
        {
            recovery.Hint = segment.Seq;
            recovery.HasHint = true;
        }

        if (!segment.Has(SentFlags.Lost))
        {
            segment.Flags |= SentFlags.Lost;
            recovery.LostOut++;
            recovery.Lost++;
            TellLoss(now, segment);
        }
        else if (segment.Has(SentFlags.RetransmissionInFlight))
        {
            segment.Flags &= ~SentFlags.RetransmissionInFlight;
            recovery.RetransmittedOut--;
            recovery.Lost++;
            Count(SnmpCounter.TcpExtTCPLostRetransmit);
            TellLoss(now, segment);
        }
    }

    private void TellLoss(Instant now, in SentSegment segment)
    {
        if (_control is { WantsLosses: true })
        {
            _control.SegmentLost(
                ref _congestion, FillContext(now), new LostSegment { Seq = segment.Seq, End = segment.End, Stamp = segment.Stamp });
        }
    }
}
