using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.7.4, seventh: the segment text; and TS.Recent (RFC 7323 §4.3).</summary>
internal sealed partial class TcpConnection
{
    private SequenceNumber _copied;
    private SequenceNumber _finAt;
    private bool _finArrived;
    private int _receiveBufferLimit;

    private void TakeTimestamp(Instant now, scoped in TcpSegment segment)
    {
        _timestampAdvanced = false;
        // Linux looks at it only once the ACK is known to be good and not overtaken (tcp_ack).
        if (!Profile.RfcSegmentChecks && !(segment.Has(TcpFlags.Ack) && segment.Ack >= _snd.Una && segment.Ack <= _snd.Nxt))
        {
            return;
        }

        if (_timestampsOn && segment.Options.HasTimestamps && segment.Seq <= _rcv.Wup && !IsOldTimestamp(now, segment))
        {
            _timestampAdvanced = unchecked((int)(segment.Options.TsVal - _timestampsRecent)) > 0;
            _timestampsRecent = segment.Options.TsVal;
            _timestampsStamp = now;
        }
    }

    private Check ProcessText(Instant now, ref TcpSegment segment)
    {
        if (_state is TcpState.SynReceived)
        {
            return Check.Drop;
        }

        if (ReceiveClosed || _state is TcpState.CloseWait or TcpState.Closing or TcpState.LastAck)
        {
            // "This should not occur since a FIN has been received from the remote side. Ignore the segment text." What overlaps
            // with what was taken is a retransmission: our ACK may have been lost. One that goes on behind the FIN Linux takes for a
            // peer gone wrong, and resets (tcp_rcv_state_process).
            if (segment.Length > 0 && segment.End <= _rcv.Nxt && ChargesMemory)
            {
                QueueText(now, ref segment);
            }
            else if (ChargesMemory && segment.Seq < _rcv.Nxt && segment.Seq + segment.Data.Length > _rcv.Nxt)
            {
                ResetForText(now, segment);
            }
            else if (segment.Length > 0 && segment.Seq < _rcv.Nxt)
            {
                _acknowledgeNow = true;
            }

            return Check.Drop;
        }

        if (segment.Length == 0)
        {
            return Check.Continue;
        }

        if (segment.Seq + segment.Data.Length > _rcv.Nxt && NobodyWillRead)
        {
            // New data: RST (RFC 9293 §3.6.1, SHLD-3; Linux: TCPAbortOnData).
            ResetForText(now, segment);
            return Check.Drop;
        }

        TakeText(now, ref segment);
        return Check.Continue;
    }

    private void ResetForText(Instant now, scoped in TcpSegment segment)
    {
        Count(SnmpCounter.TcpExtTCPAbortOnData);
        SendResetFor(now, segment);
        Fail(now, _state is TcpState.CloseWait ? Errno.EPIPE : Errno.ECONNRESET, "data after CLOSE");
    }

    /// <summary>The user closed, or, as Linux sees it, shut both sides down one by one.</summary>
    private bool NobodyWillRead =>
        IsOrphan || (_readShut && !Profile.RfcSegmentChecks && _state is TcpState.FinWait1 or TcpState.FinWait2);

    private void TakeText(Instant now, ref TcpSegment segment)
    {
        if (ChargesMemory)
        {
            QueueText(now, ref segment);
            return;
        }

        SequenceNumber right = _rcv.Nxt + _rcv.Remaining;
        SequenceNumber left = segment.Seq;
        ReadOnlySpan<byte> data = segment.Data;
        bool fin = segment.Has(TcpFlags.Fin);
        if (left < _rcv.Nxt)
        {
            int old = Math.Min(_rcv.Nxt - left, data.Length);
            JudgeOptionByDuplicate(segment);
            RememberDuplicate(left, left + old);
            data = data[old..];
            left += old;
            if (data.Length == 0 && !(fin && left == _rcv.Nxt))
            {
                // All of it was here before: our ACK got lost; acknowledge at once.
                Count(SnmpCounter.TcpExtDelayedACKLost);
                EnterQuickAck(16);
                _acknowledgeNow = true;
                return;
            }
        }

        int room = Math.Max(0, right - left);
        if (data.Length > room)
        {
            data = data[..room];
            fin = false;
            if (room == 0)
            {
                Count(SnmpCounter.TcpExtTCPZeroWindowDrop);
                EnterQuickAck(16);
                _acknowledgeNow = true;
                return;
            }
        }

        HoldToFin(left, ref data, ref fin);
        if (left == _rcv.Nxt)
        {
            TakeInOrder(now, data, segment.Data.Length, segment.Flags, default);
        }
        else
        {
            TakeOutOfOrder(now, left, data, fin);
        }
    }

    /// <summary>Nothing comes behind a FIN, whatever the peer claims now.</summary>
    private void HoldToFin(SequenceNumber left, ref ReadOnlySpan<byte> data, ref bool fin)
    {
        if (_finArrived && left + data.Length > _finAt)
        {
            data = data[..Math.Max(0, _finAt - left)];
            fin = false;
        }
        else if (fin)
        {
            _finArrived = true;
            _finAt = left + data.Length;
        }
    }

