using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Output as Linux has it (tcp_output.c: tcp_write_xmit and what it calls): the data waits in packets, and leaves in offload packets of many
/// segments, which the interface cuts. Here the segments are made at once; what belongs together is marked, and pushed at its end.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>Linux's TCP_NAGLE_*: what may hold a small packet back, or must not.</summary>
    [Flags]
    private enum Nagle : byte
    {
        None = 0,

        /// <summary>TCP_NODELAY.</summary>
        Off = 1,

        /// <summary>TCP_CORK, or MSG_MORE for one call.</summary>
        Cork = 2,

        /// <summary>What is there goes now.</summary>
        Push = 4,
    }

    private WriteQueue? _writeQueue;
    private Nagle _nagle;
    private Instant _lastTransmissionAt;

    private bool Offloads => Profile.SegmentationOffload;

    private int QueuedPackets => _writeQueue?.Count ?? 0;

    /// <summary>Bytes of data in the first packet of the queue; 0 for a FIN that stands alone.</summary>
    private int HeadLength => QueuedPackets > 0 ? _writeQueue!.First.End - _snd.Nxt : 0;

    private bool FinWaits => _finQueued && !_finSent;

    /// <summary>Sends what the windows, Nagle, and the hope for larger packets allow.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="nagle">For the last packet; those before it can't grow any more.</param>
    /// <param name="one">One packet at most, and without waiting for it to grow (Linux: tcp_push_one).</param>
    private void OutputPackets(Instant now, Nagle nagle, bool one = false)
    {
        int mss = EffectiveMss;
        int most = OffloadSegments(mss);
        bool sentAny = false, cwndLimited = false, windowLimited = false;
        while (QueuedPackets > 0 || FinWaits)
        {
            int quota = Math.Min(CongestionQuota, most);
            if (quota == 0)
            {
                break;
            }

            GrowHead((quota * mss) - HeadLength);
            int length = HeadLength;
            bool last = QueuedPackets <= 1;
            int room = _snd.WindowEnd - _snd.Nxt;
            if (room < (length > mss ? mss : length + (last && FinWaits ? 1 : 0)))
            {
                windowLimited = true;
                break;
            }

            if (length <= mss ? NagleHolds(nagle, last, length, mss) : !one && Defers(now, length, last, most, out cwndLimited, out windowLimited))
            {
                break;
            }

            int limit = length > mss && !UrgentToSend ? SplitPoint(length, last, room, mss, quota, nagle) : mss;
            TransmitPacket(now, Math.Min(length, limit), fin: last && FinWaits && length <= limit, mss);
            sentAny = true;
            if (one)
            {
                break;
            }
        }

        NoteOutput(now, sentAny, cwndLimited, windowLimited);
        if (!sentAny && !one)
        {
            StartPersist(now);
        }
    }

    private bool UrgentToSend => _urgentToSend && _snd.Up > _snd.Una;

    /// <summary>Segments that the congestion window lets go now, as half of it at most: two packets in flight are better than one.</summary>
    private int CongestionQuota
    {
        get
        {
            int window = _congestion.Window;
            int inFlight = SegmentsInFlight;
            return inFlight >= window ? 0 : Math.Min(Math.Max(window >> 1, 1), window - inFlight);
        }
    }

    /// <summary>The first packet takes from the second what is missing to the size that may be sent (tcp_grow_skb).</summary>
    private void GrowHead(int missing)
    {
        if (missing > 0 && QueuedPackets > 1 && !_writeQueue!.First.EndOfRecord && _writeQueue.GrowFirst(missing))
        {
            _packets--;
        }
    }

    /// <summary>Nagle's algorithm as Minshall has it, and the cork (tcp_nagle_test).</summary>
    private bool NagleHolds(Nagle nagle, bool last, int length, int mss) =>
        last && (nagle & Nagle.Push) == 0 && !FinWaits && !UrgentToSend && NagleCheck(length < mss, nagle);

    private bool NagleCheck(bool partial, Nagle nagle) =>
        partial && ((nagle & Nagle.Cork) != 0
            || (nagle == Nagle.None && SegmentsOut > 0 && _snd.SmallEnd > _snd.Una && _snd.SmallEnd <= _snd.Nxt));

    /// <summary>How many bytes of a packet that is longer than a segment go now (tcp_mss_split_point).</summary>
    private int SplitPoint(int length, bool last, int room, int mss, int quota, Nagle nagle)
    {
        int whole = mss * quota;
        if (whole <= room && !last)
        {
            return whole;
        }

        int needed = Math.Min(length, room);
        if (whole <= needed)
        {
            return whole;
        }

        int partial = needed % mss;
        return NagleCheck(partial != 0, nagle) ? needed - partial : needed;
    }

    /// <summary>
    /// Whether to wait, less than a round trip, until the windows let a larger packet go (tcp_tso_should_defer).
    /// </summary>
    private bool Defers(Instant now, int length, bool last, int most, out bool cwndLimited, out bool windowLimited)
    {
        cwndLimited = windowLimited = false;
        if (_congestion.Phase >= CongestionPhase.Recovery || (now - _lastTransmissionAt).Nanoseconds > 1_000_000)
        {
            return false;
        }

        int mss = BoundedMss;
        long sendWindow = _snd.WindowEnd - _snd.Nxt;
        long congestionWindow = (long)(_congestion.Window - SegmentsInFlight) * mss;
        long limit = Math.Min(sendWindow, congestionWindow);
        if (limit >= (long)most * mss || (!last && limit >= length))
        {
            return false;
        }

        int divisor = Sysctls.TsoWindowDivisor;
        if (divisor > 0 ? limit >= Math.Min(_snd.Wnd, (long)_congestion.Window * mss) / divisor : limit > 3L * mss)
        {
            return false;
        }

        // The next acknowledgement is far: half a round trip and more.
        if (SegmentsOut == 0 || (now - Sent[0].SentAt).Nanoseconds < (long)(_rtt.Smoothed8 >> 4) * 1000)
        {
            return false;
        }

        if (congestionWindow < sendWindow ? congestionWindow <= length : sendWindow <= length)
        {
            cwndLimited = congestionWindow < sendWindow;
            windowLimited = !cwndLimited;
            return true;
        }

        return !(last && FinWaits) && !_writeQueue!.First.EndOfRecord;
    }

    private void NoteOutput(Instant now, bool sentAny, bool cwndLimited, bool windowLimited)
    {
        NoteWindowLimit(now, windowLimited);
        cwndLimited |= SegmentsInFlight >= _congestion.Window;
        if (sentAny || cwndLimited)
        {
            NoteWindowUse(cwndLimited);
            if (!IsWindowLimited && !HasUnsent && _awaitsSpace && _state is TcpState.Established or TcpState.CloseWait)
            {
                _chronograph.Start(now, SendLimit.SendBuffer);
            }
        }
    }

    /// <summary>Makes the segments of one packet from the head of the queue, and takes it off, or its first part.</summary>
    private void TransmitPacket(Instant now, int length, bool fin, int mss, bool push = false)
    {
        if (QueuedPackets > 0 && _writeQueue!.First.End == _snd.Nxt + length)
        {
            push |= _writeQueue.First.Push;
            _writeQueue.RemoveFirst();
        }
        else
        {
            _packets++; // A part of it, or a FIN without data.
        }

        if (length % mss != 0)
        {
            _snd.SmallEnd = _snd.Nxt + length;
        }

        SentFlags end = (push ? SentFlags.Push : SentFlags.None) | (fin ? SentFlags.Fin : SentFlags.None);
        bool group = length > mss;
        while (length > mss)
        {
            TransmitSegment(now, mss, SentFlags.Followed, SentFlags.None);
            length -= mss;
        }

        // Linux pushes what is more than a segment, to have it handed on at once at the other end.
        TransmitSegment(now, length, end, group ? SentFlags.Push : SentFlags.None);
        _finSent |= fin;
        NoteDataSent(now, length);
    }

    private void TransmitSegment(Instant now, int length, SentFlags flags, SentFlags forced)
    {
        ref SentSegment segment = ref Sent.Add();
        segment.Seq = _snd.Nxt;
        segment.Length = length + ((flags & SentFlags.Fin) != 0 ? 1 : 0);
        segment.SentAt = now;
        segment.Flags = flags;
        SequenceNumber seq = _snd.Nxt;
        _snd.Nxt = segment.End;
        EmitData(now, seq, length, flags | forced);
    }
}
