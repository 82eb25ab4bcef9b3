using SimStack.Tcp.Congestion;
using SimStack.Tcp.FastOpen;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// RFC 7413 §4.2.2, the server: a connection that a SYN with a good cookie opened. Until its SYN-ACK is acknowledged it is in SYN-RECEIVED and
/// may send and be read all the same (Linux: tcp_fastopen_create_child, and what asks for fastopen_rsk).
/// </summary>
internal sealed partial class TcpConnection
{
    private FastOpenState? _fastOpen;

    /// <summary>The handshake is not complete; the retransmission timer is the SYN-ACK's.</summary>
    private FastOpenRequest? PendingRequest => _fastOpen?.Request;

    /// <summary>Linux: tcp_passive_fastopen.</summary>
    private bool IsPassiveFastOpen => _state is TcpState.SynReceived && PendingRequest is not null;

    /// <summary>The user has the connection now.</summary>
    public void NoteAccepted()
    {
        if (PendingRequest is { } request)
        {
            request.IsAccepted = true;
        }
    }

    /// <summary>Opens it, with the SYN's data. The SYN-ACK is the listener's to send.</summary>
    public void OpenFast(Instant now, scoped in TcpSegment segment, FastOpenRequest request)
    {
        SynQueueEntryTaken(now, request);
        _fastOpen = new FastOpenState { IsChild = true, Request = request };
        TakeEcnOf(request.Entry);
        _snd.Wnd = _snd.MaxWnd = segment.Window; // A SYN's window is not scaled.
        _snd.Wl1 = segment.Seq;
        LoadMetrics(now);
        InitializeReceivedMss();
        _counts.SegmentsIn = 1;
        _lastReceivedAt = _establishedAt = now;
        InitializeBufferSpace();
        BeginEcnControl(now);
        UpdatePacing();
        GrowSendBuffer();
        if (segment.Data.Length > 0)
        {
            TakeSynData(now, segment);
            _rcv.Wup = _rcv.Nxt;
        }

        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(Duration.FromMilliseconds(Sysctls.InitialRtoMilliseconds), Sysctls.TimerHz);
    }

    /// <summary>As after a handshake, but that the SYN-ACK is the request's: it does not stand among the segments in flight.</summary>
    private void SynQueueEntryTaken(Instant now, FastOpenRequest request)
    {
        OpenFrom(now, request.Entry, request.Entry.Path);
        Sent.RemoveFirst();
        _snd.Una = _snd.Nxt;
        _counts.BytesAcked = 0;
        _firstSentAt = now;
    }

    /// <summary>Data beside a SYN or SYN-ACK (tcp_fastopen_add_skb): it asks for no ACK of its own, and tells nothing of the sender's pace.</summary>
    private void TakeSynData(Instant now, scoped in TcpSegment segment)
    {
        ReceiveBuffer.Append(segment.Data);
        _rcv.Nxt += segment.Data.Length;
        _counts.BytesReceived += segment.Data.Length;
        _counts.DataSegmentsIn = 1;
        if (ChargesMemory)
        {
            QueueReceived(now, BufferOf(segment), segment.Data.Length);
        }

        _fastOpen!.DataTaken = true;
    }

    /// <summary>
    /// A segment while the handshake is under way: what a SYN queue would let through (Linux: tcp_check_req with a Fast Open). Unlike there a
    /// SYN in the window does not end the connection, as anybody could send it.
    /// </summary>
    private Check CheckRequest(Instant now, FastOpenRequest request, scoped in TcpSegment segment)
    {
        bool old = _timestampsOn && segment.Options.HasTimestamps && IsOldTimestamp(now, segment);
        TcpFlags control = segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst);
        if (segment.Seq == _rcv.Irs && control == TcpFlags.Syn && !old)
        {
            AnswerRepeatedSyn(now, request);
            return Check.Drop;
        }

        SequenceNumber right = _rcv.Nxt + request.Entry.OfferedWindow;
        bool inWindow = segment.Seq == _rcv.Nxt || (segment.End > _rcv.Nxt && segment.Seq < right)
            || (segment.Seq == right && segment.Length == 0);
        if (old || !inWindow)
        {
            if (!segment.Has(TcpFlags.Rst) && MayAnswer(now, request))
            {
                SendAck(now);
            }

            return Check.Drop;
        }

        if (segment.Has(TcpFlags.Rst) && segment.Seq != _rcv.Nxt)
        {
            // RFC 5961 §3.2: only the exact number resets.
            if (MayAnswer(now, request, SnmpCounter.TcpExtTCPACKSkippedChallenge))
            {
                Count(SnmpCounter.TcpExtTCPChallengeACK);
                SendAck(now);
            }

            return Check.Drop;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            Count(SnmpCounter.TcpAttemptFails);
            EndRequest(now, reset: true);
            TakeReset(now);
            return Check.Drop;
        }

