using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>AccECN's option: three counters of bytes (RFC 9768 §3.2.3), when it goes along, and what is believed of the peer's.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Bytes that the options of a segment leave which all of them have.</summary>
    private int OptionRoom => OptionSpace - (_timestampsOn ? TimestampsLength : 0) - SignatureLength;

    /// <summary>What the option's counters begin with: ECT(1), ECT(0), CE (RFC 9768 §3.2.3.2.3: e1b and e0b begin with 1).</summary>
    private static ReadOnlySpan<byte> FirstBytes => [1, 1, 0];

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
            options.SackCount = Math.Min(blocks, MostSackBlocks);
        }

        int used = options.SackCount > 0 ? 4 + (8 * options.SackCount) : 0;
        int length = FitOption(ref options, EcnCounters.FieldsNeeded, OptionRoom - used, options.SackCount > 0 ? 2 : 0);
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
            AddOption(now, ref options, OptionRoom, duplicate: false, SentFlags.None);
        }
    }

    /// <summary>The option of a SYN-ACK, whose counters are as they begin (tcp_synack_options).</summary>
    /// <param name="options">The SYN-ACK's other options.</param>
    /// <param name="signature">Bytes that its signature takes.</param>
    internal static void AddFirstOption(ref TcpOptions options, int signature)
    {
        int used = 4 + (options.WindowScale >= 0 ? 4 : 0) + (options.HasTimestamps ? 12 : options.SackPermitted ? 4 : 0) + signature;
        if (options.HasFastOpen)
        {
            used += (options.FastOpenCookieLength + (options.FastOpenIsExperimental ? 4 : 2) + 3) & ~3;
        }

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
