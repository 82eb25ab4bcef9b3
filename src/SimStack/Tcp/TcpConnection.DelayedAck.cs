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
    private ushort _lastSmallLength;
    private Duration _ackDelay;
    private Instant _lastDataAt;

    private Duration AckDelayMinimum => Duration.FromMilliseconds(Sysctls.DelayedAckMinMilliseconds);

    private bool InPingPong => _pingPong >= Sysctls.PingPongThreshold;

    private void ScheduleAck() => _ackScheduled = true;

    private void EnterQuickAck(int most)
    {
        if (!Profile.QuickAcks)
        {
            return;
        }

        int count = _receivedMss == 0 ? 2 : _rcv.Wnd / (2 * _receivedMss);
        count = Math.Min(count == 0 ? 2 : count, most);
        _quickAcks = (byte)Math.Max(_quickAcks, count);
        _pingPong = 0;
        _ackDelay = AckDelayMinimum;
    }

    /// <summary>Data arrived in order: adapts the delay and schedules an acknowledgement.</summary>
    private void NoteDataReceived(Instant now, int length, TcpFlags flags)
    {
        _ackScheduled = true;
        ChargeMemory(length);
        MeasureReceivedMss(length, flags);
        Duration minimum = AckDelayMinimum;
        if (_ackDelay == Duration.Zero)
        {
            // The first data of the stream: acknowledge quickly while the sender is in slow start.
            if (Profile.QuickAcks)
            {
                int count = _rcv.Wnd / (2 * Math.Max(1, (int)_receivedMss));
                _quickAcks = (byte)Math.Max((int)_quickAcks, Math.Min(count == 0 ? 2 : count, 16));
            }

            _ackDelay = minimum;
        }
        else
        {
            Duration gap = now - _lastDataAt;
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
                int count = _rcv.Wnd / (2 * Math.Max(1, (int)_receivedMss));
                _quickAcks = (byte)Math.Max((int)_quickAcks, Math.Min(count == 0 ? 2 : count, 16));
            }
        }

        _lastDataAt = now;
        EchoMark(now);
        GrowWindow(length);
    }

    /// <summary>Guesses the sender's segment size, by which "every second full segment" is counted.</summary>
    private void MeasureReceivedMss(int length, TcpFlags flags)
    {
        int small = _lastSmallLength;
        _lastSmallLength = 0;
        int whole = length;
        if (_path is { Interface.ReceiveSegmentSize: > 0 and int size })
        {
            length = Math.Min(length, size);
        }

        if (length >= _receivedMss)
        {
            if (length != _receivedMss)
            {
                MeasureScalingRatio(whole);
            }

            _receivedMss = (ushort)Math.Min(length, _advertisedMss);
            _pushSeen |= (flags & TcpFlags.Psh) != 0;
            return;
        }

        int withHeader = length + 20 + (_timestampsOn ? TimestampsLength : 0) + SignatureLength;
        bool plain = (flags & (TcpFlags.Fin | TcpFlags.Urg | TcpFlags.Syn | TcpFlags.Psh)) == 0;
        if (withHeader >= 536 + 20 || (withHeader >= 88 + 20 && plain))
        {
            _lastSmallLength = (ushort)length;
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
        // meanwhile.
        bool everySecond = _rcv.Nxt - _rcv.Wup > _receivedMss && (!Profile.QuickAcks || SelectWindow() >= _rcv.Wnd);
        if (everySecond || _acknowledgeNow || _acknowledgeWhenDue || (_quickAcks > 0 && !InPingPong) || _outOfOrder is { Count: > 0 })
        {
            SendAck(now);
            return;
        }

        DelayAck(now);
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

        delay = Duration.Min(delay, Duration.FromMilliseconds(Sysctls.DelayedAckMaxMilliseconds));
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

        _ackScheduled = _acknowledgeNow = _acknowledgeWhenDue = _pushSeen = _secondPushSeen = false;
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
            || (count > 0 && (_secondPushSeen || (_pushSeen && !InPingPong)) && Readable == 0));
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

    private void DelayedAckTimeout(Instant now)
    {
        _timers.DelayedAck = Instant.Never;
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
