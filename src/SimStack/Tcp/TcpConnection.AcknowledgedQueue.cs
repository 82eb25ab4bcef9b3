using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>Acknowledged segments leave the queue, and tell the round trip (tcp_clean_rtx_queue, tcp_ack_update_rtt).</summary>
internal sealed partial class TcpConnection
{
    private void TakeFromQueue(Instant now, ref AckRound round)
    {
        int priorSacked = _recovery?.SackedOut ?? 0;
        RemovedSegments gone = RemoveAcknowledged(now, ref round);
        if (_mtuSearch is not null)
        {
            NoteProbeDelivered(now);
        }

        long first = -1, sack = -1, recent = -1;
        if (!gone.First.IsNever && !round.Has(AckFlags.RetransmittedAcknowledged))
        {
            first = MicrosecondsSince(now, gone.First);
            recent = MicrosecondsSince(now, gone.Last);
            if (gone.Count == 1 && !gone.Partly && priorSacked == 0 && _snd.Una - round.PriorUna < BoundedMss
                && round.Rate.PriorDelivered + 1 == _counts.Delivered && !round.Has(AckFlags.Alert | AckFlags.SynAcknowledged))
            {
                round.Flags |= AckFlags.MaybeDelayed;
            }
        }

        if (!round.FirstSacked.IsNever)
        {
            sack = MicrosecondsSince(now, round.FirstSacked);
            recent = MicrosecondsSince(now, round.LastSacked);
        }

        bool sampled = UpdateRtt(now, first, sack, recent, ref round);
        if (round.Has(AckFlags.Acknowledged))
        {
            round.Flags |= AckFlags.SetTimer;
            NoteProgress(gone, ref round);
        }
        else if (SegmentsOut > 0 && sampled && sack >= 0 && sack > MicrosecondsSince(now, Sent[0].SentAt))
        {
            // The SACK tells of something sent before the head was last: otherwise the timer could be put off for ever in recovery.
            round.Flags |= AckFlags.SetTimer;
        }

        if (_control is not null)
        {
            AckSample sample = new()
            {
                Segments = gone.Count,
                RttMicroseconds = round.Rate.RttMicroseconds,
                InFlight = (int)(_counts.Delivered - round.Rate.PriorDelivered),
            };
            _control.Acknowledged(ref _congestion, FillContext(now), sample);
        }
    }

    private void NoteProgress(in RemovedSegments gone, ref AckRound round)
    {
        if (_recovery is null)
        {
            return;
        }

        if (!_sackOn)
        {
            RemoveDuplicates(gone.Count);
            // Without SACK nobody knows which of them arrived as first sent.
            if (round.Has(AckFlags.RetransmittedAcknowledged))
            {
                round.Flags &= ~AckFlags.OriginalDelivered;
            }
        }
        else if (gone.Lowest < round.PriorHighest)
        {
            NoteReordering(gone.Lowest, HighestSacked, SnmpCounter.TcpExtTCPSACKReorder); // A hole was filled that nothing was sent for again.
        }
    }

    /// <summary>What was taken off the queue.</summary>
    private struct RemovedSegments
    {
        public int Count;
        public bool Partly;

        /// <summary>What the last of them is known by: its packet may have more.</summary>
        public SentFlags Recent;

        /// <summary>When the first and last of those were sent that were sent once and not SACKed before.</summary>
        public Instant First, Last;

        /// <summary>The lowest of them.</summary>
        public SequenceNumber Lowest;
    }

    private RemovedSegments RemoveAcknowledged(Instant now, ref AckRound round)
    {
        RemovedSegments gone = new() { First = Instant.Never, Last = Instant.Never, Lowest = _snd.Nxt };
        SegmentRing ring = Sent;
        int plain = ring.CountPlain(_snd.Una, out int packets);
        if (plain > 0)
        {
            TakePlain(now, plain, ref gone, ref round);
            _packets -= packets;
        }

        while (ring.Count > 0)
        {
            ref SentSegment head = ref ring[0];
            if (head.End > _snd.Una)
            {
                round.Flags |= head.Has(SentFlags.Sacked) ? AckFlags.Reneged : AckFlags.None;
                NoteCut(gone.Recent, head);
                int whole = head.Length;
                gone.Partly = TrimFirst(ref head);
                if (gone.Partly && Offloads)
                {
                    RecutFirst(now, whole, ref gone, ref round);
                }

                break;
            }

            if (head.Has(SentFlags.Syn))
            {
                // It was measured when the connection was established, and counted.
                round.Flags |= AckFlags.SynAcknowledged;
                _firstRetransmissionAt = Instant.Never;
                _counts.Delivered++;
            }
            else
            {
                TakeAcknowledged(now, ref head, ref gone, ref round);
                gone.Count++;
            }

            gone.Recent = head.Flags;
            _packets -= head.Has(SentFlags.Followed | SentFlags.Syn) ? 0 : 1;
            ring.RemoveFirst();
        }

        return gone;
    }

