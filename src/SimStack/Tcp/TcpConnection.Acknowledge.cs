using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// RFC 9293 §3.10.7.4, fifth: the ACK field. The order of what is done is Linux's (tcp_ack), since each step looks at what those before it
/// left: window, SACK blocks, the queue, the tail loss probe, loss recovery, the timer, the congestion control, what goes again.
/// </summary>
internal sealed partial class TcpConnection
{
    private SegmentRing Sent => _sent ??= new SegmentRing();

    /// <summary>Segments sent and not acknowledged (packets_out).</summary>
    private int SegmentsOut => _sent?.Count ?? 0;

    private Check CheckAck(Instant now, ref TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Ack))
        {
            return Check.Drop;
        }

        if (_state is TcpState.SynReceived && CheckAckInSynReceived(now, segment) is Check.Drop)
        {
            return Check.Drop;
        }

        // RFC 5961 §5: far too old, or for data never sent: a challenge ACK, and nothing of the segment is used.
        bool isOld = segment.Ack < _snd.Una;
        if (segment.Ack > _snd.Nxt || (isOld && segment.Ack < _snd.Una - OldestAck))
        {
            SendChallengeAck(now);
            return Check.Drop;
        }

        if (ChargesMemory && !isOld)
        {
            CountAck(segment);
        }

        if (isOld)
        {
            TakeOldAck(now, segment);
        }
        else if (SegmentsOut == 0 && segment.Ack == _snd.Una && !(_sackOn && segment.Options.SackCount > 0) && EcnMode == EcnState.None
            && _recovery is not { ProbeOutstanding: true })
        {
            TakeIdleAck(now, segment);
        }
        else
        {
            TakeAck(now, segment);
        }

        return AdvanceClosing(now, segment);
    }

    /// <summary>How far behind SND.UNA an ACK may lie; Linux believes none for what was never sent.</summary>
    private int OldestAck => Profile.RfcSegmentChecks ? _snd.MaxWnd : (int)Math.Min(_snd.MaxWnd, Math.Max(_counts.BytesAcked, 0));

    /// <summary>The peer is there.</summary>
    private void NoteHeard(Instant now)
    {
        _lastReceivedAt = now;
        _probesUnanswered = 0;
        _softError = Errno.OK;
        if (Offloads)
        {
            _keepAliveProbes = 0; // The timer stays, and looks when it fires how long nothing came.
        }
        else
        {
            RestartKeepAlive(now);
        }
    }

    private void TakeAck(Instant now, scoped in TcpSegment segment)
    {
        BeginRound(segment, out AckRound round);
        bool wasClosed = _snd.Wnd == 0;
        bool outstanding = SegmentsOut > 0;
        uint delivered = _counts.Delivered;
        uint lost = _recovery?.Lost ?? 0;
        round.Rate.PriorInFlight = SegmentsInFlight;
        round.Flags |= UpdateSendWindow(now, segment) ? AckFlags.WindowUpdate : AckFlags.None;
        AdvanceUna(now, segment.Ack, ref round);
        if (_sackOn && segment.Options.SackCount > 0)
        {
            TagSacked(now, segment, ref round);
            _counts.Delivered += (uint)round.SackDelivered;
        }

        TakeEcnFlags(segment, ref round);
        NoteHeard(now);
        if (outstanding)
        {
            TakeFromQueue(now, ref round);
            CountMarks(segment, delivered, ref round);
            RecoverAndControl(now, delivered, lost, ref round);
        }
        else
        {
            CountMarks(segment, delivered, ref round);
            NoteAckArrived(now, round.Flags);
            if (round.Has(AckFlags.DsackArrived))
            {
                // Perhaps a reduction can be taken back.
                React(now, ref round);
            }

            JudgeLossProbe(now, ref round);
        }

        ReleaseAcknowledged(now, ref round);
        ReconsiderPersist(now);
        if (wasClosed && _snd.Wnd > 0 && !Offloads)
        {
            ResumeRetransmission(now);
        }

        SampleWindows(now);
    }

    /// <summary>
    /// The ACK of data that arrives where nothing is sent: it tells of the peer's window and that the peer is there, and no more (Linux: the
    /// no_queue of tcp_ack, or its header prediction).
    /// </summary>
    private void TakeIdleAck(Instant now, scoped in TcpSegment segment)
    {
        UpdateSendWindow(now, segment);
        NoteHeard(now);
        ReconsiderPersist(now);
        SampleWindows(now);
    }

    /// <summary>The second half, once it is known what the ACK delivered.</summary>
    private void RecoverAndControl(Instant now, uint delivered, uint lost, ref AckRound round)
    {
        UpdateReorderingWindow(round.Rate);
        NoteAckArrived(now, round.Flags);
        JudgeLossProbe(now, ref round);
        if (IsDubious(round.Flags))
        {
            round.Duplicates = (round.Flags & (AckFlags.UnaAdvanced | AckFlags.NotDuplicate | AckFlags.DsackArrived)) == 0 ? _backlog?.Current?.Parts ?? 1 : 0;
            React(now, ref round);
        }

        if (round.Has(AckFlags.SetTimer))
        {
            ArmAfterProgress(now);
        }

        int newlyDelivered = (int)(_counts.Delivered - delivered);
        CountDelivered(round.Has(AckFlags.SynAcknowledged) ? newlyDelivered - 1 : newlyDelivered);
        CountMarksOfDuplicates(newlyDelivered, ref round);
        CompleteRateSample(now, newlyDelivered, (int)((_recovery?.Lost ?? 0) - lost), ref round);
        ControlCongestion(now, newlyDelivered, ref round);
        ResendAfterAck(now, round.Resend);
    }

    /// <summary>An ACK that was overtaken: its SACK blocks may tell something still.</summary>
    private void TakeOldAck(Instant now, scoped in TcpSegment segment)
    {
        if (!_sackOn || segment.Options.SackCount == 0 || _recovery is null)
        {
            return;
        }

        BeginRound(segment, out AckRound round);
        uint delivered = _counts.Delivered;
        TagSacked(now, segment, ref round);
        React(now, ref round);
        CountDelivered((int)(_counts.Delivered - delivered));
        ResendAfterAck(now, round.Resend);
        SampleWindows(now);
    }

    private void BeginRound(scoped in TcpSegment segment, out AckRound round)
    {
        round = default;
        round.Flags = segment.Length > 0 ? AckFlags.Data : AckFlags.None;
        round.PriorUna = _snd.Una;
        round.Ack = segment.Ack;
        round.PriorHighest = HighestSacked;
        round.FirstSacked = round.LastSacked = Instant.Never;
        round.Echo = segment.Options.TsEcr;
        round.HasEcho = _timestampsOn && segment.Options.HasTimestamps && segment.Options.TsEcr != 0;
        round.Rate.RttMicroseconds = -1;
    }

    private void AdvanceUna(Instant now, SequenceNumber ack, ref AckRound round)
    {
        if (ack <= _snd.Una)
        {
            return;
        }

        round.Flags |= AckFlags.UnaAdvanced;
        _counts.BytesAcked += ack - _snd.Una;
        round.DeliveredBytes = ack - _snd.Una;
        _snd.Una = ack;
        _retransmissions = 0;
        // What we sent arrived: the neighbour is reachable, no need to ask it (RFC 4861 §7.3.1; Linux for ARP too).
        _path!.Confirm(now);
    }

    /// <summary>The bytes are the peer's now; whoever wants to be told is.</summary>
    private void ReleaseAcknowledged(Instant now, ref AckRound round)
    {
        if (!round.Has(AckFlags.UnaAdvanced))
        {
            return;
        }

        int bytes = SequenceNumber.Min(round.Ack, _snd.Written) - _snd.BufferStart;
        if (bytes > 0)
        {
            ReleaseSendBuffer(now, bytes);
        }

        if (_marks is not null || _zerocopy is not null)
        {
            NoteAcknowledged(now);
        }

        if (SegmentsOut == 0)
        {
            _chronograph.Stop(now, SendLimit.Busy, idle: !HasUnsent);
            if (_probing && _snd.Wnd > 0)
            {
                EndPersist();
            }

            _probing = false;
        }
    }

    /// <summary>
    /// What the timer sent while the window was taken back were probes: now they count as such, and the first segment goes again. Linux
    /// leaves that to the timer, with its backoff.
    /// </summary>
    private void ResumeRetransmission(Instant now)
    {
        if (_retransmissions > 0 && SegmentsOut > 0)
        {
            _retransmissions = 0;
            _backoff = _doublings = 0;
            _firstRetransmissionAt = Instant.Never;
            Retransmit(now, 0);
            ArmRetransmission(now);
        }
    }

    private Check CheckAckInSynReceived(Instant now, scoped in TcpSegment segment)
    {
        if (PendingRequest is not null)
        {
            return CheckAckOfRequest(now, segment);
        }

        if (segment.Ack <= _snd.Una || segment.Ack > _snd.Nxt)
        {
            SendResetFor(now, segment);
            return Check.Drop;
        }

        if (Listener is null)
        {
            // Linux counts the SYN of a crossing open twice: here (tcp_rcv_state_process, for what a listener answered) and as acknowledged.
            _counts.Delivered++;
        }

        bool retransmitted = Sent[0].Has(SentFlags.Retransmitted);
        SampleRtt(now, Sent[0].SentAt, retransmitted, segment.Options);
        if (EcnMode is EcnState.Accurate)
        {
            JudgeThirdSegment(segment);
        }

        BecomeEstablished(now, segment, segment.Has(TcpFlags.Syn) ? "rcv SYN,ACK" : "rcv ACK of SYN");
        return Check.Continue;
    }

    /// <summary>
    /// SND.WND from newer segments only (RFC 9293 §3.10.7.4, fifth, ESTABLISHED). What acknowledges more is newer for Linux in any case, and of
    /// two that may have been sent at once it believes the larger window, or that it is closed (tcp_may_update_window).
    /// </summary>
    /// <returns>
    /// Whether it told of the window: then it is no duplicate ACK. For Linux it does if it is newer at all (FLAG_WIN_UPDATE), for RFC 5681 §2
    /// if the window changed.
    /// </returns>
    private bool UpdateSendWindow(Instant now, scoped in TcpSegment segment)
    {
        int window = OfferedWindow(segment);
        bool newer = _snd.Wl1 < segment.Seq || (Profile.RfcSegmentChecks
            ? _snd.Wl1 == segment.Seq && _snd.Wl2 <= segment.Ack
            : segment.Ack > _snd.Una || (_snd.Wl1 == segment.Seq && (window > _snd.Wnd || window == 0)));
        if (!newer)
        {
            // What fills a hole is older than what came ahead of it, and may acknowledge more: SND.WND counts from SND.UNA, so it becomes smaller, and the
            // right edge stays where the peer had it (RFC 9293 §3.8.6; the text of §3.10.7.4 leaves SND.WND alone). BSD does the same.
            _snd.Wnd = Math.Max(0, _snd.Wnd - Math.Max(0, segment.Ack - _snd.Una));
            return false;
        }

        bool changed = window != _snd.Wnd;
        _snd.Wnd = window;
        _snd.Wl1 = segment.Seq;
        _snd.Wl2 = segment.Ack;
        _snd.MaxWnd = Math.Max(_snd.MaxWnd, window);
        if (changed && Offloads && SegmentsOut == 0 && HasUnsent)
        {
            NoteRestart(now); // The peer's window made a pause (tcp_ack_update_window).
        }

        return changed || !Profile.RfcSegmentChecks;
    }
}
