using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2). As Linux: the first segments of a stream at once (quick ACKs), every
/// second full segment, and after a delay between 40 and 200 ms that follows the pace of arrivals; interactive exchanges
/// (pingpong) always wait.
/// </summary>
internal sealed partial class TcpConnection
{
    private bool _ackScheduled;
    private bool _acknowledgeNow;
    private bool _acknowledgeWhenDue;
    private bool _pushSeen;
    private bool _secondPushSeen;
    private byte _quickAcks;
    private byte _pingPong;
    private ushort _receivedMss = 536;
    private Duration _ackDelay;

    /// <summary>When data last arrived; before the first, when the handshake was over (Linux: lrcvtime).</summary>
    private Instant LastDataAt => _received?.LastDataAt ?? _establishedAt;

    private Duration AckDelayMinimum => Duration.FromMilliseconds(Sysctls.DelayedAckMinMilliseconds);

    /// <summary>Shorter than the peer's least RTO, as ours is: Linux's tcp_delack_max, which leaves it one tick of 4 ms (HZ 250).</summary>
    private Duration LongestAckDelay
    {
        get
        {
            Duration most = _limits is { DelayedAckMaxMicroseconds: > 0 and int own }
                ? Duration.FromMicroseconds(own)
                : Duration.FromMilliseconds(Sysctls.DelayedAckMaxMilliseconds);
            return ChargesMemory
                ? Duration.Min(most, Duration.FromMicroseconds(Math.Max(RtoMin, 8000) - 4000))
                : most;
        }
    }

    private bool InPingPong => _pingPong >= Sysctls.PingPongThreshold;

    private void ScheduleAck() => _ackScheduled = true;

    private void EnterQuickAck(int most)
    {
        if (Profile.QuickAcks)
        {
            AddQuickAcks(most);
            _pingPong = 0;
            _ackDelay = AckDelayMinimum;
        }
    }

    /// <summary>As many ACKs at once as half the window has segments, within limits (tcp_incr_quickack).</summary>
    private void AddQuickAcks(int most)
    {
        int count = _rcv.Wnd / (2 * Math.Max(1, (int)_receivedMss));
        _quickAcks = (byte)Math.Max((int)_quickAcks, Math.Min(count == 0 ? 2 : count, most));
    }

    /// <summary>Data arrived in order: adapts the delay and schedules an acknowledgement (tcp_event_data_recv).</summary>
    private void NoteDataReceived(Instant now, int length, TcpFlags flags, int memory)
    {
        _ackScheduled = true;
        ReceiveMemory received = Received;
        MeasureReceivedMss(length, flags, memory);
        if (ChargesMemory)
        {
            received.Sizing.MeasureWindow(now, _rcv.Nxt, _rcv.Wnd, IsReceiveQueueEmpty);
        }

        Duration minimum = AckDelayMinimum;
        if (_ackDelay == Duration.Zero)
        {
            // The first data of the stream: acknowledge quickly while the sender is in slow start.
            if (Profile.QuickAcks)
            {
                AddQuickAcks(16);
            }

            _ackDelay = minimum;
        }
        else
        {
            Duration gap = now - received.LastDataAt;
            if (gap <= minimum / 2)
            {
                _ackDelay = (_ackDelay / 2) + (minimum / 2);
            }
            else if (gap < _ackDelay)
            {
                _ackDelay = Duration.Min((_ackDelay / 2) + gap, CurrentRto);
            }
            else if (gap > CurrentRto && Profile.QuickAcks)
            {
                // The sender restarts after a pause and wants its ACKs soon.
                AddQuickAcks(16);
            }
        }

        received.LastDataAt = now;
        EchoMark(now);
        GrowWindow(length, memory);
    }

