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

    private const int OptionSpace = TcpView.MaxHeaderLength - TcpView.MinHeaderLength;

    /// <summary>What the option's counters begin with: ECT(1), ECT(0), CE (RFC 9768 §3.2.3.2.3: e1b and e0b begin with 1).</summary>
    private static ReadOnlySpan<byte> FirstBytes => [1, 1, 0];

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

    /// <summary>
    /// Data again that a segment with option and D-SACK answered before: it seems that nothing with the option gets through
    /// (tcp_rcv_spurious_retrans).
    /// </summary>
    private void JudgeOptionByDuplicate(scoped in TcpSegment segment)
    {
        if (EcnMode is EcnState.Accurate && EcnCounters.OptionSentWithDuplicate && segment.Seq == EcnCounters.DuplicateTold)
        {
            EcnCounters.Failures |= AccurateEcnFailures.OptionSend;
        }
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

    private void CountMark(byte field, int length)
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
                counters.ReceivedCe++;
                counters.ReceivedCeUntold = (byte)Math.Min(counters.ReceivedCeUntold + 1, 15);
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

    /// <summary>The option's first appearance: zero where the counters begin with 1 shows that they were cleared (tcp_accecn_option_init).</summary>
    private static void NoteFirstOption(EcnCounters counters, in TcpOptions options)
    {
        counters.Option = FirstOption(options);
        if (counters.Option is AccurateEcnOption.Failed)
        {
            counters.Failures |= AccurateEcnFailures.OptionReceive;
        }
    }

    internal static AccurateEcnOption FirstOption(in TcpOptions options) => options.AccurateEcnFields switch
    {
        0 => AccurateEcnOption.Empty,
        3 when options.GetAccurateEcn(2) == 0 => AccurateEcnOption.Failed,
        _ => options.GetAccurateEcn(0) == 0 ? AccurateEcnOption.Failed : AccurateEcnOption.Counters,
    };

    /// <summary>
    /// Segments of ours that arrived marked, by what this acknowledgement tells (__tcp_accecn_process; RFC 9768 §3.2.2.5). Three bits may
    /// have gone round unseen when many segments are acknowledged at once: then the bytes of the option help, or else the worst is assumed.
    /// </summary>
    private uint TakeAccurateFeedback(scoped in TcpSegment segment, int delivered, int bytes)
    {
        if (delivered == 0 && !_timestampAdvanced)
        {
            return 0; // It may have been overtaken.
        }

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

    /// <summary>The option's counters; true when the bytes that arrived marked are known (tcp_accecn_process_option).</summary>
    private bool TakeOption(EcnCounters counters, in TcpOptions options, uint bytes)
    {
        if ((counters.Failures & AccurateEcnFailures.OptionReceive) != 0)
        {
            return false;
        }

        if (!options.HasAccurateEcn)
        {
            return TakeNoOption(counters, bytes);
        }

        if (counters.Option < AccurateEcnOption.Counters)
        {
            NoteFirstOption(counters, options);
        }

        byte estimated = counters.Estimated;
        bool known = estimated != 0, ambiguous = false, first = true;
        for (int i = 0; i < options.AccurateEcnFields; i++)
        {
            byte field = i == 1 ? EcnField.Ce : (i == 0) == options.AccurateEcnBeginsWithEct1 ? EcnField.Ect1 : EcnField.Ect0;
            ref uint count = ref counters.DeliveredBytes[field - 1];
            // 24 bits, of which the highest shows that a counter goes back: an estimate was wrong.
            int change = (int)(unchecked(options.GetAccurateEcn(i) - FirstBytes[field - 1] - count) << 8) >> 8;
            count = unchecked(count + (uint)change);
            ambiguous |= change < 0;
            if (change == 0 || field == estimated)
            {
                continue;
            }

            if (first)
            {
                counters.Estimated = field;
                first = false;
            }
            else
            {
                ambiguous = true;
            }
        }

        if (ambiguous)
        {
            counters.Estimated = 0;
        }

        return known && !ambiguous;
    }

    private bool TakeNoOption(EcnCounters counters, uint bytes)
    {
        if (counters.Option is AccurateEcnOption.NotSeen)
        {
            if (_counts.BytesSent >= (1 << 23) - 1)
            {
                // The counters may have gone round before the first one comes.
                counters.Option = AccurateEcnOption.Failed;
                counters.Failures |= AccurateEcnFailures.OptionReceive;
            }

            return false;
        }

        if (counters.Estimated == 0)
        {
            return false;
        }

        counters.DeliveredBytes[counters.Estimated - 1] += bytes;
        return true;
    }

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

    /// <summary>Whether the next segment has the option (tcp_established_options): always, or when it tells something, or now and then.</summary>
    private bool SendsOption
    {
        get
        {
            EcnCounters counters = _ecnCounters!;
            int setting = Sysctls.EcnOption;
            return setting > 0 && counters.Option is not AccurateEcnOption.NotSeen
                && (setting >= 3 || (counters.Failures & AccurateEcnFailures.OptionSend) == 0)
                && (setting >= 2 || counters.OptionsWanted > 0 || IsBeaconDue(counters));
        }
    }

    /// <summary>So many times in a round trip the option is sent though nothing changed (RFC 9768 §3.2.3.3: at least three times).</summary>
    private bool IsBeaconDue(EcnCounters counters) => Sysctls.EcnOptionBeacon > 0
        && (counters.Clock - counters.OptionSentAt).Nanoseconds / 1000 * Sysctls.EcnOptionBeacon >= _rtt.SmoothedMicroseconds;

    /// <summary>Data that goes out with the option leaves room for it (tcp_current_mss).</summary>
    private int LessOption(int mss)
    {
        if (!SendsOption)
        {
            return mss;
        }

        TcpOptions options = default;
        if (_sackOn)
        {
            int blocks = (_outOfOrder?.Count ?? 0) + (_duplicateLeft != _duplicateRight ? 1 : 0);
            options.SackCount = Math.Min(blocks, _timestampsOn ? 3 : 4);
        }

        int used = (_timestampsOn ? TimestampsLength : 0) + (options.SackCount > 0 ? 4 + (8 * options.SackCount) : 0);
        int length = FitOption(ref options, EcnCounters.FieldsNeeded, OptionSpace - used, options.SackCount > 0 ? 2 : 0);
        return Math.Max(mss - length, 1);
    }

    /// <summary>Adds the option to a segment's others, if it is due and there is room.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="options">The segment's options, SACK blocks included.</param>
    /// <param name="room">Bytes that the segment's header may grow by, SACK blocks and this option together.</param>
    /// <param name="duplicate">The segment has a D-SACK.</param>
    /// <param name="sent">Whether more segments of the same packet follow: they have the option as it has.</param>
    private void AddOption(Instant now, ref TcpOptions options, int room, bool duplicate, SentFlags sent)
    {
        EcnCounters counters = EcnCounters;
        counters.Clock = now;
        room -= options.SackCount > 0 ? 4 + (8 * options.SackCount) : 0;
        bool continues = counters.PacketContinues;
        counters.PacketContinues = (sent & SentFlags.Followed) != 0;
        if (continues ? counters.PacketHasOption : SendsOption)
        {
            FitOption(ref options, continues ? counters.PacketNeeded : counters.FieldsNeeded, room, options.SackCount > 0 ? 2 : 0);
        }

        if (options.HasAccurateEcn)
        {
            SetCounters(ref options, counters.ReceivedBytes);
        }

        if (continues)
        {
            return;
        }

        counters.PacketHasOption = options.HasAccurateEcn;
        counters.PacketNeeded = counters.FieldsNeeded;
        counters.OptionSentWithDuplicate = options.HasAccurateEcn && duplicate;
        if (options.HasAccurateEcn)
        {
            counters.DuplicateTold = _duplicateToldLeft;
            counters.FieldsNeeded = 0;
            counters.OptionSentAt = now;
            counters.OptionsWanted -= (byte)(counters.OptionsWanted > 0 ? 1 : 0);
        }
    }

    /// <summary>The same for a probe or a RST, which have no SACK blocks.</summary>
    private void AddEcnOption(Instant now, ref TcpOptions options)
    {
        if (EcnMode is EcnState.Accurate)
        {
            AddOption(now, ref options, _timestampsOn ? 28 : 40, duplicate: false, SentFlags.None);
        }
    }

    /// <summary>The option of a SYN-ACK, whose counters are as they begin (tcp_synack_options).</summary>
    internal static void AddFirstOption(ref TcpOptions options)
    {
        int used = 4 + (options.WindowScale >= 0 ? 4 : 0) + (options.HasTimestamps ? 12 : options.SackPermitted ? 4 : 0);
        int padding = options.SackPermitted && !options.HasTimestamps ? 2 : options.WindowScale >= 0 ? 1 : 0;
        if (OptionSpace - used >= 2)
        {
            FitOption(ref options, 0, OptionSpace - used, padding);
            SetCounters(ref options, default);
        }
    }

    private static void SetCounters(ref TcpOptions options, in EcnCounters.ByField bytes)
    {
        options.AccurateEcnBeginsWithEct1 = true;
        options.SetAccurateEcn(0, bytes[EcnField.Ect1 - 1] + FirstBytes[EcnField.Ect1 - 1]);
        options.SetAccurateEcn(1, bytes[EcnField.Ce - 1] + FirstBytes[EcnField.Ce - 1]);
        options.SetAccurateEcn(2, bytes[EcnField.Ect0 - 1] + FirstBytes[EcnField.Ect0 - 1]);
    }

    /// <summary>
    /// As many fields as there is room for, at least those needed; for these the third and fourth SACK block may have to go. Up to two
    /// bytes may take the place of another option's NOPs (tcp_options_fit_accecn).
    /// </summary>
    /// <returns>The bytes that the options grow by.</returns>
    private static int FitOption(ref TcpOptions options, int needed, int room, int padding)
    {
        int blocks = options.SackCount, fields = TcpOptions.MaxAccurateEcnFields;
        while (fields >= needed)
        {
            int length = 2 + (3 * fields);
            int size = (length & 3) > padding ? (length + 3) & ~3 : length & ~3;
            if (room >= size)
            {
                options.HasAccurateEcn = true;
                options.AccurateEcnFields = fields;
                size -= (blocks - options.SackCount) * 8;
                return size;
            }

            if (fields == needed && options.SackCount > 2 && needed > 0)
            {
                options.SackCount--;
                room += 8;
                fields = TcpOptions.MaxAccurateEcnFields;
                continue;
            }

            fields--;
        }

        options.SackCount = blocks;
        return 0;
    }
}