    /// <summary>
    /// What <see cref="TakeAcknowledged"/> does, for segments that nothing happened to: of all of them the last one tells of the delivery rate
    /// and of RACK, as it was sent last.
    /// </summary>
    private void TakePlain(Instant now, int count, ref RemovedSegments gone, ref AckRound round)
    {
        Recovery.LossRecovery recovery = Recovery;
        SegmentRing ring = _sent!;
        ref SentSegment first = ref ring[0];
        ref SentSegment last = ref ring[count - 1];
        round.Flags |= first.End <= recovery.Point ? AckFlags.DataAcknowledged | AckFlags.OriginalDelivered : AckFlags.DataAcknowledged;
        gone.Count = count;
        gone.First = first.SentAt;
        gone.Lowest = WholeStart(first.Seq);
        gone.Recent = last.Flags;
        gone.Last = last.SentAt;
        NoteDelivery(ref last, ref round);
        if (_sackOn)
        {
            _counts.Delivered += (uint)count;
            recovery.Rack.Advance(now, last, _rtt.LeastMicroseconds);
        }

        ring.RemovePlain(count);
    }

    private void TakeAcknowledged(Instant now, ref SentSegment head, ref RemovedSegments gone, ref AckRound round)
    {
        NoteTaken(now, ref head, ref gone, ref round);
        round.DeliveredBytes -= head.Has(SentFlags.Sacked) ? head.Length : 0;
        if (!head.Has(SentFlags.Sacked) && _sackOn)
        {
            _counts.Delivered++;
        }

        CountFlags(head.Flags, -1);
    }

    private void NoteTaken(Instant now, ref SentSegment head, ref RemovedSegments gone, ref AckRound round)
    {
        Recovery.LossRecovery recovery = Recovery;
        round.Flags |= AckFlags.DataAcknowledged;
        if (head.Has(SentFlags.Retransmitted))
        {
            round.Flags |= AckFlags.RetransmittedAcknowledged;
        }
        else if (!head.Has(SentFlags.Sacked))
        {
            gone.Last = head.SentAt;
            if (gone.First.IsNever)
            {
                gone.First = head.SentAt;
                gone.Lowest = WholeStart(head.Seq);
            }

            round.Flags |= head.End <= recovery.Point ? AckFlags.OriginalDelivered : AckFlags.None;
        }

        NoteDelivery(ref head, ref round);
        if (!head.Has(SentFlags.Sacked) && _sackOn && !(head.Has(SentFlags.Retransmitted) && EchoIsBefore(head.SentAt, round)))
        {
            recovery.Rack.Advance(now, head, _rtt.LeastMicroseconds);
        }
    }

    /// <summary>
    /// The packet's segments are counted anew from where the ACK ended, as long as they were: there may be one less (tcp_tso_acked, tcp_trim_head).
    /// </summary>
    private void RecutFirst(Instant now, int segmentLength, ref RemovedSegments gone, ref AckRound round)
    {
        int before = SegmentsOut;
        Recut(0, segmentLength);
        int less = before - SegmentsOut;
        gone.Partly = less > 0;
        if (less == 0)
        {
            return; // Of a packet that is acknowledged by less than a segment nothing is known yet.
        }

        ref SentSegment head = ref Sent[0];
        NoteTaken(now, ref head, ref gone, ref round);
        gone.Count += less;
        _counts.Delivered += _sackOn && !head.Has(SentFlags.Sacked) ? (uint)less : 0;
    }

    /// <summary>Where the packet began of which that is the first number that is left.</summary>
    private SequenceNumber WholeStart(SequenceNumber seq)
    {
        Recovery.LossRecovery recovery = Recovery;
        return seq == recovery.CutTo && recovery.CutFrom < seq ? recovery.CutFrom : seq;
    }