    /// <summary>Guesses the sender's segment size, by which "every second full segment" is counted.</summary>
    private void MeasureReceivedMss(int length, TcpFlags flags, int memory)
    {
        ReceiveMemory received = Received;
        int small = received.LastSmallLength;
        received.LastSmallLength = 0;
        int whole = length;
        if (_tcp.Ip.ReceivedSegmentSize is > 0 and int size)
        {
            length = Math.Min(length, size);
        }

        if (_backlog?.Current is { } joined)
        {
            length = Math.Min(length, joined.LongestPart);
        }

        if (length >= _receivedMss)
        {
            if (length != _receivedMss && ChargesMemory)
            {
                MeasureScalingRatio(whole, memory);
            }

            _receivedMss = (ushort)Math.Min(length, ChargesMemory ? AdvertisedData : _advertisedMss);
            _pushSeen |= (flags & TcpFlags.Psh) != 0;
            return;
        }

        int withHeader = length + 20 + (_timestampsOn ? TimestampsLength : 0) + SignatureLength;
        bool plain = (flags & (TcpFlags.Fin | TcpFlags.Urg | TcpFlags.Syn | TcpFlags.Psh)) == 0;
        if (withHeader >= 536 + 20 || (withHeader >= 88 + 20 && plain))
        {
            received.LastSmallLength = (ushort)length;
            if (small == length)
            {
                _receivedMss = (ushort)length;
                return;
            }
        }

        _secondPushSeen |= _pushSeen;
        _pushSeen = true;
    }

    /// <summary>After a segment was processed: an ACK now, later, or none.</summary>
    private void AcknowledgeIfDue(Instant now)
    {
        if (!_ackScheduled && !_acknowledgeNow)
        {
            return;
        }

        // More than one full segment waits for its ACK (SHLD-19). Linux lets the reader acknowledge when the window shrinks
        // meanwhile, but for one who waits for more than there is.
        bool everySecond = _rcv.Nxt - _rcv.Wup > _receivedMss
            && (!Profile.QuickAcks || _rcv.Nxt - _copied < LowWater || SelectWindow() >= _rcv.Wnd);
        if (everySecond || _acknowledgeNow || _acknowledgeWhenDue || (_quickAcks > 0 && !InPingPong))
        {
            if (!DefersAck())
            {
                SendAck(now);
            }
        }
        else if (_outOfOrder is not { Count: > 0 })
        {
            DelayAck(now);
        }
        else if (!ChargesMemory || !_sackOn || !HoldAck(now))
        {
            SendAck(now);
        }
    }

    /// <summary>
    /// While there is a hole, and the sender got the three duplicates that it needs, one ACK with SACK does for all that arrives within a part
    /// of the round trip (Linux: __tcp_ack_snd_check, tcp_comp_sack_*).
    /// </summary>
    /// <returns>False when the ACK has to go at once.</returns>
    private bool HoldAck(Instant now)
    {
        ref ReceiveMemory.AckCompression held = ref Received.HeldAcks;
        if (held.Count >= Sysctls.CompressedSackCount)
        {
            return false;
        }

        if (held.Next != _rcv.Nxt)
        {
            held.Next = _rcv.Nxt;
            held.Duplicates = 0;
        }

        if (held.Duplicates < 3)
        {
            held.Duplicates++;
            return false;
        }

        held.Count++;
        if (held.Deadline.IsNever)
        {
            int roundTrip = Received.Sizing.Rtt8;
            roundTrip = _rtt.HasSample ? Math.Min(roundTrip, (int)_rtt.Smoothed8) : roundTrip;
            long delay = Math.Min(roundTrip * 125L * Sysctls.CompressedSackRttPercent / 100, Sysctls.CompressedSackDelay);
            // A timer that may be late is: the clock is set for the end of its slack.
            held.Deadline = now + new Duration(delay + Sysctls.CompressedSackSlack);
        }

        return true;
    }

    /// <summary>Sends the ACK that others were held back for, if there are such (tcp_sack_compress_send_ack).</summary>
    private void SendHeldAck(Instant now)
    {
        if (_received is { HeldAcks.Count: > 0 } received)
        {
            received.HeldAcks.Count--; // This one is not saved.
            SendAck(now);
        }
    }

