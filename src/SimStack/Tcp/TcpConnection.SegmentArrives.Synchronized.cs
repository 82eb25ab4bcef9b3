using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// RFC 9293 §3.10.7.4: a segment arrives in SYN-RECEIVED or later. Eight checks in the RFC's order; the third, security, is void.
/// </summary>
internal sealed partial class TcpConnection
{
    private Instant _lastOutOfWindowAck = new(long.MinValue / 2);

    private void SegmentArrivesSynchronized(Instant now, ref TcpSegment segment)
    {
        if (PendingRequest is { } request && CheckRequest(now, request, segment) is Check.Drop)
        {
            return;
        }

        ForgetEcnOfOrphan();
        if (!segment.Has(TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Syn) && !Profile.RfcSegmentChecks)
        {
            return; // The RFC drops it at the fifth check; Linux before it could be answered.
        }

        Predict(segment);
        if (CheckTimestamps(now, segment) is Check.Drop
            || CheckSequence(now, segment) is Check.Drop
            || CheckReset(now, segment) is Check.Drop
            || CheckSyn(now, ref segment) is Check.Drop)
        {
            CountDropped();
            return;
        }

        TakeTimestamp(now, segment);
        if (_tcp.Ip.ReturnRoute is { } route)
        {
            TakeReturnRoute(route);
        }

        bool wasEstablished = _state is TcpState.Established;
        CountMark(segment);
        if (CheckAck(now, ref segment) is Check.Drop)
        {
            CountDropped();
            return;
        }

        if (PendingRequest is { } completed)
        {
            CompleteRequest(now, completed, segment);
        }

        if (segment.Has(TcpFlags.Syn))
        {
            EndCrossing(ref segment);
        }

        if (wasEstablished)
        {
            MeasureEcho(now, segment); // The handshake's last segment, and what comes in other states, is no sample in Linux.
        }

        ProcessFromUrgentOn(now, ref segment);
        if (_state is not TcpState.Closed)
        {
            Output(now, push: false);
            SignalSpace(now);
            AcknowledgeIfDue(now);
        }
    }

    /// <summary>SK_MEMINFO_DROPS</summary>
    public int Dropped => (int)_counts.Dropped;

    /// <summary>A segment was refused, unless it is the one that ended the connection (tcp_drop_reason).</summary>
    private void CountDropped() => _counts.Dropped += _state is TcpState.Closed ? 0u : 1u;

    /// <summary>
    /// The SYN of a crossing SYN,ACK is done. Figure 7 shows no ACK for it, and the rfc9293 profile sends none; Linux 6.18 takes
    /// it for a duplicate and acknowledges it at once, with a D-SACK of the SYN's own number.
    /// </summary>
    private void EndCrossing(ref TcpSegment segment)
    {
        if (!Profile.RfcSegmentChecks)
        {
            RememberDuplicate(segment.Seq, segment.Seq + 1);
            _acknowledgeNow = true;
        }

        segment.Seq += 1;
        segment.Flags &= ~TcpFlags.Syn;
    }

    private void ProcessFromUrgentOn(Instant now, ref TcpSegment segment)
    {
        CheckUrgent(segment);
        if (_urgentWaiting && ChargesMemory)
        {
            TakeUrgentByte(segment);
        }

        if (ProcessText(now, ref segment) is Check.Continue)
        {
            ProcessFin(now, segment);
        }
    }

    /// <summary>PAWS, before the rest (RFC 7323 §5.3, R1).</summary>
    private Check CheckTimestamps(Instant now, scoped in TcpSegment segment)
    {
        if (!_timestampsOn)
        {
            return Check.Continue;
        }

        if (!segment.Options.HasTimestamps)
        {
            // RFC 7323 §3.2 wants the option in every segment and lets us drop one without it; Linux takes it, and so does this.
            return Check.Continue;
        }

        // A RST is not subject to PAWS (§5.2).
        if (!IsOldTimestamp(now, segment) || segment.Has(TcpFlags.Rst) || IsReorderedAck(segment) || IsOlderByOne(segment))
        {
            return Check.Continue;
        }

        if (segment.Has(TcpFlags.Syn) && ChargesMemory)
        {
            CountChallengedSyn();
            SendChallengeAck(now, ReflectSyn(segment));
            return Check.Drop;
        }

        Count(SnmpCounter.TcpExtPAWSEstab);
        AcknowledgeOutOfWindow(now, segment, SnmpCounter.TcpExtTCPACKSkippedPAWS);
        return Check.Drop;
    }

    /// <summary>
    /// SEG.TSval &lt; TS.Recent, unless that went stale, which takes 24 days (RFC 7323 §5.5), or was never set (systems that
    /// begin with 0).
    /// </summary>
    private bool IsOldTimestamp(Instant now, scoped in TcpSegment segment) =>
        unchecked((int)(segment.Options.TsVal - _timestampsRecent)) < 0
        && _timestampsRecent != 0 && now - _timestampsStamp <= Duration.FromSeconds(24 * 24 * 3600);

