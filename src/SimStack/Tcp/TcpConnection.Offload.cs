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

    private enum OutputKind : byte
    {
        All,

        /// <summary>One packet at most, and without waiting for it to grow (Linux: tcp_push_one).</summary>
        One,

        /// <summary>One packet, be the congestion window full: a tail loss probe.</summary>
        Probe,
    }

    private WriteQueue? _writeQueue;
    private Nagle _nagle;
    private Instant _lastTransmissionAt;

    private bool Offloads => Profile.SegmentationOffload;

    private int QueuedPackets => _writeQueue?.Count ?? 0;

    /// <summary>Bytes of data in the first packet of the queue; 0 for a FIN that stands alone.</summary>
    private int HeadLength => QueuedPackets > 0 ? _writeQueue!.First.End - _snd.Nxt : 0;

    /// <summary>So much room in the peer's window the first packet needs to leave at all: a segment, or all of it with a FIN.</summary>
    private int HeadNeeds(int mss) =>
        HeadLength is var length && length > mss ? mss : length + (QueuedPackets <= 1 && FinWaits ? 1 : 0);

    private bool FinWaits => _finQueued && !_finSent;

    /// <summary>Sends what the windows, Nagle, and the hope for larger packets allow.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="nagle">For the last packet; those before it can't grow any more.</param>
    /// <param name="kind">As many as may go, or one.</param>
    private void OutputPackets(Instant now, Nagle nagle, OutputKind kind = OutputKind.All)
    {
        FollowPathMtu(now);
        int mss = EffectiveMss;
        bool sentAny = false;
        if (_mtuSearch is not null && kind is OutputKind.All)
        {
            if (ProbeMtu(now) is not { } probed)
            {
                return;
            }

            sentAny = probed;
        }

        int most = OffloadSegments(mss);
        bool cwndLimited = false, windowLimited = false;
        while (QueuedPackets > 0 || FinWaits)
        {
            if (!TryChooseLength(now, mss, most, nagle, kind, ref cwndLimited, ref windowLimited, out int length))
            {
                break;
            }

            if (!TransmitPacket(now, length, fin: QueuedPackets <= 1 && FinWaits && length == HeadLength, mss))
            {
                break;
            }

            sentAny = true;
            SignalSpace(now);
            if (kind is not OutputKind.All)
            {
                break;
            }
        }

        NoteOutput(now, sentAny, cwndLimited, windowLimited);
        if (sentAny && kind is not OutputKind.Probe)
        {
            ScheduleLossProbe(now, advancing: false);
        }
        else if (!sentAny && kind is OutputKind.All)
        {
            StartPersist(now);
        }
    }

    /// <summary>How much of the first packet goes now; false when nothing may.</summary>
    private bool TryChooseLength(
        Instant now, int mss, int most, Nagle nagle, OutputKind kind, ref bool cwndLimited, ref bool windowLimited, out int length)
    {
        length = 0;
        if (_pacer is not null && PacingHolds(now))
        {
            return false;
        }

        int quota = Math.Min(CongestionQuota, most);
        if (quota == 0)
        {
            if (kind is not OutputKind.Probe)
            {
                return false;
            }

            quota = 1;
        }

        GrowHead((quota * mss) - HeadLength);
        length = HeadLength;
        bool last = QueuedPackets <= 1;
        int room = _snd.WindowEnd - _snd.Nxt;
        if (room < HeadNeeds(mss))
        {
            windowLimited = true;
            return false;
        }

        if (length <= mss
            ? NagleHolds(nagle, last, length, mss)
            : kind is OutputKind.All && Defers(now, length, last, most, out cwndLimited, out windowLimited))
        {
            return false;
        }

        length = Math.Min(length, length > mss && !UrgentToSend ? SplitPoint(length, last, room, mss, quota, nagle) : mss);
        return _pacer is null || !SmallQueueHolds(length, factor: 0);
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
        if (missing > 0 && QueuedPackets > 1 && !_writeQueue!.First.EndOfRecord
            && !_writeQueue.First.Pinned && !_writeQueue.Second.Pinned && _writeQueue.GrowFirst(missing))
        {
            _packets--;
            _marks?.Join(_snd.Nxt, _writeQueue.First.End);
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
    /// Whether to wait for the next ACK, if it is near, since the windows may let a larger packet go then (tcp_tso_should_defer of 6.18).
    /// </summary>
    private bool Defers(Instant now, int length, bool last, int most, out bool cwndLimited, out bool windowLimited)
    {
        cwndLimited = windowLimited = false;
        // Not to be bursty, only within a millisecond of what was sent last. A real machine is always a little late: at exactly one as well.
        if (_congestion.Phase >= CongestionPhase.Recovery || (now - _lastTransmissionAt).Nanoseconds >= 1_000_000)
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

        // The next acknowledgement is more than a millisecond away, or on short paths more than half a round trip.
        long roundTrip = _rtt.Smoothed8 * 125L;
        if (SegmentsOut == 0 || (Sent[0].SentAt - now).Nanoseconds + roundTrip > Math.Min(roundTrip >> 1, 1_000_000))
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
            NoteWindowUse(now, cwndLimited);
            if (!IsWindowLimited && !HasUnsent && _awaitsSpace && _state is TcpState.Established or TcpState.CloseWait)
            {
                _chronograph.Start(now, SendLimit.SendBuffer);
            }
        }
    }

    /// <summary>Makes the segments of one packet from the head of the queue, and takes it off, or its first part.</summary>
    /// <returns>False when the interface would not have it: then nothing changed (Linux: local congestion).</returns>
    private bool TransmitPacket(Instant now, int length, bool fin, int mss, bool push = false)
    {
        NoteFirst(now);
        int before = SegmentsOut;
        bool whole = QueuedPackets > 0 && _writeQueue!.First.End == _snd.Nxt + length;
        push |= whole && _writeQueue!.First.Push;
        SentFlags record = whole && _writeQueue!.First.EndOfRecord ? SentFlags.EndOfRecord : SentFlags.None;
        SentFlags end = record | (push ? SentFlags.Push : SentFlags.None) | (fin ? SentFlags.Fin : SentFlags.None);
        // Linux pushes what is more than a segment, to have it handed on at once at the other end.
        SentFlags forced = length > mss ? SentFlags.Push : SentFlags.None;
        SequenceNumber start = _snd.Nxt, behind = start + length;
        Instant prior = _lastTransmissionAt;
        length = LeavesWhole(length, mss) ? TransmitWhole(now, length, end, forced, mss) : TransmitCut(now, length, end, forced, mss);
        if (length < 0)
        {
            return UndoLastSegment(now, start, behind);
        }

        if (_marks is not null)
        {
            StampSent(now, start, behind - start, left: true);
        }

        if (_pacer is not null)
        {
            Pace(prior, behind - start);
        }

        if (whole)
        {
            _writeQueue!.RemoveFirst();
        }
        else
        {
            _packets++; // A part of it, or a FIN without data.
        }

        if (length % mss != 0)
        {
            _snd.SmallEnd = behind;
        }

        _finSent |= fin;
        Recovery.ReductionOut += InReduction ? SegmentsOut - before : 0;
        Count(SnmpCounter.TcpExtTCPOrigDataSent, SegmentsOut - before);
        NoteDataSent(now, length);
        return true;
    }

    private bool UndoLastSegment(Instant now, SequenceNumber start, SequenceNumber behind)
    {
        if (_marks is not null)
        {
            StampSent(now, start, behind - start, left: false);
        }

        _snd.Nxt = Sent[SegmentsOut - 1].Seq;
        Sent.RemoveLast();
        EnterCwr(now); // Local congestion (tcp_transmit_skb).
        return false;
    }

    /// <summary>Sends the segments of a packet one by one.</summary>
    /// <returns>Bytes of data in the last segment; -1 when the interface would not have the first.</returns>
    private int TransmitCut(Instant now, int length, SentFlags last, SentFlags forced, int mss)
    {
        for (bool first = true; length > mss; length -= mss, first = false)
        {
            if (!TransmitSegment(now, mss, SentFlags.Followed, SentFlags.None) && first)
            {
                return -1;
            }
        }

        return TransmitSegment(now, length, last, forced) || forced != SentFlags.None ? length : -1;
    }

    private bool TransmitSegment(Instant now, int length, SentFlags flags, SentFlags forced) =>
        EmitData(now, NoteSegment(now, length, flags), length, flags | forced);
}
