using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// The segment text as Linux 6.18 takes it (tcp_data_queue, tcp_data_queue_ofo): whole segments, each with the memory that it takes.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>TCP_SACK_BLOCKS_EXPECTED: as many as are told without hurry.</summary>
    private const int BlocksExpected = 2;

    private void QueueText(Instant now, ref TcpSegment segment)
    {
        // What was to be reported and could not yet is overtaken.
        _duplicateLeft = _duplicateRight;
        if (segment.Seq != _rcv.Nxt)
        {
            if (segment.End <= _rcv.Nxt)
            {
                // All of it was here before: our ACK got lost.
                Count(SnmpCounter.TcpExtDelayedACKLost);
                JudgeOptionByDuplicate(segment);
                RememberDuplicate(segment.Seq, segment.End);
                RefuseText();
                return;
            }

            if (segment.Seq >= _rcv.Nxt + _rcv.Remaining)
            {
                RefuseText();
                return;
            }

            if (segment.Seq > _rcv.Nxt)
            {
                QueueOutOfOrder(now, ref segment);
                return;
            }

            RememberDuplicate(segment.Seq, _rcv.Nxt);
        }

        bool isBareFin = segment.Data.Length == 0;
        if (_rcv.Remaining == 0 && !isBareFin)
        {
            Count(SnmpCounter.TcpExtTCPZeroWindowDrop);
            RefuseText();
            return;
        }

        QueueInOrder(now, ref segment);
    }

    /// <summary>Acknowledged at once, as the sender seems not to know where we are.</summary>
    private void RefuseText()
    {
        EnterQuickAck(16);
        ScheduleAck();
        CountDropped();
    }

    private void QueueInOrder(Instant now, ref TcpSegment segment)
    {
        SegmentBuffer buffer = BufferOf(segment);
        if (!IsPredicted(segment, buffer.Memory) && !HasRoomFor(segment.Seq, buffer.Memory))
        {
            _outOfReceiveMemory = _acknowledgeNow = true;
            ScheduleAck();
            _tcp.SignalReady(this, PollEvents.POLLIN);
            if (Readable > 0 && segment.Data.Length > 0)
            {
                Count(SnmpCounter.TcpExtTCPRcvQDrop);
                CountDropped();
                return;
            }
        }

        ReadOnlySpan<byte> data = segment.Data[Math.Min(segment.Data.Length, _rcv.Nxt - segment.Seq)..];
        bool fin = segment.Has(TcpFlags.Fin);
        HoldToFin(_rcv.Nxt, ref data, ref fin);
        TakeInOrder(now, data, segment.Data.Length, segment.Flags, buffer);
    }

    private void QueueOutOfOrder(Instant now, ref TcpSegment segment)
    {
        EchoMark(now);
        SegmentBuffer buffer = BufferOf(segment);
        if (!HasRoomFor(segment.Seq, buffer.Memory))
        {
            Count(SnmpCounter.TcpExtTCPOFODrop);
            CountDropped();
            _tcp.SignalReady(this, PollEvents.POLLIN);
            return;
        }

        MeasureReceivedMss(segment.Data.Length, segment.Flags, buffer.Memory);
        ScheduleAck();
        _counts.OutOfOrder++;
        Count(SnmpCounter.TcpExtTCPOFOQueue);
        ReadOnlySpan<byte> data = segment.Data;
        bool fin = segment.Has(TcpFlags.Fin);
        HoldToFin(segment.Seq, ref data, ref fin);
        // A FIN takes part as the sequence number that it is, and is reported by SACK.
        SequenceNumber left = segment.Seq, right = left + data.Length + (fin ? 1 : 0);
        if (left < right)
        {
            PutAhead(now, left, right, data, buffer);
        }

        // The buffer of a socket that nobody has yet does not grow.
        if (Socket is not null)
        {
            GrowReceiveBuffer(Received.Sizing.Space);
        }
    }

    private void PutAhead(Instant now, SequenceNumber left, SequenceNumber right, ReadOnlySpan<byte> data, in SegmentBuffer buffer)
    {
        _outOfOrder ??= new ReassemblyQueue();
        if (_outOfOrder.TryFindOverlap(left, right, out SackBlock again))
        {
            RememberDuplicate(again.Left, again.Right);
        }

        int memory = 0;
        bool isKnown = _outOfOrder.HoldsInOneBuffer(left, right);
        if (isKnown)
        {
            Count(SnmpCounter.TcpExtTCPOFOMerge);
            CountDropped();
        }
        else
        {
            ReceiveBuffer.WriteAt(ReceiveBuffer.Length + (left - _rcv.Nxt), data);
            memory = _outOfOrder.Add(left, right, buffer, out bool joined);
            if (joined)
            {
                Count(SnmpCounter.TcpExtTCPRcvCoalesce);
                ChargeReceived(memory);
                memory = 0;
            }

            if (TellsArrivals)
            {
                (Received.Arrivals ??= new ArrivalTimes()).Add(right, now, joinsLast: false);
            }
        }

        int block = _outOfOrder.ExtendBlock(left, right);
        if (_sackOn && block >= BlocksExpected)
        {
            SendHeldAck(now); // Blocks that come late in the option may be lost with it.
        }

        _outOfOrder.ReportFirst(block, left, right);
        // Without SACK the window stays, so that the sender sees duplicates.
        if (_sackOn && !isKnown)
        {
            GrowWindowByMemory(data.Length, buffer.Memory);
        }

        // A buffer that stays its own is charged when all is done (skb_set_owner_r).
        ChargeReceived(memory);
    }
}