    /// <param name="now">The instant.</param>
    /// <param name="data">What is new of the segment.</param>
    /// <param name="length">How much data the segment had.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="buffer">What holds it.</param>
    private void TakeInOrder(Instant now, ReadOnlySpan<byte> data, int length, TcpFlags flags, in SegmentBuffer buffer)
    {
        if (data.Length == 0)
        {
            return;
        }

        ReceiveBuffer.Append(data);
        _rcv.Nxt += data.Length;
        _counts.BytesReceived += data.Length;
        if (ChargesMemory)
        {
            QueueReceived(now, buffer, data.Length);
        }

        NoteDataReceived(now, length, flags, buffer.Memory);
        if (_outOfOrder is { Count: > 0 })
        {
            TakeWhatWaited();
        }

        TakeUrgentByte();
        SignalReadable();
    }

    /// <summary>The hole is filled, wholly or in part (tcp_ofo_queue).</summary>
    private void TakeWhatWaited()
    {
        if (_outOfOrder!.TryFindOverlap(_rcv.Nxt - int.MaxValue / 2, _rcv.Nxt, out SackBlock again) && ChargesMemory)
        {
            // Part of what now came in order had arrived ahead of the hole.
            ExtendDuplicate(again.Left, again.Right);
        }

        int before = Received.Total;
        SequenceNumber reached = _outOfOrder.Advance(_rcv.Nxt, ChargesMemory ? Received : null);
        _tcp.Memory.Charge(Received.Total - before);
        // Acknowledge at once when the hole is filled (RFC 5681 §4.2); Linux does when it was the last.
        _acknowledgeNow |= !ChargesMemory || _outOfOrder.Count == 0;
        if (_finArrived && reached > _finAt)
        {
            reached = _finAt; // The FIN's own number is ProcessFin's to take.
        }

        ReceiveBuffer.Extend(reached - _rcv.Nxt);
        _counts.BytesReceived += reached - _rcv.Nxt;
        _rcv.Nxt = reached;
    }

    /// <summary>Whoever waits for data is woken, once there is as much as it waits for (tcp_data_ready).</summary>
    private void SignalReadable()
    {
        if (ReceiveClosed || HasEnoughToRead(LowWater))
        {
            _tcp.SignalReady(this, PollEvents.POLLIN);
        }
    }

    private void TakeOutOfOrder(Instant now, SequenceNumber left, ReadOnlySpan<byte> data, bool fin)
    {
        EchoMark(now);
        // Out of order: an immediate duplicate ACK tells the sender what is missing (RFC 5681 §4.2, RFC 9293 MAY-13).
        _acknowledgeNow = true;
        EnterQuickAck(16);
        // A FIN takes part as the sequence number that it is, and is reported by SACK.
        SequenceNumber right = left + data.Length + (fin ? 1 : 0);
        if (left == right)
        {
            return;
        }

        _outOfOrder ??= new ReassemblyQueue();
        if (_outOfOrder.TryFindOverlap(left, right, out SackBlock again))
        {
            RememberDuplicate(again.Left, again.Right);
            if (again.Left == left && again.Right == right)
            {
                // The block around it is reported next (RFC 2883 §4, rule 5).
                _outOfOrder.ReportFirst(_outOfOrder.ExtendBlock(left, right), left, right);
                return;
            }
        }

        if (_outOfOrder.Count >= MostRanges && !_outOfOrder.Touches(left, right))
        {
            // Islands of a few bytes each: a kernel's receive buffer, which counts a buffer for each segment, would be full as
            // well.
            Count(SnmpCounter.TcpExtTCPOFODrop);
            return;
        }

        Count(SnmpCounter.TcpExtTCPOFOQueue);
        _counts.OutOfOrder++;
        ReceiveBuffer.WriteAt(ReceiveBuffer.Length + (left - _rcv.Nxt), data);
        _outOfOrder.Add(left, right, default, out _);
        _outOfOrder.ReportFirst(_outOfOrder.ExtendBlock(left, right), left, right);
    }

    /// <summary>
    /// Ranges ahead of a hole that are kept: as many small segments as fit SO_RCVBUF in Linux, at 768 bytes each.
    /// </summary>
    private int MostRanges => Math.Max(16, _receiveBufferLimit / 768);

    /// <summary>
    /// Where the data of a segment belongs before anything else is known of it than its header: at the end of what waits to be read, when
    /// it is next and nothing lies ahead of a hole. Empty where it has to be looked at first.
    /// </summary>
    /// <param name="seq">SEG.SEQ.</param>
    /// <param name="length">Bytes of data.</param>
    public Span<byte> PlaceFor(SequenceNumber seq, int length)
    {
        const int Worthwhile = 256;
        return length < Worthwhile || _state is not TcpState.Established || seq != _rcv.Nxt || length > _rcv.Remaining
            || _outOfOrder is { Count: > 0 } || IsHeld || Authentication is not null ? default : ReceiveBuffer.Tail(length);
    }

    private ByteQueue ReceiveBuffer => _receiveBuffer ??= new ByteQueue(_tcp.Chunks);
}