    private void DelayAck(Instant now)
    {
        // Where no data ever came, Linux has no estimate of a delay yet, and its timer fires with the next tick of 4 ms (HZ 250).
        bool isFirst = _ackDelay == Duration.Zero && Profile.QuickAcks;
        Duration delay = isFirst ? Duration.FromMilliseconds(4) : Duration.Max(_ackDelay, AckDelayMinimum);
        if (delay > AckDelayMinimum)
        {
            Duration most = Duration.FromMilliseconds(InPingPong || _pushSeen ? Sysctls.DelayedAckMaxMilliseconds : 500);
            if (_rtt.HasSample)
            {
                most = Duration.Min(most, Duration.Max(Duration.FromMicroseconds(_rtt.SmoothedMicroseconds), AckDelayMinimum));
            }

            delay = Duration.Min(delay, most);
        }

        delay = Duration.Min(delay, LongestAckDelay);
        Instant deadline = now + (isFirst ? delay : TimerWheel.Fires(delay, Sysctls.TimerHz));
        if (!_timers.DelayedAck.IsNever)
        {
            if (_timers.DelayedAck <= now + delay / 4)
            {
                SendAck(now);
                return;
            }

            deadline = Instant.Min(deadline, _timers.DelayedAck);
        }

        _ackScheduled = true;
        _timers.DelayedAck = deadline;
    }

    /// <summary>Every segment but a SYN and a RST carries an ACK: what was owed is paid.</summary>
    private void NoteAckSent()
    {
        if (_quickAcks > 0 && (_ackScheduled || _acknowledgeNow) && --_quickAcks == 0)
        {
            _ackDelay = AckDelayMinimum;
        }

        if (_received is { } received && (received.HeldAcks.Count > 0 || !received.HeldAcks.Deadline.IsNever))
        {
            _tcp.Counters[SnmpCounter.TcpExtTCPAckCompressed] += received.HeldAcks.Count;
            received.HeldAcks.Count = 0;
            received.HeldAcks.Deadline = Instant.Never;
        }

        _ackScheduled = _acknowledgeNow = _acknowledgeWhenDue = _pushSeen = _secondPushSeen = _outOfReceiveMemory = false;
        _timers.DelayedAck = Instant.Never;
    }

    /// <summary>The user read: an ACK may be due, or the window have opened enough to tell (RFC 9293 §3.8.6.2.2).</summary>
    private void AcknowledgeAfterRead(Instant now, int count)
    {
        if (!IsSynchronized)
        {
            return;
        }

        bool due = _ackScheduled && (_rcv.Nxt - _rcv.Wup > _receivedMss
            || (count > 0 && (_secondPushSeen || (_pushSeen && !InPingPong)) && HoldsNothing));
        if (!due && count > 0 && !ReceiveClosed)
        {
            int current = _rcv.Remaining;
            if (2L * current <= _windowClamp)
            {
                int window = SelectWindow();
                due = window > 0 && window >= 2 * current;
            }
        }

        if (due)
        {
            SendAck(now);
        }
    }

    /// <summary>Nothing is held that was not read, ahead of a hole neither.</summary>
    private bool HoldsNothing => ChargesMemory ? _received is not { Total: > 0 } : Readable == 0;

    private void DelayedAckTimeout(Instant now)
    {
        _timers.DelayedAck = Instant.Never;
        if (_received is { HeldAcks.Count: > 0 })
        {
            SendHeldAck(now);
            return;
        }

        if (!_ackScheduled)
        {
            return;
        }

        if (InPingPong)
        {
            _pingPong = 0;
            _ackDelay = AckDelayMinimum;
        }
        else
        {
            _ackDelay = Duration.Min(_ackDelay * 2, CurrentRto);
        }

        Count(SnmpCounter.TcpExtDelayedACKs);
        _tcp.Host.Observer?.TimerFired(new TcpTimerEvent(now, Id, Local, Remote, "delayed ACK"));
        SendAck(now);
    }
}
