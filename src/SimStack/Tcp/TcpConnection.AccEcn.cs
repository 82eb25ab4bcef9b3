using SimStack.Tcp.Congestion;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// More accurate ECN feedback (RFC 9768): AE, CWR and ECE make a counter of marked segments, and an option counts bytes. As in Linux since AccECN
/// can be switched on (7.0: include/net/tcp_ecn.h, tcp_accecn_process); 6.18 has it for what a SYN-ACK brings about.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>The counter of segments begins with 5, so that zero shows that somebody cleared the bits (RFC 9768 §3.2.1).</summary>
    private const uint FirstAce = 5;

    private const uint AceMask = 7;

    /// <summary>As many marks may wait for an ACK; more could be mistaken for fewer (RFC 9768 §3.2.2.5.1).</summary>
    private const int MostUntold = 4;

    /// <summary>AE, CWR and ECE as a number (RFC 9768 §3.2).</summary>
    private static uint AceOf(TcpFlags flags) =>
        ((flags & TcpFlags.Ae) != 0 ? 4u : 0) | ((flags & TcpFlags.Cwr) != 0 ? 2u : 0) | ((flags & TcpFlags.Ece) != 0 ? 1u : 0);

    private static TcpFlags FlagsOf(uint ace) =>
        ((ace & 4) != 0 ? TcpFlags.Ae : 0) | ((ace & 2) != 0 ? TcpFlags.Cwr : 0) | ((ace & 1) != 0 ? TcpFlags.Ece : 0);

    /// <summary>Any flags but none and RFC 3168's ask for AccECN, also those that no RFC has yet (RFC 9768 §3.1.2).</summary>
    internal static bool AsksForAccurateEcn(TcpFlags flags) => AceOf(flags) is not (0 or 3);

    /// <summary>The mark of a SYN or SYN-ACK as the flags of its answer tell it (RFC 9768 table 2, table 3).</summary>
    internal static TcpFlags Reflected(byte field) => field switch
    {
        EcnField.Ect1 => TcpFlags.Cwr | TcpFlags.Ece,
        EcnField.Ect0 => TcpFlags.Ae,
        EcnField.Ce => TcpFlags.Ae | TcpFlags.Cwr,
        _ => TcpFlags.Cwr,
    };

    /// <summary>The other way round; what means nothing is taken for a field that can't have been (tcp_accecn_extract_syn_ect).</summary>
    private static byte FieldOf(uint ace) => ace switch
    {
        2 => EcnField.NotEct,
        6 => EcnField.Ce,
        0 or 4 => EcnField.Ect0,
        _ => EcnField.Ect1,
    };

    private bool _timestampAdvanced;

    private void TakeAccurateSynAck(scoped in TcpSegment segment, uint ace)
    {
        SetEcnMode(EcnState.Accurate);
        EcnCounters counters = EcnCounters;
        counters.SynReceived = (byte)(segment.TrafficClass & EcnField.Mask);
        if (segment.Options.HasAccurateEcn && counters.Option < AccurateEcnOption.Counters)
        {
            NoteFirstOption(counters, segment.Options);
            counters.OptionsWanted = 2;
        }

        counters.AcknowledgedAverage = 1 << 6; // The SYN.
        if (counters.SynReceived == EcnField.Ce && (ace == 5 || IsCredible(ace)))
        {
            counters.ReceivedCe++;
            counters.ReceivedCeUntold++;
        }
    }

    private void TakeAccurateThirdSegment(SynQueueEntry entry, scoped in TcpSegment third)
    {
        EcnCounters counters = EcnCounters;
        counters.SynSent = entry.SynAckField;
        counters.SynReceived = entry.SynField;
        counters.Option = entry.EcnOption;
        counters.Failures |= entry.EcnFailures & (AccurateEcnFailures.AceSend | AccurateEcnFailures.AceReceive);
        counters.LastField = entry.SynField;
        counters.OptionsWanted = 1;
        CountMark((byte)(third.TrafficClass & EcnField.Mask), third.Data.Length);
    }

    /// <summary>A Fast Open's handshake is complete: what <see cref="TakeEcnOf(SynQueueEntry, in TcpSegment)"/> does, and what is judged then.</summary>
    private void CompleteEcnOf(SynQueueEntry entry, scoped in TcpSegment third)
    {
        TcpListener.NoteEcnOption(entry, third);
        TakeAccurateThirdSegment(entry, third);
        JudgeThirdSegment(third);
    }

    /// <summary>A SYN on an established connection: the challenge ACK reflects its mark (tcp_validate_incoming).</summary>
    private TcpFlags ReflectSyn(scoped in TcpSegment segment)
    {
        if (EcnMode is not EcnState.Accurate)
        {
            return TcpFlags.None;
        }

        EcnCounters counters = EcnCounters;
        counters.SynReceived = (byte)(segment.TrafficClass & EcnField.Mask);
        if (segment.Options.HasAccurateEcn && counters.Option < AccurateEcnOption.Counters)
        {
            NoteFirstOption(counters, segment.Options);
            counters.OptionsWanted = Math.Max(counters.OptionsWanted, (byte)1);
        }

        return Reflected(counters.SynReceived);
    }

    /// <summary>The first segment behind a SYN-ACK of ours reflects the mark that it arrived with (tcp_accecn_third_ack; RFC 9768 table 4).</summary>
    private void JudgeThirdSegment(scoped in TcpSegment segment)
    {
        uint ace = AceOf(segment.Flags);
        bool sack = segment.Options.SackCount > 0;
        switch (ace)
        {
            case 0 when !sack:
                EcnCounters.Failures |= AccurateEcnFailures.AceReceive | AccurateEcnFailures.OptionReceive;
                break;
            case 0 or 1 or 5 or 7:
                break;
            default:
                if (segment.Length == 0 && !sack && IsCredible(ace) && FieldOf(ace) == EcnField.Ce && _counts.DeliveredCe == 0)
                {
                    _counts.DeliveredCe = 1;
                }

                break;
        }
    }

    /// <summary>Can the mark have become that on its way? A host that does not fall back does not ask (tcp_accecn_validate_syn_feedback).</summary>
    private bool IsCredible(uint ace)
    {
        byte sent = EcnCounters.SynSent, arrived = FieldOf(ace);
        if (!Sysctls.EcnFallback || sent == arrived
            || (sent is EcnField.Ect0 or EcnField.Ect1 && arrived != EcnField.NotEct))
        {
            return true;
        }

        EcnCounters.Failures |= AccurateEcnFailures.AceReceive;
        return false;
    }

    private void CountMark(byte field, int length, int parts = 1)
    {
        EcnCounters counters = EcnCounters;
        bool marked = field == EcnField.Ce;
        if (field != EcnField.NotEct)
        {
            if (!UsesClassicEcn)
            {
                _ecn |= EcnState.Seen;
            }

            if (marked)
            {
                counters.ReceivedCe += (uint)parts;
                counters.ReceivedCeUntold = (byte)Math.Min(counters.ReceivedCeUntold + parts, 15);
            }

            if (length > 0)
            {
                uint before = counters.ReceivedBytes[field - 1];
                counters.ReceivedBytes[field - 1] = before + (uint)length;
                counters.FieldsNeeded = Math.Max(counters.FieldsNeeded, FieldNumber(field));
                if ((before ^ (before + (uint)length)) >> 22 != 0)
                {
                    // Long before 24 bits go round (RFC 9768 §3.2.3.3).
                    counters.OptionsWanted = Math.Max(counters.OptionsWanted, (byte)1);
                }
            }
        }

        bool changed = counters.LastField != field;
        counters.LastField = field;
        if ((changed || marked) && EcnMode is EcnState.Accurate)
        {
            // Two options, so that the second one shows what the change was to (RFC 9768 §3.2.3.3).
            _acknowledgeWhenDue |= changed;
            counters.OptionsWanted = 2;
        }
    }

    /// <summary>Where the field stands in the option as Linux sends it, which begins with ECT(1); 1 to 3.</summary>
    private static byte FieldNumber(byte field) => field switch
    {
        EcnField.Ect1 => 1,
        EcnField.Ce => 2,
        _ => 3,
    };

    /// <summary>
    /// Segments of ours that arrived marked, by what this acknowledgement tells (__tcp_accecn_process; RFC 9768 §3.2.2.5). Three bits may
    /// have gone round unseen when many segments are acknowledged at once: then the bytes of the option help, or else the worst is assumed.
    /// </summary>
    /// <param name="segment">The acknowledgement; one that tells nothing new may have been overtaken, and is not asked.</param>
    /// <param name="delivered">Segments that it tells to have arrived, and no earlier one did.</param>
    /// <param name="bytes">Their bytes.</param>
    private uint TakeAccurateFeedback(scoped in TcpSegment segment, int delivered, int bytes)
    {
        EcnCounters counters = EcnCounters;
        uint before = counters.DeliveredBytes[EcnField.Ce - 1];
        bool counted = TakeOption(counters, segment.Options, (uint)bytes);
        if (delivered > 0)
        {
            long average = counters.AcknowledgedAverage;
            average = average == 0 ? (long)delivered << 6 : ((average << 6) - average + ((long)delivered << 6)) >> 6;
            counters.AcknowledgedAverage = (ushort)Math.Min(average, ushort.MaxValue);
        }

        if (segment.Has(TcpFlags.Syn))
        {
            return 0;
        }

        uint delta = unchecked(AceOf(segment.Flags) - FirstAce - _counts.DeliveredCe) & AceMask;
        if (counters.ReceivedCeUntold >= MostUntold && !IsPredicted(segment, delta))
        {
            _acknowledgeWhenDue = true;
        }

        if (delivered <= AceMask)
        {
            return delta;
        }

        uint most = (uint)delivered - (((uint)delivered - delta) & AceMask);
        uint marked = unchecked(counters.DeliveredBytes[EcnField.Ce - 1] - before);
        return counted ? JudgeByBytes((uint)delivered, (uint)bytes, delta, most, marked)
            : counters.AcknowledgedAverage > 4 << 6 ? delta : most;
    }

    private uint JudgeByBytes(uint delivered, uint bytes, uint least, uint most, uint marked)
    {
        if (marked == 0)
        {
            return least;
        }

        if (delivered >= 2 * (AceMask + 1) && (_sackOn || _congestion.Phase is CongestionPhase.Open or CongestionPhase.Cwr))
        {
            if (bytes <= marked)
            {
                return most;
            }

            uint estimate = (uint)((((ulong)marked * delivered) + bytes - 1) / bytes);
            return Math.Min(most, least + (estimate & ~AceMask));
        }

        ulong mss = (uint)BoundedMss;
        return marked > least * mss || marked >= most * mss >> 1 ? most : least;
    }

    /// <summary>Linux's header prediction would have taken the segment: nothing about it is new but the acknowledgement.</summary>
    private bool IsPredicted(scoped in TcpSegment segment, uint delta) =>
        delta == 0 && !segment.Options.HasAccurateEcn && segment.Options.SackCount == 0 && segment.Seq == _rcv.Nxt
        && _state is TcpState.Established && _outOfOrder is not { Count: > 0 };

    /// <summary>
    /// All segments are ECN-capable, unless the path showed that marks or the counter do not get through (RFC 9768 §3.2.2.3); ACE is the
    /// counter, if the caller did not reflect a SYN-ACK in it.
    /// </summary>
    private void MarkAccurately(ref TcpFlags flags)
    {
        EcnCounters counters = EcnCounters;
        SetEcnCapable((counters.Failures & (AccurateEcnFailures.AceSend | AccurateEcnFailures.AceReceive)) == 0);
        if ((flags & EcnFlags) == 0)
        {
            flags |= FlagsOf(counters.ReceivedCe + FirstAce);
            counters.ReceivedCeUntold = 0;
        }
    }
}
