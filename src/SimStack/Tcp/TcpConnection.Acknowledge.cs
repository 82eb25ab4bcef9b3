using SimStack.Sockets;
using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.7.4, fifth: the ACK field; with RFC 5681, 6298 and 6582.</summary>
internal sealed partial class TcpConnection
{
    private NewReno _congestion;
    private SequenceNumber _recoveryPoint;
    private int _lostSegments;
    private int _retransmitHint;
    private bool _windowLimited;
    private int _mostOut;
    private SequenceNumber _usageUntil;

    private SegmentRing Sent => _sent ??= new SegmentRing();

    private int SegmentsOut => _sent?.Count ?? 0;

    /// <summary>
    /// Segments that may be in the network: not those that dup ACKs show to have left it, nor those taken for lost and not sent
    /// again.
    /// </summary>
    private int SegmentsInFlight =>
        Math.Max(0, SegmentsOut - Math.Min(_congestion.DuplicateAcks, Math.Max(0, SegmentsOut - 1)) - _lostSegments);

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
        if (segment.Ack > _snd.Nxt || segment.Ack < _snd.Una - _snd.MaxWnd)
        {
            SendChallengeAck(now);
            return Check.Drop;
        }

        _lastReceivedAt = now;
        _probesUnanswered = 0;
        _softError = Errno.OK;
        RestartKeepAlive(now);
        bool wasClosed = _snd.Wnd == 0;
        bool windowChanged = UpdateSendWindow(now, segment);
        bool outstanding = SegmentsOut > 0;
        JudgeLossProbe(segment, segment.Ack > _snd.Una, windowChanged);
        AcceptCwr(segment);
        if (segment.Ack > _snd.Una)
        {
            AcknowledgeNew(now, segment);
        }
        else if (segment.Ack == _snd.Una)
        {
            AcknowledgeAgain(now, segment, windowChanged, outstanding);
        }

        if (outstanding)
        {
            UpdatePacing();
        }

        if (_awaitsSpace && SegmentsInFlight < _congestion.Window)
        {
            GrowSendBuffer();
        }

        ReconsiderPersist(now);
        if (wasClosed && _snd.Wnd > 0)
        {
            ResumeRetransmission(now);
        }

