using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.7.3: a segment arrives in SYN-SENT.</summary>
internal sealed partial class TcpConnection
{
    private void SegmentArrivesInSynSent(Instant now, ref TcpSegment segment)
    {
        // First: the ACK bit. Only our SYN can be acknowledged; a timestamp that we never sent shows an old segment (RFC 7323
        // §3.2).
        bool acknowledged = segment.Has(TcpFlags.Ack);
        bool foreign = acknowledged && (segment.Ack <= _snd.Iss || segment.Ack > _snd.Nxt);
        if (foreign && _retransmissions == 0 && !Profile.RfcSegmentChecks)
        {
            // The peer has a connection that we know nothing of. Our RST ends it, so Linux tries again soon (two jiffies of 4
            // ms).
            _timers.Retransmission = now + Duration.FromMilliseconds(8);
        }

        if (foreign || (acknowledged && EchoesForeignTimestamp(now, segment)))
        {
            SendResetFor(now, segment);
            return;
        }

        // Second: RST. Without an acceptable ACK it may be anybody's.
        if (segment.Has(TcpFlags.Rst))
        {
            if (acknowledged)
            {
                Refused(now);
            }

            return;
        }

        // Third, security, is not part of RFC 9293 any more. Fourth: SYN.
        if (!segment.Has(TcpFlags.Syn))
        {
            return;
        }

        TakePeerSyn(now, segment, crossing: !acknowledged);
        if (acknowledged)
        {
            CompleteActiveOpen(now, ref segment);
        }
        else
        {
            BeginSimultaneousOpen(now, segment);
        }
    }

    private void TakePeerSyn(Instant now, scoped in TcpSegment segment, bool crossing)
    {
        byte scale = _receiveScale;
        _rcv.Irs = segment.Seq;
        _rcv.Nxt = _rcv.Wup = _copied = segment.Seq + 1;
        _rcv.Up = _rcv.Nxt;
        TakeSynOptions(now, segment.Options);
        if (crossing && ChargesMemory)
        {
            _receiveScale = scale; // Linux offers it again, and scales, though the peer's SYN had no such option.
        }

        RescaleOwnWindow();
        DeriveKeys();
    }

    private bool EchoesForeignTimestamp(Instant now, scoped in TcpSegment segment)
    {
        if (!segment.Options.HasTimestamps || segment.Options.TsEcr == 0 || !Sysctls.Timestamps)
        {
            return false;
        }

        uint first = unchecked(_tcp.Timestamps.At(_firstSentAt) + _timestampOffset);
        uint span = unchecked(TimestampNow(now) - first);
        return unchecked(segment.Options.TsEcr - first) > span;
    }

    private void CompleteActiveOpen(Instant now, ref TcpSegment segment)
    {
        bool wasRetransmitted = Sent[0].Has(SentFlags.Retransmitted);
        _counts.BytesAcked += segment.Ack - _snd.Una;
        _snd.Una = segment.Ack;
        SampleRtt(now, Sent[0].SentAt, wasRetransmitted, segment.Options);
        Sent.RemoveFirst();
        _counts.Delivered++;
        CountDelivered(1);
        StopRetransmission();
        AcknowledgeSynData(now, segment.Ack);
        if (wasRetransmitted && _timestampsOn && segment.Options.TsEcr == unchecked(_tcp.Timestamps.At(_firstSentAt) + _timestampOffset))
        {
            // The first SYN is answered: none was lost, and the congestion window does not begin at one segment (RFC 5681 §3.1;
            // Linux: tcp_try_undo_spurious_syn).
            _retransmissions = 0;
        }

        if (_recovery is { TimeoutSince.IsNever: false } recovery)
        {
            EndTimeoutTime(now, recovery);
        }

        TakeEcnOfSynAck(segment);
        BecomeEstablished(now, segment, "rcv SYN,ACK");
        BeginEcnControl(now);
        bool acknowledges = _fastOpen is null || CompleteFastOpen(now, segment);
        // Data and controls beside the SYN go on at the sixth step (§3.10.7.3, fourth); the SYN itself is done. Linux leaves them for
        // the peer to send again.
        segment.Seq += 1;
        segment.Flags &= ~TcpFlags.Syn;
        bool more = Profile.RfcSegmentChecks && (segment.Data.Length > 0 || segment.Has(TcpFlags.Fin));
        // Linux holds the ACK back when there is data to carry it; a blocking connect has none.
        bool waits = acknowledges && WaitsForDataToAcknowledge(now);
        if (acknowledges && !waits)
        {
            SendAck(now, EcnMode is EcnState.Accurate ? Reflected(EcnCounters.SynReceived) : TcpFlags.None);
        }

        if (more)
        {
            ProcessFromUrgentOn(now, ref segment);
        }

        Output(now, push: false);
        if (acknowledges && !waits)
        {
            AcknowledgeIfDue(now);
        }
    }

    /// <summary>
    /// TCP_DEFER_ACCEPT on the side that connects: the handshake's last ACK goes with the first data, if that comes soon (Linux:
    /// tcp_rcv_synsent_state_process).
    /// </summary>
    private bool WaitsForDataToAcknowledge(Instant now)
    {
        if (Socket is not { Options.DeferAccept: > 0 })
        {
            return false;
        }

        ScheduleAck();
        EnterQuickAck(16);
        _timers.DelayedAck = now + TimerWheel.Fires(Duration.FromMilliseconds(Sysctls.DelayedAckMaxMilliseconds), Sysctls.TimerHz);
        return true;
    }

    /// <summary>Both sides opened at once (RFC 9293 §3.5, figure 7).</summary>
    private void BeginSimultaneousOpen(Instant now, scoped in TcpSegment segment)
    {
        _snd.Wnd = segment.Window;
        _snd.Wl1 = segment.Seq;
        _snd.MaxWnd = segment.Window;
        TakeEcnOfCrossingSyn(segment);
        Transition(now, TcpState.SynReceived, "rcv SYN");
        SendSyn(now, retransmission: false);
        ArmRetransmission(now);
    }
}