        if (segment.Has(TcpFlags.Syn) && segment.Seq != _rcv.Irs)
        {
            Count(SnmpCounter.TcpAttemptFails);
            _tcp.ResetUnknown(now, segment);
            return Check.Drop;
        }

        return segment.Has(TcpFlags.Ack) ? Check.Continue : Check.Drop;
    }

    private void AnswerRepeatedSyn(Instant now, FastOpenRequest request)
    {
        if (MayAnswer(now, request))
        {
            _counts.Retransmitted++;
            request.Entry.Listener.ResendSynAck(now, request.Entry);
        }
    }

    /// <summary>Answers are limited in rate (tcp_oow_rate_limited).</summary>
    private bool MayAnswer(Instant now, FastOpenRequest request, SnmpCounter skipped = SnmpCounter.TcpExtTCPACKSkippedSynRecv)
    {
        if (now - request.Entry.LastDuplicateAnswer < Duration.FromMilliseconds(Sysctls.InvalidRateLimit))
        {
            Count(skipped);
            return false;
        }

        request.Entry.LastDuplicateAnswer = now;
        return true;
    }

    /// <summary>The ACK of a connection in SYN-RECEIVED must be for the SYN-ACK or data behind it; otherwise RST.</summary>
    private Check CheckAckOfRequest(Instant now, scoped in TcpSegment segment)
    {
        if (segment.Ack >= _snd.Una && segment.Ack <= _snd.Nxt)
        {
            return Check.Continue;
        }

        SendResetFor(now, segment);
        return Check.Drop;
    }

    /// <summary>
    /// The SYN-ACK is acknowledged, and what the same ACK says of data is done: ESTABLISHED, or still FIN-WAIT-1 for one that was closed
    /// (tcp_rcv_synrecv_state_fastopen).
    /// </summary>
    private void CompleteRequest(Instant now, FastOpenRequest request, scoped in TcpSegment segment)
    {
        if (_state is TcpState.SynReceived)
        {
            _counts.Delivered++;
            if (EcnMode is EcnState.Accurate)
            {
                CompleteEcnOf(request.Entry, segment);
            }

            if (!_rtt.HasSample)
            {
                SampleRtt(now, request.Entry.SentAt, request.Entry.Resent, segment.Options);
            }
        }

        _retransmissions = _backoff = _doublings = 0;
        _firstRetransmissionAt = Instant.Never;
        EndRequest(now, reset: false);
        _snd.Wnd = OfferedWindow(segment);
        _snd.MaxWnd = Math.Max(_snd.MaxWnd, _snd.Wnd);
        _snd.Wl1 = segment.Seq;
        _snd.Wl2 = segment.Ack;
        if (SegmentsOut > 0)
        {
            ArmRetransmission(now);
        }
        else
        {
            EnterPhase(now, CongestionPhase.Open);
            StopRetransmission();
        }

        if (_state is not TcpState.SynReceived)
        {
            return;
        }

        UpdatePacing();
        _lastSentAt = _establishedAt = now;
        InitializeReceivedMss();
        Transition(now, TcpState.Established, "rcv ACK of SYN");
        RestartKeepAlive(now);
        if (_fastOpen!.ShutdownWaits)
        {
            CloseSending(now);
        }
    }

    /// <summary>The request is no longer needed: the handshake is over, or the connection.</summary>
    private void EndRequest(Instant now, bool reset)
    {
        if (PendingRequest is { } request)
        {
            _fastOpen!.Request = null;
            request.End(now, reset);
        }
    }

    /// <summary>Nothing but the SYN-ACK is sent again before it is acknowledged (tcp_fastopen_synack_timer).</summary>
    private void SynAckTimeout(Instant now, FastOpenRequest request)
    {
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "SYN-ACK"));
        Count(SnmpCounter.TcpExtTCPTimeouts);
        // One more than a SYN queue's: somebody may be using the connection already.
        int most = _synRetries > 0 ? _synRetries : Sysctls.SynAckRetries + 1;
        if (request.Entry.Timeouts >= most)
        {
            Count(SnmpCounter.TcpExtTCPAbortOnTimeout);
            Count(SnmpCounter.TcpAttemptFails);
            Fail(now, TimeoutError, "user timeout");
            return;
        }

        if (_retransmissions == 1)
        {
            EnterLoss(now);
        }

        _counts.Retransmitted++;
        CountTimeout(now);
        request.Entry.Listener.ResendSynAck(now, request.Entry);
        request.Entry.Timeouts++;
        _retransmissions = (byte)Math.Min(_retransmissions + 1, 255);
        _firstRetransmissionAt = Instant.Min(_firstRetransmissionAt, now);
        long rto = Sysctls.InitialRtoMilliseconds * 1_000_000L << Math.Min(request.Entry.Timeouts, 30);
        _timers.Kind = RetransmissionKind.Timeout;
        _timers.Retransmission = now + TimerWheel.Fires(
            Duration.Min(new Duration(rto), RtoMax), Sysctls.TimerHz);
    }
}
