using SimStack.Tcp.Recovery;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// SACK blocks that arrive (RFC 2018 §5, RFC 2883): what they say is noted on the segments in flight. The work for a block is a binary search
/// and what it SACKs that was not SACKed before; a peer that makes up blocks gains nothing by it.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>The end of the highest SACKed segment; SND.UNA if there is none, or without SACK (tcp_highest_sack_seq).</summary>
    private SequenceNumber HighestSacked => _recovery is { SackedOut: > 0 } recovery && _sackOn
        ? SequenceNumber.Max(recovery.HighestSacked, _snd.Una)
        : _snd.Una;

    /// <summary>tcp_sacktag_write_queue.</summary>
    private void TagSacked(Instant now, scoped in TcpSegment segment, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        round.Reordered = _snd.Nxt;
        if (recovery.SackedOut == 0)
        {
            recovery.HighestSacked = _snd.Una;
        }

        SackBlock first = segment.Options.GetSack(0);
        bool duplicate = IsDuplicateSack(segment, ref round);
        if (SegmentsOut == 0)
        {
            return;
        }

        Span<SackBlock> blocks = stackalloc SackBlock[TcpOptions.MaxSackBlocks];
        int count = TakeValidBlocks(segment, duplicate, ref round, blocks);
        bool tagsDuplicate = duplicate && count > 0 && blocks[0] == first;
        SortBlocks(blocks[..count]);
        int position = Sent.Start;
        for (int i = 0; i < count; i++)
        {
            bool isDuplicate = tagsDuplicate && blocks[i] == first;
            // Within another block the duplicate is tagged together with it, in the order of sequence numbers.
            bool holdsDuplicate = tagsDuplicate && i + 1 < count && blocks[i + 1] == first;
            position = TagBlock(now, position, blocks[i], isDuplicate || holdsDuplicate ? first : default, ref round);
            tagsDuplicate &= !isDuplicate;
        }

        if (_congestion.Phase is not Congestion.CongestionPhase.Loss || recovery.MayUndo)
        {
            // By what was SACKed, though the ACK itself leads beyond: what it acknowledges is in the queue still.
            SequenceNumber highest = recovery.SackedOut > 0 ? recovery.HighestSacked : _snd.Una;
            NoteReordering(round.Reordered, highest, SnmpCounter.TcpExtTCPSACKReorder);
        }
    }

    /// <summary>The first block tells of a duplicate (RFC 2883 §4; tcp_check_dsack).</summary>
    private bool IsDuplicateSack(scoped in TcpSegment segment, ref AckRound round)
    {
        SackBlock first = segment.Options.GetSack(0);
        if (first.Left < segment.Ack)
        {
            Count(SnmpCounter.TcpExtTCPDSACKRecv);
        }
        else if (segment.Options.SackCount > 1 && segment.Options.GetSack(1) is var second
            && first.Right <= second.Right && first.Left >= second.Left)
        {
            Count(SnmpCounter.TcpExtTCPDSACKOfoRecv);
        }
        else
        {
            return false;
        }

        int segments = CountDuplicates(first, ref round);
        if (segments == 0)
        {
            Count(SnmpCounter.TcpExtTCPDSACKIgnoredDubious);
            return false;
        }

        Count(SnmpCounter.TcpExtTCPDSACKRecvSegs, segments);
        LossRecovery recovery = Recovery;
        if (recovery.MayUndo && recovery.UndoRetransmissions > 0 && first.Right <= round.PriorUna && first.Right > recovery.UndoMarker)
        {
            recovery.UndoRetransmissions = Math.Max(0, recovery.UndoRetransmissions - segments);
        }

        return true;
    }

    /// <summary>
    /// How many segments of ours arrived twice by a D-SACK; 0 if that can't be: longer than the peer's window ever was, or more than were sent
    /// twice (tcp_dsack_seen).
    /// </summary>
    private int CountDuplicates(SackBlock block, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        int length = block.Right - block.Left;
        if (length <= 0 || length > _snd.MaxWnd)
        {
            return 0;
        }

        int segments = 1;
        int mss = BoundedMss;
        if (length > mss)
        {
            segments = (length + mss - 1) / mss;
        }
        else if (recovery.ProbeOutstanding && recovery.ProbeEnd == block.Right)
        {
            round.Flags |= AckFlags.DsackOfProbe;
        }

        recovery.DsackDuplicates += (uint)segments;
        if (recovery.DsackDuplicates > _counts.Retransmitted)
        {
            return 0;
        }

        // What the probe repeated was not RACK's mistake.
        recovery.Rack.DsackSeen |= recovery.ReorderingSeen > 0 && !round.Has(AckFlags.DsackOfProbe);
        round.Flags |= AckFlags.DsackArrived;
        round.SackDelivered += segments;
        return segments;
    }

    private int TakeValidBlocks(scoped in TcpSegment segment, bool duplicate, ref AckRound round, Span<SackBlock> blocks)
    {
        int count = 0;
        for (int i = 0; i < segment.Options.SackCount; i++)
        {
            SackBlock block = segment.Options.GetSack(i);
            bool isDuplicate = i == 0 && duplicate;
            if (!IsValid(block, isDuplicate))
            {
                if (isDuplicate)
                {
                    Count(Recovery.MayUndo ? SnmpCounter.TcpExtTCPDSACKIgnoredOld : SnmpCounter.TcpExtTCPDSACKIgnoredNoUndo);
                }
                else if (segment.Ack == _snd.Una || block.Right > _snd.Una)
                {
                    Count(SnmpCounter.TcpExtTCPSACKDiscard); // Not one that was overtaken.
                }
            }
            else if (block.Right > round.PriorUna)
            {
                blocks[count++] = block;
            }
        }

        return count;
    }

    /// <summary>
    /// Whether a block lies in what is outstanding (tcp_is_sackblock_valid). One that begins at SND.UNA contradicts the ACK field. A D-SACK may
    /// also lie below, down to where the recovery began that could be taken back.
    /// </summary>
    private bool IsValid(SackBlock block, bool duplicate)
    {
        if (block.Right > _snd.Nxt || block.Left >= block.Right || block.Left >= _snd.Nxt)
        {
            return false;
        }

        if (block.Left > _snd.Una)
        {
            return true;
        }

        LossRecovery recovery = Recovery;
        if (!duplicate || !recovery.MayUndo || block.Right > _snd.Una)
        {
            return false;
        }

        return block.Left >= recovery.UndoMarker
            || (block.Right > recovery.UndoMarker && block.Left >= block.Right - _snd.MaxWnd);
    }

    private static void SortBlocks(Span<SackBlock> blocks)
    {
        for (int i = 1; i < blocks.Length; i++)
        {
            SackBlock block = blocks[i];
            int j = i;
            for (; j > 0 && blocks[j - 1].Left > block.Left; j--)
            {
                blocks[j] = blocks[j - 1];
            }

            blocks[j] = block;
        }
    }

    /// <summary>Tags what lies within a block, from a position on that earlier blocks have come to.</summary>
    /// <returns>How far it came.</returns>
    private int TagBlock(Instant now, int position, SackBlock block, SackBlock duplicate, ref AckRound round)
    {
        SegmentRing ring = Sent;
        position = Math.Max(position, ring.Find(block.Left));
        int end = ring.End;
        int duplicateFrom = duplicate.Left != duplicate.Right ? ring.Find(duplicate.Left) : end;
        while (position < end)
        {
            ref SentSegment segment = ref ring.At(position);
            if (segment.Seq >= block.Right)
            {
                break;
            }

            bool twice = position >= duplicateFrom && segment.Seq >= duplicate.Left && segment.End <= duplicate.Right;
            if (segment.Has(SentFlags.Sacked) && !twice)
            {
                int next = ring.SkipSacked(position);
                position = position < duplicateFrom ? Math.Min(next, duplicateFrom) : next;
                continue;
            }

            if (twice || (segment.Seq >= block.Left && segment.End <= block.Right))
            {
                TagSegment(now, position, twice, ref round);
            }

            position++;
        }

        return position;
    }

    /// <summary>One segment has arrived, perhaps twice (tcp_sacktag_one).</summary>
    private void TagSegment(Instant now, int position, bool duplicate, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        ref SentSegment segment = ref Sent.At(position);
        if (duplicate && segment.Has(SentFlags.Retransmitted))
        {
            if (recovery.MayUndo && recovery.UndoRetransmissions > 0 && segment.End > recovery.UndoMarker)
            {
                recovery.UndoRetransmissions--;
            }

            if (segment.Has(SentFlags.Sacked))
            {
                round.Reordered = SequenceNumber.Min(round.Reordered, segment.Seq);
            }
        }

        if (segment.End <= _snd.Una)
        {
            return; // About to leave the queue.
        }

        if (!segment.Has(SentFlags.Sacked))
        {
            TagNew(now, ref segment, ref round);
            Sent.MarkSacked(position);
            NoteDelivery(ref segment, ref round);
            recovery.SackedOut++;
            round.SackDelivered++;
            round.DeliveredBytes += segment.Length;
            round.Flags |= AckFlags.DataSacked;
            if (segment.Seq >= recovery.HighestSacked)
            {
                recovery.HighestSacked = segment.End;
            }
        }

        if (duplicate && segment.Has(SentFlags.RetransmissionInFlight))
        {
            segment.Flags &= ~SentFlags.RetransmissionInFlight;
            recovery.RetransmittedOut--;
        }
    }

    private void TagNew(Instant now, ref SentSegment segment, ref AckRound round)
    {
        LossRecovery recovery = Recovery;
        recovery.Rack.Advance(now, segment, _rtt.LeastMicroseconds);
        if (segment.Has(SentFlags.RetransmissionInFlight))
        {
            // Unless it is lost both are still thought to be under way.
            if (segment.Has(SentFlags.Lost))
            {
                segment.Flags &= ~(SentFlags.Lost | SentFlags.RetransmissionInFlight);
                recovery.LostOut--;
                recovery.RetransmittedOut--;
            }

            return;
        }

        if (!segment.Has(SentFlags.Retransmitted))
        {
            if (segment.Seq < HighestSacked)
            {
                round.Reordered = SequenceNumber.Min(round.Reordered, segment.Seq);
            }

            round.Flags |= segment.End <= recovery.Point ? AckFlags.OriginalDelivered : AckFlags.None;
            round.FirstSacked = round.FirstSacked.IsNever ? segment.SentAt : round.FirstSacked;
            round.LastSacked = segment.SentAt;
        }

        if (segment.Has(SentFlags.Lost))
        {
            segment.Flags &= ~SentFlags.Lost;
            recovery.LostOut--;
        }
    }

    /// <summary>
    /// A segment was delivered behind others that had been sent after it and never sent again: reordering, by so many segments
    /// (tcp_check_sack_reordering).
    /// </summary>
    private void NoteReordering(SequenceNumber lowest, SequenceNumber highest, SnmpCounter counter)
    {
        LossRecovery recovery = Recovery;
        int distance = highest - lowest;
        if (distance <= 0)
        {
            return;
        }

        int mss = BoundedMss;
        if (distance > (long)recovery.Reordering * mss)
        {
            recovery.Reordering = (int)Math.Min(((long)distance + mss - 1) / mss, Sysctls.MaxReordering);
        }

        recovery.ReorderingSeen++;
        Count(counter);
    }
}
