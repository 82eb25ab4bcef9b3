using SimStack.Tcp.Congestion;
using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>Segments in flight, sent again: alone or as the packets they were, cut or joined to what fits now.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Sends one segment in flight again, alone; false when the window or the interface would not have it.</summary>
    private bool Retransmit(Instant now, int index)
    {
        CutAnew(index);
        if (index > 0)
        {
            CutAfter(index - 1);
        }

        if (!IsLongerThanFits(index))
        {
            CutAfter(index);
        }

        Instant prior = _lastTransmissionAt;
        bool left = Retransmit(now, index, push: false);
        if (left && _pacer is not null)
        {
            Pace(prior, Sent[index].Length);
        }

        return left;
    }

    /// <summary>It will be cut within, and what is left of it stays with what follows. A shut window cuts nothing: the first goes whole.</summary>
    private bool IsLongerThanFits(int index)
    {
        ref SentSegment segment = ref Sent[index];
        int data = DataOf(segment), room = _snd.WindowEnd - segment.Seq;
        return data > EffectiveMss || (room > 0 && data > room);
    }

    /// <summary>The packet that the segment belonged to ends with it, and begins anew behind it.</summary>
    private void CutPacket(int index)
    {
        CutAfter(index);
        if (index > 0)
        {
            CutAfter(index - 1);
        }
    }

    private void CutAfter(int index)
    {
        ref SentSegment segment = ref Sent[index];
        if ((segment.Flags & SentFlags.Followed) != 0)
        {
            segment.Flags &= ~SentFlags.Followed;
            _packets++;
        }
    }

    /// <summary>
    /// A packet whose segments the path no longer takes is cut anew from there to its end: Linux cuts packets, not segments, so that only
    /// the last one is short (tcp_fragment, tcp_set_skb_tso_segs).
    /// </summary>
    private void CutAnew(int index)
    {
        const SentFlags Fate = SentFlags.Lost | SentFlags.Sacked | SentFlags.RetransmissionInFlight;
        int mss = EffectiveMss;
        while (DataOf(Sent[index]) > mss)
        {
            ref SentSegment segment = ref Sent[index];
            if (segment.Has(SentFlags.Followed) && ((segment.Flags ^ Sent[index + 1].Flags) & Fate) == 0)
            {
                ref SentSegment next = ref Sent[index + 1];
                next.Length += segment.Length - mss;
                segment.Length = mss;
                next.Seq = segment.End;
            }
            else
            {
                Sent.Split(index, mss);
                Sent[index].Flags |= SentFlags.Followed;
                CountFlags(Sent[index].Flags, 1);
            }

            index++;
        }
    }

    private static int DataOf(in SentSegment segment) => segment.Length - (segment.Has(SentFlags.Fin) ? 1 : 0);

    /// <summary>tcp_retransmit_skb: with what loss recovery has to know of it.</summary>
    private bool Retransmit(Instant now, int index, bool push)
    {
        if (Sent[index].Has(SentFlags.Syn))
        {
            RetransmitSyn(now, ref Sent[index]);
            return true;
        }

        bool left = SendAgain(now, index, push);
        ref SentSegment segment = ref Sent[index];
        LossRecovery recovery = Recovery;
        if (left && !segment.Has(SentFlags.RetransmissionInFlight))
        {
            segment.Flags |= SentFlags.RetransmissionInFlight;
            recovery.RetransmittedOut++;
        }

        if (_firstRetransmissionAt.IsNever)
        {
            _firstRetransmissionAt = segment.SentAt;
        }

        recovery.UndoRetransmissions = Math.Max(0, recovery.UndoRetransmissions) + 1;
        return left;
    }

    /// <summary>__tcp_retransmit_skb: one segment; false when the window or the interface would not have it.</summary>
    private bool SendAgain(Instant now, int index, bool push)
    {
        int room = _snd.WindowEnd - Sent[index].Seq;
        if (room <= 0 && index > 0)
        {
            // A window that was taken back: only the first segment goes, as a probe (RFC 9293 §3.8.6, SHLD-16).
            return false;
        }

        if (IsStillQueued(now, Sent[index]))
        {
            return false;
        }

        if (_mtuSearch is not null)
        {
            _mtuSearch.ProbeSize = 0; // Not to be told any more what was lost.
        }

        int data = FitToBeSentAgain(index, room);
        ref SentSegment segment = ref Sent[index];
        Count(SnmpCounter.TcpRetransSegs);
        _counts.Retransmitted++;
        _counts.BytesRetransmitted += data;
        SentFlags again = segment.Flags | SentFlags.Retransmitted | (push ? SentFlags.Push : SentFlags.None);
        bool left = EmitData(now, segment.Seq, data, again);
        if (_marks is not null)
        {
            StampSent(now, segment.Seq, data, left);
        }

        // Even if it did not leave: no RTT is to be taken from it.
        segment.Flags |= SentFlags.Retransmitted;
        if (!left)
        {
            Count(SnmpCounter.TcpExtTCPRetransFail);
            EnterCwr(now);
            return false;
        }

        segment.SentAt = Instant.Max(now, _lastTransmissionAt);
        NoteDeparture(ref segment, again: true);
        Sent.MoveToNewest(Sent.Start + index);
        NoteTextSent(now, data);
        return true;
    }

    /// <summary>After an ACK, with the window that it left: new data first where F-RTO asks for it, then what is lost (tcp_xmit_recovery).</summary>
    private void ResendAfterAck(Instant now, Resend what)
    {
        if (what is Resend.Nothing)
        {
            return;
        }

        if (what is Resend.NewData)
        {
            Output(now, push: true);
            if (_snd.Nxt > Recovery.Point)
            {
                return;
            }

            Recovery.Frto = false;
        }

        ResendLost(now);
    }

    /// <summary>
    /// Sends again what is lost and not under way, from the hint on, as far as the window goes (tcp_xmit_retransmit_queue). What is SACKed is
    /// stepped over at once.
    /// </summary>
    private void ResendLost(Instant now)
    {
        LossRecovery recovery = Recovery;
        SegmentRing ring = Sent;
        recovery.DropStaleHint(_snd.Una);
        int position = recovery.HasHint ? ring.Find(recovery.Hint) : ring.Start;
        bool hole = false, first = false;
        while (recovery.RetransmittedOut < recovery.LostOut && (position = ring.SkipSacked(position)) < ring.End)
        {
            ref SentSegment segment = ref ring.At(position);
            if (!hole)
            {
                recovery.Hint = segment.Seq;
                recovery.HasHint = true;
            }

            int room = _congestion.Window - SegmentsInFlight;
            if (_pacer is not null && (PacingHolds(now) || SmallQueueHolds(segment.Length, factor: 1)))
            {
                break;
            }

            if (room <= 0)
            {
                if (Sysctls.ProportionalReduction || recovery.ReductionOut > 0 || _congestion.Phase is not CongestionPhase.Recovery)
                {
                    break;
                }

                room = 1; // Fast retransmit does not ask for the window (RFC 5681 §3.2, step 3); PRR makes room for it.
            }

            if ((segment.Flags & (SentFlags.Lost | SentFlags.RetransmissionInFlight)) != SentFlags.Lost)
            {
                hole |= !segment.Has(SentFlags.RetransmissionInFlight);
                position++;
                continue;
            }

            // Cutting and joining changes positions, and leaves the index of what was sent.
            int index = position - ring.Start;
            int sent = RetransmitPacket(now, index, room);
            first |= index == 0 && sent > 0;
            if (sent == 0)
            {
                break;
            }

            position = ring.Start + index + sent;
        }

        if (first && _timers.Kind is not RetransmissionKind.Reordering)
        {
            ArmRetransmission(now);
        }
    }

    /// <summary>Sends lost segments of one packet again, together as they were sent.</summary>
    /// <returns>How many left.</returns>
    private int RetransmitPacket(Instant now, int index, int room)
    {
        int count = 1;
        CutAnew(index);
        if (Offloads)
        {
            int most = Math.Min(room, OffloadSegments(EffectiveMss));
            while (count < most && Sent[index + count - 1].Has(SentFlags.Followed) && IsToBeSentAgain(Sent[index + count])
                && Sent[index + count].End <= _snd.WindowEnd)
            {
                count++;
            }
        }

        if (index > 0)
        {
            CutAfter(index - 1);
        }

        if (!IsLongerThanFits(index + count - 1))
        {
            CutAfter(index + count - 1);
        }

        bool fast = _congestion.Phase is not CongestionPhase.Loss;
        Instant prior = _lastTransmissionAt;
        int bytes = 0;
        for (int i = 0; i < count; i++)
        {
            if (!Retransmit(now, index + i, push: count > 1 && i == count - 1))
            {
                return i;
            }

            bytes += Sent[index + i].Length;
            Count(fast ? SnmpCounter.TcpExtTCPFastRetrans : SnmpCounter.TcpExtTCPSlowStartRetrans);
            Recovery.ReductionOut += InReduction ? 1 : 0;
        }

        if (_pacer is not null)
        {
            Pace(prior, bytes);
        }

        return count;
    }

    private static bool IsToBeSentAgain(in SentSegment segment) =>
        (segment.Flags & (SentFlags.Lost | SentFlags.RetransmissionInFlight | SentFlags.Sacked)) == SentFlags.Lost;

    private void RetransmitSyn(Instant now, ref SentSegment segment)
    {
        CountFlags(segment.Flags, -1);
        segment.Flags &= ~(SentFlags.Lost | SentFlags.RetransmissionInFlight);
        SendSyn(now, retransmission: true);
        _firstRetransmissionAt = Instant.Min(_firstRetransmissionAt, now);
        Count(SnmpCounter.TcpRetransSegs);
        Count(SnmpCounter.TcpExtTCPSynRetrans);
        _counts.Retransmitted++;
    }

    /// <summary>Cuts a segment that is longer than path or window take now, or joins small ones; returns its length in bytes.</summary>
    private int FitToBeSentAgain(int index, int room)
    {
        ref SentSegment segment = ref Sent[index];
        int data = DataOf(segment);
        int mss = EffectiveMss;
        if (room > 0 && data > room)
        {
            mss = Math.Min(mss, room);
        }

        if (data <= mss)
        {
            return Offloads && data < mss ? JoinFollowing(index, data, mss) : data;
        }

        Sent.Split(index, mss);
        _packets++;
        CountFlags(Sent[index].Flags, 1);
        Recut(index + 1, EffectiveMss);
        return mss;
    }

    /// <summary>
    /// The rest of a packet that was cut within a segment is cut anew from there (Linux knows segments only as a packet's length by the MSS).
    /// </summary>
    private void Recut(int index, int mss)
    {
        const SentFlags Fate = SentFlags.Lost | SentFlags.Sacked | SentFlags.RetransmissionInFlight;
        while (index + 1 < SegmentsOut && Sent[index].Has(SentFlags.Followed) && ((Sent[index].Flags ^ Sent[index + 1].Flags) & Fate) == 0)
        {
            ref SentSegment segment = ref Sent[index];
            ref SentSegment next = ref Sent[index + 1];
            int missing = mss - segment.Length;
            int taken = Math.Min(missing, next.Length - (next.Has(SentFlags.Fin) ? 1 : 0));
            if (missing <= 0 || taken <= 0)
            {
                return;
            }

            segment.Length += taken;
            next.Seq += taken;
            next.Length -= taken;
            if (next.Length == 0)
            {
                CountFlags(next.Flags, -1);
                segment.Flags = (segment.Flags & ~SentFlags.Followed) | (next.Flags & (SentFlags.Push | SentFlags.EndOfRecord | SentFlags.Followed));
                Sent.RemoveAt(index + 1);
            }
            else
            {
                index++;
            }
        }
    }
}