    private void NoteCut(SentFlags recent, in SentSegment head)
    {
        if (_snd.Una > head.Seq && Offloads)
        {
            Recovery.LossRecovery recovery = Recovery;
            bool more = IsOnePacket(recent, head.Flags) || (SegmentsOut > 1 && IsOnePacket(head.Flags, Sent[1].Flags));
            recovery.CutFrom = more ? _snd.Una : WholeStart(head.Seq);
            recovery.CutTo = _snd.Una;
        }
    }

    /// <summary>A SACK of one, or its loss, parts two segments that were one packet (tcp_match_skb_to_sack, tcp_mark_head_lost).</summary>
    private static bool IsOnePacket(SentFlags first, SentFlags next) => (first & SentFlags.Followed) != 0
        && ((first ^ next) & (SentFlags.Lost | SentFlags.Sacked | SentFlags.RetransmissionInFlight)) == 0;

    private bool TrimFirst(ref SentSegment first)
    {
        int gone = _snd.Una - first.Seq;
        if (gone <= 0)
        {
            return false;
        }

        first.Seq = _snd.Una;
        first.Length -= gone;
        first.Flags &= ~SentFlags.Syn;
        return true;
    }

    /// <summary>The scoreboard's counts follow what a segment is known by.</summary>
    private void CountFlags(SentFlags flags, int step)
    {
        if ((flags & (SentFlags.Sacked | SentFlags.Lost | SentFlags.RetransmissionInFlight)) == 0)
        {
            return;
        }

        Recovery.LossRecovery recovery = Recovery;
        recovery.SackedOut += (flags & SentFlags.Sacked) != 0 ? step : 0;
        recovery.LostOut += (flags & SentFlags.Lost) != 0 ? step : 0;
        recovery.RetransmittedOut += (flags & SentFlags.RetransmissionInFlight) != 0 ? step : 0;
    }

    // A packet's time may lie ahead while a fair queue keeps it (tcp_stamp_us_delta).
    private static long MicrosecondsSince(Instant now, Instant when) => Math.Max(0, (now.Nanoseconds / 1000) - (when.Nanoseconds / 1000));

    /// <summary>
    /// SRTT, RTO and the least RTT, from what was sent once (Karn; RFC 6298 §3), by choice what was acknowledged in order; otherwise from
    /// timestamps (RFC 7323 §4), which some middleboxes spoil.
    /// </summary>
    /// <returns>Whether there was a sample.</returns>
    private bool UpdateRtt(Instant now, long acknowledged, long sacked, long recent, ref AckRound round)
    {
        long sample = acknowledged >= 0 ? acknowledged : sacked;
        // The SYN was measured when the connection was established.
        if (sample < 0 && round.HasEcho && round.Has(AckFlags.DataAcknowledged))
        {
            sample = recent = EchoedMicroseconds(now, round.Echo);
        }

        round.Rate.RttMicroseconds = recent;
        if (sample < 0)
        {
            return false;
        }

        if (!round.Has(AckFlags.MaybeDelayed) || recent <= _rtt.LeastMicroseconds)
        {
            _rtt.NoteLeast(now, recent, Sysctls);
        }

        AddRttSample(Duration.FromMicroseconds(sample));
        return true;
    }

    /// <summary>How long ago we sent that timestamp; -1 for one that we did not.</summary>
    private long EchoedMicroseconds(Instant now, uint echo)
    {
        uint milliseconds = unchecked(TimestampNow(now) - echo);
        return milliseconds < int.MaxValue / 1000 ? Math.Max(1, milliseconds) * 1000 : -1;
    }

    /// <summary>The segment that answers a SYN or SYN-ACK.</summary>
    private void SampleRtt(Instant now, Instant sentAt, bool retransmitted, in TcpOptions options)
    {
        long sample = !retransmitted ? MicrosecondsSince(now, sentAt)
            : _timestampsOn && options.HasTimestamps && options.TsEcr != 0 ? EchoedMicroseconds(now, options.TsEcr)
            : -1;
        if (sample >= 0)
        {
            _rtt.NoteLeast(now, sample, Sysctls);
            AddRttSample(Duration.FromMicroseconds(sample));
        }
    }

    private void AddRttSample(Duration sample)
    {
        _rtt.AddSample(sample, _snd.Una, _snd.Nxt, Profile.Rfc6298Timer, RtoMin, RtoMax, Sysctls.TimerHz);
        _backoff = _doublings = 0;
    }
}