    /// <summary>Linux lets a timestamp be one behind (TCP_PAWS_WINDOW).</summary>
    private bool IsOlderByOne(scoped in TcpSegment segment) =>
        !Profile.RfcSegmentChecks && unchecked(_timestampsRecent - segment.Options.TsVal) == 1;

    /// <summary>A duplicate ACK that only was overtaken on its way is no wrapped segment.</summary>
    private bool IsReorderedAck(scoped in TcpSegment segment) =>
        segment.Length == 0 && segment.Seq == _rcv.Nxt && segment.Ack == _snd.Una && OfferedWindow(segment) == _snd.Wnd
        && unchecked((int)(_timestampsRecent - segment.Options.TsVal)) <= CurrentRto.WholeMilliseconds;

    /// <summary>First: the sequence number.</summary>
    private Check CheckSequence(Instant now, scoped in TcpSegment segment)
    {
        if (IsAcceptable(segment))
        {
            return Check.Continue;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            if (IsResetBehindFin(segment))
            {
                TakeReset(now);
            }
        }
        else if (segment.Has(TcpFlags.Syn))
        {
            CountChallengedSyn();
            SendChallengeAck(now, TouchesWindow(segment) ? ReflectSyn(segment) : TcpFlags.None);
        }
        else
        {
            if (TouchesWindow(segment))
            {
                CountMark(segment);
            }

            AcknowledgeOutOfWindow(now, segment, SnmpCounter.TcpExtTCPACKSkippedSeq);
        }

        return Check.Drop;
    }

    /// <summary>Linux takes what ends at the window's edge for acceptable, and looks at its mark (tcp_sequence).</summary>
    private bool TouchesWindow(scoped in TcpSegment segment) =>
        segment.End >= _rcv.Wup && segment.Seq <= _rcv.Nxt + _rcv.Remaining;

    /// <summary>RFC 9293 table 6, with two leniences that Linux has as well.</summary>
    private bool IsAcceptable(scoped in TcpSegment segment)
    {
        int window = _rcv.Remaining;
        SequenceNumber right = _rcv.Nxt + window;
        if (segment.Length == 0)
        {
            // A peer whose last segments were lost acknowledges from just behind the window it filled: the right edge itself is
            // let in. And an ACK that data overtook, while ours for that data waits, is still good.
            return Profile.RfcSegmentChecks
                ? segment.Seq == _rcv.Nxt || (segment.Seq > _rcv.Nxt && segment.Seq < right)
                : segment.Seq >= _rcv.Wup && segment.Seq <= right;
        }

        if (IsCrossingSynAck(segment))
        {
            return true;
        }

        if (ChargesMemory)
        {
            return segment.End >= _rcv.Wup && FitsWindow(segment, right);
        }

        if (window == 0)
        {
            // No room for the data; but ACK, URG and RST count at RCV.NXT (RFC 9293 §3.4, MUST-66).
            return segment.Seq == _rcv.Nxt;
        }

        SequenceNumber last = segment.End - 1;
        return (segment.Seq >= _rcv.Nxt && segment.Seq < right) || (last >= _rcv.Nxt && last < right)
            || (segment.Seq < _rcv.Nxt && last >= right);
    }

    /// <summary>
    /// A segment that ends beyond the window is taken whole where nothing waits to be read, and not at all otherwise (Linux since 6.17:
    /// tcp_sequence). A FIN may lie beyond it.
    /// </summary>
    private bool FitsWindow(scoped in TcpSegment segment, SequenceNumber right)
    {
        if (segment.Seq + segment.Data.Length <= right)
        {
            return true;
        }

        bool fits = segment.Seq <= right && Readable == 0;
        if (!fits)
        {
            Count(SnmpCounter.TcpExtBeyondWindow);
        }

        return fits;
    }

    /// <summary>
    /// Figure 7's SYN,ACK in SYN-RECEIVED occupies IRS, which lies before the window: by table 6 it would not be acceptable. The
    /// figure and Linux are followed.
    /// </summary>
    private bool IsCrossingSynAck(scoped in TcpSegment segment) =>
        _state is TcpState.SynReceived && segment.Flags.HasFlag(TcpFlags.Syn | TcpFlags.Ack) && segment.Data.Length == 0
        && segment.Seq == _rcv.Irs && segment.Ack == _snd.Nxt;

