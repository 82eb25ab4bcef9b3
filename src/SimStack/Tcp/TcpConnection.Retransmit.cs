namespace SimStack.Tcp;

/// <summary>Segments in flight, sent again: alone or as the packets they were, cut or joined to what fits now.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Sends one segment in flight again, alone; false when the window or the interface would not have it.</summary>
    private bool Retransmit(Instant now, int index)
    {
        CutPacket(index);
        return Retransmit(now, index, push: false);
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

    private bool Retransmit(Instant now, int index, bool push)
    {
        if ((Sent[index].Flags & SentFlags.Syn) != 0)
        {
            RetransmitSyn(now, ref Sent[index]);
            return true;
        }

        int room = _snd.WindowEnd - Sent[index].Seq;
        if (room <= 0 && index > 0)
        {
            // A window that was taken back: only the first segment goes, as a probe (RFC 9293 §3.8.6, SHLD-16).
            return false;
        }

        int data = FitToBeSentAgain(index, room);
        ref SentSegment segment = ref Sent[index];
        _firstRetransmissionAt = Instant.Min(_firstRetransmissionAt, now);
        Count(SnmpCounter.TcpRetransSegs);
        _counts.Retransmitted++;
        _counts.BytesRetransmitted += data;
        SentFlags again = segment.Flags | SentFlags.Retransmitted | (push ? SentFlags.Push : SentFlags.None);
        bool left = EmitData(now, segment.Seq, data, again);
        if (_marks is not null)
        {
            StampSent(now, segment.Seq, data, left);
        }

        if (!left)
        {
            return false; // It did not leave: as it was before.
        }

        DropFlags(segment.Flags);
        segment.Flags = (segment.Flags & ~SentFlags.Lost) | SentFlags.Retransmitted | SentFlags.RetransmissionInFlight;
        segment.SentAt = now;
        _lastSentAt = now;
        return true;
    }

    private void RetransmitSyn(Instant now, ref SentSegment segment)
    {
        DropFlags(segment.Flags);
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
        int data = segment.Length - ((segment.Flags & SentFlags.Fin) != 0 ? 1 : 0);
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
        if ((Sent[index].Flags & SentFlags.Lost) != 0)
        {
            _lostSegments++;
        }

        return mss;
    }
}