        SampleWindows(now);
        return AdvanceClosing(now);
    }

    /// <summary>
    /// What the timer sent while the window was taken back were probes: now they count as such, and the first segment goes again.
    /// </summary>
    private void ResumeRetransmission(Instant now)
    {
        if (_retransmissions > 0 && SegmentsOut > 0)
        {
            _retransmissions = 0;
            _backoff = 0;
            _firstRetransmissionAt = Instant.Never;
            Retransmit(now, 0);
            ArmRetransmission(now);
        }
    }

    private Check CheckAckInSynReceived(Instant now, scoped in TcpSegment segment)
    {
        if (segment.Ack <= _snd.Una || segment.Ack > _snd.Nxt)
        {
            SendResetFor(now, segment);
            return Check.Drop;
        }

        bool retransmitted = (Sent[0].Flags & SentFlags.Retransmitted) != 0;
        SampleRtt(now, Sent[0].SentAt, retransmitted, segment.Options);
        if (EcnMode is EcnState.Accurate)
        {
            JudgeThirdSegment(segment);
        }

        BecomeEstablished(now, segment, segment.Has(TcpFlags.Syn) ? "rcv SYN,ACK" : "rcv ACK of SYN");
        return Check.Continue;
    }

    /// <summary>
    /// SND.WND from newer segments only (RFC 9293 §3.10.7.4, fifth, ESTABLISHED). Of two that may have been sent at once Linux believes the
    /// larger window, or that it is closed.
    /// </summary>
    private bool UpdateSendWindow(Instant now, scoped in TcpSegment segment)
    {
        int window = OfferedWindow(segment);
        bool newer = _snd.Wl1 < segment.Seq || (_snd.Wl1 == segment.Seq && (Profile.RfcSegmentChecks
            ? _snd.Wl2 <= segment.Ack
            : segment.Ack > _snd.Una || window > _snd.Wnd || window == 0));
        if (segment.Ack < _snd.Una || !newer)
        {
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

        return changed;
    }

    private void AcknowledgeNew(Instant now, scoped in TcpSegment segment)
    {
        bool opening = SegmentsOut > 0 && (Sent[0].Flags & SentFlags.Syn) != 0;
        bool outstanding = SegmentsOut > 0;
        _counts.BytesAcked += segment.Ack - _snd.Una;
        _snd.Una = segment.Ack;
        // What we sent arrived: the neighbour is reachable, no need to ask it (RFC 4861 §7.3.1; Linux for ARP too).
        _path!.Confirm(now);
        int acknowledged = RemoveAcknowledged(now, segment);
        // What duplicates had told before is not new.
        int delivered = Math.Max(Math.Min(acknowledged, 1), acknowledged - _congestion.DuplicateAcks);
        _counts.Delivered += (uint)delivered;
        int bytes = SequenceNumber.Min(segment.Ack, _snd.Written) - _snd.BufferStart;
        if (bytes > 0)
        {
            ReleaseSendBuffer(now, bytes);
        }

        if (_marks is not null || _zerocopy is not null)
        {
            NoteAcknowledged(now);
        }

        _retransmissions = 0;
        _firstRetransmissionAt = Instant.Never;
        if (!opening)
        {
            TakeEcnFeedback(now, segment, delivered, Math.Max(bytes, 0), outstanding);
        }

        RespondToProgress(now, acknowledged, delivered);
        if (SegmentsOut == 0)
        {
            _chronograph.Stop(now, SendLimit.Busy, idle: !HasUnsent);
            StopRetransmission();
            if (_probing && _snd.Wnd > 0)
            {
                EndPersist();
            }

            _probing = false;
        }
        else
        {
            ArmAfterProgress(now);
        }
    }

    /// <summary>
    /// Takes acknowledged segments off the ring, with the RTT sample that the oldest of them gives (as Linux: the delay of a
    /// delayed ACK counts). None if any was sent twice (Karn; RFC 6298 §3).
    /// </summary>
    private int RemoveAcknowledged(Instant now, scoped in TcpSegment segment)
    {
        int count = 0;
        bool handshake = false, retransmitted = false;
        Instant sentAt = Instant.Never;
        while (SegmentsOut > 0)
        {
            ref SentSegment first = ref Sent[0];
            if (first.End > segment.Ack)
            {
                TrimFirst(ref first, segment.Ack);
                break;
            }

            handshake |= (first.Flags & SentFlags.Syn) != 0;
            retransmitted |= (first.Flags & SentFlags.Retransmitted) != 0;
            sentAt = Instant.Min(sentAt, first.SentAt);
            DropFlags(first.Flags);
            _packets -= (first.Flags & (SentFlags.Followed | SentFlags.Syn)) == 0 ? 1 : 0;
            Sent.RemoveFirst();
            _retransmitHint = Math.Max(0, _retransmitHint - 1);
            count++;
        }

        // A SYN was measured when it was acknowledged.
        if (count > 0 && !handshake)
        {
            SampleRtt(now, sentAt, retransmitted, segment.Options);
        }

        return count;
    }

    private void SampleRtt(Instant now, Instant sentAt, bool retransmitted, in TcpOptions options)
    {
        if (!retransmitted)
        {
            _rtt.NoteLeast(now, now - sentAt);
            AddRttSample(now - sentAt);
        }
        else if (_timestampsOn && options.HasTimestamps && options.TsEcr != 0)
        {
            // With timestamps an acknowledgement is never ambiguous (RFC 7323 §4); an echo of what was never sent is no
            // measurement.
            uint milliseconds = unchecked(TimestampNow(now) - options.TsEcr);
            if (milliseconds < int.MaxValue / 1000)
            {
                AddRttSample(Duration.FromMilliseconds(Math.Max(1, milliseconds)));
            }
        }
    }

    private void TrimFirst(ref SentSegment first, SequenceNumber ack)
    {
        int gone = ack - first.Seq;
        if (gone > 0)
        {
            first.Seq = ack;
            first.Length -= gone;
            first.Flags &= ~SentFlags.Syn;
        }
    }

    private void DropFlags(SentFlags flags)
    {
        if ((flags & SentFlags.Lost) != 0)
        {
            _lostSegments--;
        }
    }

    /// <summary>What an ACK of new data means for the window (RFC 5681 §3.1, RFC 6582 §3.2).</summary>
    private void RespondToProgress(Instant now, int acknowledged, int delivered)
    {
        if (_congestion.Phase is CongestionPhase.Open && _snd.Una > _recoveryPoint)
        {
            // Follows behind, or it would seem to lie ahead once 2 GiB went by without a loss.
            _recoveryPoint = _snd.Una - 1;
        }

        switch (_congestion.Phase)
        {
            case CongestionPhase.Recovery when _snd.Una >= _recoveryPoint:
                _congestion.Leave();
                break;
            case CongestionPhase.Recovery:
                // Partial: the next segment is lost too; what it acknowledged had left the network before (RFC 6582 §3.2, step
                // 3).
                _congestion.DuplicateAcks = Math.Max(0, _congestion.DuplicateAcks - Math.Max(0, acknowledged - 1));
                MarkFirstLost();
                RetransmitLost(now);
                break;
            case CongestionPhase.Cwr when _snd.Una <= _recoveryPoint:
                break; // Something beyond must be acknowledged, so that CWR has reached the peer (tcp_fastretrans_alert).
            case CongestionPhase.Loss when _snd.Una >= _recoveryPoint:
                _congestion.Leave();
                _congestion.Acknowledged(delivered, limited: true);
                break;
            case CongestionPhase.Loss:
                _congestion.Acknowledged(delivered, limited: true);
                RetransmitLost(now);
                break;
            default:
                _congestion.Leave();
                _congestion.Acknowledged(delivered, IsWindowLimited);
                break;
        }
    }

    /// <summary>
    /// Whether the application made use of the window, so that it may grow (RFC 5681 §3.1's precondition, RFC 7661's reason): it
    /// was full within the last round trip, or in slow start at least half of it was used.
    /// </summary>
    private bool IsWindowLimited => _windowLimited || (_congestion.InSlowStart && _congestion.Window < 2 * _mostOut);

    /// <summary>
    /// After sending: notes for a round trip how much of the window was in use, the strongest sign first (Linux:
    /// tcp_cwnd_validate).
    /// </summary>
    private void NoteWindowUse(bool limited)
    {
        if (_snd.Una >= _usageUntil || limited || (!_windowLimited && SegmentsOut > _mostOut))
        {
            _windowLimited = limited;
            _mostOut = SegmentsOut;
            _usageUntil = _snd.Nxt;
        }
    }

    private void AcknowledgeAgain(Instant now, scoped in TcpSegment segment, bool windowChanged, bool outstanding)
    {
        uint before = _counts.Delivered;
        CountDuplicate(now, segment, windowChanged);
        // Without SACK a duplicate tells of no segment in particular.
        int delivered = _sackOn || UsesClassicEcn ? (int)(_counts.Delivered - before) : 0;
        TakeEcnFeedback(now, segment, delivered, 0, outstanding);
    }

    /// <summary>RFC 5681 §2's definition of a duplicate, and §3.2: the third retransmits.</summary>
    private void CountDuplicate(Instant now, scoped in TcpSegment segment, bool windowChanged)
    {
        // With a closed window they answer probes.
        bool probing = _timers.Kind is RetransmissionKind.Persist || _snd.Wnd == 0;
        if (SegmentsOut == 0 || segment.Length > 0 || windowChanged || probing || (Sent[0].Flags & SentFlags.Syn) != 0)
        {
            return;
        }

        _congestion.DuplicateAcks++;
        _counts.Delivered++;
        switch (_congestion.Phase)
        {
            case CongestionPhase.Open or CongestionPhase.Disorder:
                _congestion.Phase = CongestionPhase.Disorder;
                // RFC 6582 §3.2, step 2: no second fast retransmit for what was outstanding before.
                if (_congestion.DuplicateAcks >= Sysctls.Reordering && _snd.Una > _recoveryPoint)
                {
                    FastRetransmit(now);
                }

                break;
            case CongestionPhase.Cwr when _congestion.DuplicateAcks >= Sysctls.Reordering:
                FastRetransmit(now);
                break;
            case CongestionPhase.Loss:
                _congestion.DuplicateAcks = 0;
                break;
        }
    }

    private void FastRetransmit(Instant now)
    {
        _recoveryPoint = _snd.Nxt;
        _probeOutstanding = false;
        _congestion.EnterRecovery();
        QueueCwr();
        Count(SnmpCounter.TcpExtTCPRenoRecovery);
        Count(SnmpCounter.TcpExtTCPFastRetrans);
        MarkFirstLost();
        RetransmitLost(now);
        ArmRetransmission(now);
    }

    private void MarkFirstLost()
    {
        if (SegmentsOut == 0)
        {
            return;
        }

        ref SentSegment first = ref Sent[0];
        if ((first.Flags & (SentFlags.Lost | SentFlags.RetransmissionInFlight)) == 0)
        {
            first.Flags |= SentFlags.Lost;
            _lostSegments++;
        }

        _retransmitHint = 0;
    }

    /// <summary>Sends again what is marked lost, as the congestion window allows; in recovery always the first.</summary>
    private void RetransmitLost(Instant now)
    {
        bool first = _congestion.Phase is CongestionPhase.Recovery;
        while (_retransmitHint < SegmentsOut && _lostSegments > 0)
        {
            ref SentSegment candidate = ref Sent[_retransmitHint];
            if ((candidate.Flags & SentFlags.Lost) == 0)
            {
                _retransmitHint++;
                continue;
            }

            int room = _congestion.Window - SegmentsInFlight;
            if (!first && room <= 0)
            {
                return;
            }

            first = false;
            if (!RetransmitPacket(now, _retransmitHint, Math.Max(room, 1)))
            {
                return;
            }
        }
    }

    /// <summary>Sends lost segments of one packet again, together as they were sent, and moves the hint behind them.</summary>
    private bool RetransmitPacket(Instant now, int index, int room)
    {
        int count = 1;
        if (Offloads)
        {
            int most = Math.Min(room, OffloadSegments(EffectiveMss));
            while (count < most && (Sent[index + count - 1].Flags & SentFlags.Followed) != 0
                && (Sent[index + count].Flags & SentFlags.Lost) != 0 && Sent[index + count].End <= _snd.WindowEnd)
            {
                count++;
            }
        }

        if (index > 0)
        {
            CutAfter(index - 1);
        }

        CutAfter(index + count - 1);
        for (int i = 0; i < count; i++)
        {
            if (!Retransmit(now, index + i, push: count > 1 && i == count - 1))
            {
                return false;
            }

            _retransmitHint++;
        }

        return true;
    }

    private void AddRttSample(Duration sample)
    {
        _rtt.AddSample(sample, _snd.Una, _snd.Nxt, Profile, Sysctls);
        _backoff = 0;
    }
}