    /// <summary>Second: RST, with RFC 5961 §3.2: only the exact sequence number resets.</summary>
    private Check CheckReset(Instant now, scoped in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst))
        {
            return Check.Continue;
        }

        if (segment.Seq == _rcv.Nxt || IsResetBehindFin(segment) || IsResetBehindSack(segment))
        {
            TakeReset(now);
        }
        else
        {
            NoteStrayReset(now);
            SendChallengeAck(now);
        }

        return Check.Drop;
    }

    /// <summary>Some peers number the RST that follows their FIN as if the FIN took no number; Linux obeys.</summary>
    private bool IsResetBehindFin(scoped in TcpSegment segment) =>
        !Profile.RfcSegmentChecks && segment.Seq == _rcv.Nxt - 1
        && _state is TcpState.CloseWait or TcpState.Closing or TcpState.LastAck;

    /// <summary>A RST right behind the last data that arrived, with a hole before it; Linux obeys.</summary>
    private bool IsResetBehindSack(scoped in TcpSegment segment) =>
        !Profile.RfcSegmentChecks && _sackOn && _outOfOrder is { Count: > 0 } && segment.Seq == _outOfOrder.HighestEnd;

    private void TakeReset(Instant now)
    {
        switch (_state)
        {
            case TcpState.SynReceived:
                Count(SnmpCounter.TcpAttemptFails);
                Fail(now, Profile.RfcSegmentChecks ? Errno.ECONNREFUSED : Errno.ECONNRESET, "rcv RST");
                break;
            case TcpState.Closing or TcpState.LastAck when Profile.RfcSegmentChecks:
                Destroy(now, "rcv RST");
                break;
            default:
                Fail(now, _state is TcpState.CloseWait && !Profile.RfcSegmentChecks ? Errno.EPIPE : Errno.ECONNRESET, "rcv RST");
                break;
        }
    }

    /// <summary>Fourth: SYN, with RFC 5961 §4.2: a challenge ACK, whatever the sequence number.</summary>
    private Check CheckSyn(Instant now, ref TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Syn))
        {
            return Check.Continue;
        }

        if (IsCrossingSynAck(segment))
        {
            return Check.Continue;
        }

        CountChallengedSyn();
        SendChallengeAck(now, ReflectSyn(segment));
        return Check.Drop;
    }

    /// <summary>Linux counts it as an error too, of an established connection (tcp_validate_incoming).</summary>
    private void CountChallengedSyn()
    {
        Count(SnmpCounter.TcpExtTCPSYNChallenge);
        if (_state is TcpState.Established)
        {
            Count(SnmpCounter.TcpInErrs);
        }
    }

    /// <summary>
    /// Sixth: the urgent pointer. It counts from SEG.SEQ and names the byte after the urgent data's last (RFC 9293 §3.8.5,
    /// MUST-62).
    /// </summary>
    private void CheckUrgent(scoped in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Urg) || (segment.UrgentPointer == 0 && !ChargesMemory) || _state > TcpState.FinWait2)
        {
            return;
        }

        // A pointer of 0 names no byte; Linux takes it for the segment's first (tcp_check_urg).
        SequenceNumber pointed = segment.Seq + Math.Max(segment.UrgentPointer - 1, 0);
        if (pointed < _rcv.Nxt || (_urgentWaiting && pointed <= _urgentAt))
        {
            return;
        }

        if (_urgentWaiting && _urgentAt == _copied && !_inlineUrgent && Readable > 0)
        {
            // The urgent byte before this one was not part of the stream, and stays out of it.
            ConsumeReceived(1);
        }

        _rcv.Up = pointed + 1;
        _urgentAt = pointed;
        _urgentWaiting = true;
        _urgentTaken = false;
        _urgentByte = -1;
        _tcp.SignalReady(this, PollEvents.POLLPRI); // Linux: SIGURG.
    }

    /// <summary>Eighth: FIN.</summary>
    private void ProcessFin(Instant now, scoped in TcpSegment segment)
    {
        if (!_finArrived || _rcv.Nxt != _finAt || ReceiveClosed)
        {
            return;
        }

        _rcv.Nxt += 1;
        _counts.BytesReceived++;
        ReceiveClosed = true;
        ScheduleAck();
        switch (_state)
        {
            case TcpState.SynReceived or TcpState.Established:
                Transition(now, TcpState.CloseWait, "rcv FIN");
                // Interactive: the user's answer or close may carry the ACK (Linux enters pingpong mode here).
                _pingPong = 255;
                break;
            case TcpState.FinWait1:
                // Our FIN is not acknowledged yet, or CheckAck would have moved us on.
                SendAck(now);
                Transition(now, TcpState.Closing, "rcv FIN");
                break;
            case TcpState.FinWait2:
                SendAck(now);
                EnterTimeWait(now, "rcv FIN");
                break;
        }

        // Behind the FIN there is nothing to wait for, and nothing more to report.
        DropOutOfOrder();
        _duplicateLeft = _duplicateRight;
        _tcp.SignalReady(this);
    }
}
