using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>Single changes to what an outbound line expects.</summary>
internal static class PacketMutations
{
    private const TcpFlags Counter = TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae;

    /// <summary>The changed packets, each with what was changed.</summary>
    /// <param name="packet">The line.</param>
    /// <param name="liveWindow">The window of the packet that it read.</param>
    /// <param name="liveHasOptions">Whether that one had any.</param>
    public static IEnumerable<(MutationKind Kind, string Field, PacketSpec Packet)> Of(PacketSpec packet, ushort liveWindow, bool liveHasOptions)
    {
        foreach (IpSpec ip in OfIp(packet.Ip))
        {
            yield return (MutationKind.IpHeader, "", packet with { Ip = ip });
        }

        switch (packet.Transport)
        {
            case TcpSpec tcp:
                foreach ((MutationKind kind, string field, TcpSpec changed) in OfTcp(tcp, liveWindow, liveHasOptions))
                {
                    yield return (kind, field, packet with { Transport = changed });
                }

                break;
            case UdpSpec udp:
                yield return (MutationKind.Length, "", packet with { Transport = udp with { Length = (ushort)(udp.Length + 1) } });
                if (udp.Length > 0)
                {
                    yield return (MutationKind.Length, "", packet with { Transport = udp with { Length = (ushort)(udp.Length - 1) } });
                }

                break;
        }
    }

    private static IEnumerable<IpSpec> OfIp(IpSpec ip)
    {
        if (ip.Ecn is EcnCheck.Ect01)
        {
            yield return ip with { Ecn = EcnCheck.NoEcn };
        }
        else if (ip.Ecn is not EcnCheck.Unspecified)
        {
            foreach (EcnCheck other in (EcnCheck[])[EcnCheck.NoEcn, EcnCheck.Ect0, EcnCheck.Ect1, EcnCheck.Ce])
            {
                if (other != ip.Ecn)
                {
                    yield return ip with { Ecn = other };
                }
            }
        }

        if (ip.TypeOfService is { } tos)
        {
            yield return ip with { TypeOfService = (byte)(tos + 1) };
            yield return ip with { TypeOfService = (byte)(tos - 1) };
        }

        if (ip.Ttl is { } ttl)
        {
            yield return ip with { Ttl = (byte)(ttl + 1) };
            yield return ip with { Ttl = (byte)(ttl - 1) };
        }
    }

    private static IEnumerable<(MutationKind Kind, string Field, TcpSpec Tcp)> OfTcp(TcpSpec tcp, ushort liveWindow, bool liveHasOptions)
    {
        SequenceSpec sequence = tcp.Sequence;
        yield return (MutationKind.SequenceNumber, "", tcp with { Sequence = sequence with { Start = unchecked(sequence.Start + 1) } });
        yield return (MutationKind.SequenceNumber, "", tcp with { Sequence = sequence with { Start = unchecked(sequence.Start - 1) } });
        yield return (MutationKind.Length, "", tcp with { Sequence = sequence with { Length = (ushort)(sequence.Length + 1) } });
        if (sequence.Length > 0)
        {
            yield return (MutationKind.Length, "", tcp with { Sequence = sequence with { Length = (ushort)(sequence.Length - 1) } });
        }

        if (tcp.Ack is { } ack)
        {
            yield return (MutationKind.Acknowledgment, "", tcp with { Ack = unchecked(ack + 1) });
            yield return (MutationKind.Acknowledgment, "", tcp with { Ack = unchecked(ack - 1) });
        }

        // Where none is written, one that the packet doesn't have.
        ushort window = tcp.Window ?? liveWindow;
        yield return (MutationKind.Window, "", tcp with { Window = unchecked((ushort)(window + 1)) });
        yield return (MutationKind.Window, "", tcp with { Window = unchecked((ushort)(window - 1)) });
        yield return (MutationKind.UrgentPointer, "", tcp with { UrgentPointer = (ushort)((tcp.UrgentPointer ?? 0) + 1) });
        if (tcp.UrgentPointer is > 0)
        {
            yield return (MutationKind.UrgentPointer, "", tcp with { UrgentPointer = (ushort)(tcp.UrgentPointer - 1) });
        }

        foreach ((MutationKind kind, TcpFlagsSpec flags) in OfFlags(tcp.Flags))
        {
            yield return (kind, "", tcp with { Flags = flags });
        }

        if (tcp.Options is null && liveHasOptions)
        {
            yield return (MutationKind.OptionPresence, "", tcp with { Options = [] });
        }

        foreach ((MutationKind kind, string field, IReadOnlyList<TcpOptionSpec> options) in OfOptions(tcp.Options ?? []))
        {
            if (tcp.Options is not null)
            {
                yield return (kind, field, tcp with { Options = options });
            }
        }
    }

    private static IEnumerable<(MutationKind Kind, TcpFlagsSpec Flags)> OfFlags(TcpFlagsSpec spec)
    {
        TcpFlags[] letters =
        [
            TcpFlags.Syn, TcpFlags.Fin, TcpFlags.Rst, TcpFlags.Psh, TcpFlags.Urg, TcpFlags.Ack, TcpFlags.Ece, TcpFlags.Cwr, TcpFlags.Ae,
        ];
        foreach (TcpFlags flag in letters)
        {
            if (spec.Ace is null || (flag & Counter) == 0)
            {
                bool present = (spec.Flags & flag) != 0;
                yield return (present ? MutationKind.FlagRemoved : MutationKind.FlagAdded, spec with { Flags = spec.Flags ^ flag });
            }
        }

        for (int ace = 1; ace < 8; ace++)
        {
            if (spec.Ace is { } written && written != ace)
            {
                TcpFlags bits = ((ace & 4) != 0 ? TcpFlags.Ae : 0) | ((ace & 2) != 0 ? TcpFlags.Cwr : 0) | ((ace & 1) != 0 ? TcpFlags.Ece : 0);
                yield return (ace > written ? MutationKind.FlagAdded : MutationKind.FlagRemoved, spec with { Ace = ace, Flags = (spec.Flags & ~Counter) | bits });
            }
        }
    }

    private static IEnumerable<(MutationKind Kind, string Field, IReadOnlyList<TcpOptionSpec> Options)> OfOptions(IReadOnlyList<TcpOptionSpec> options)
    {
        int length = options.Sum(o => o.WireLength ?? 0);
        if (length <= 36)
        {
            yield return (MutationKind.OptionPresence, "", [.. options, .. Fill(options, 4)]);
            yield return (MutationKind.OptionPresence, "", [.. Fill(options, 4), .. options]);
        }

        for (int i = 0; i < options.Count; i++)
        {
            TcpOptionSpec option = options[i];
            IEnumerable<TcpOptionSpec> before = options.Take(i);
            IEnumerable<TcpOptionSpec> after = options.Skip(i + 1);
            foreach ((string field, TcpOptionSpec changed) in OfValue(option))
            {
                yield return (MutationKind.OptionValue, field, [.. before, changed, .. after]);
            }

            if (option is NopOption)
            {
                yield return (MutationKind.OptionPresence, "", [.. before, new EndOfListOption(option.Position), .. after]);
            }
            else
            {
                // Gone, with nops in its place so that the header's length stays; and gone altogether, where the rest is a header still.
                yield return (MutationKind.OptionPresence, "", [.. before, .. Fill(options, option.WireLength ?? 0), .. after]);
                if (option.WireLength % 4 == 0)
                {
                    yield return (MutationKind.OptionPresence, "", [.. before, .. after]);
                }
            }

            if (i + 1 < options.Count && options[i + 1].GetType() != option.GetType())
            {
                yield return (MutationKind.OptionOrder, "", [.. before, options[i + 1], option, .. after.Skip(1)]);
            }
        }
    }

    private static IEnumerable<TcpOptionSpec> Fill(IReadOnlyList<TcpOptionSpec> options, int count)
    {
        SourcePosition position = options.Count > 0 ? options[0].Position : default;
        return Enumerable.Range(0, count).Select(_ => new NopOption(position));
    }

    private static IEnumerable<(string Field, TcpOptionSpec Option)> OfValue(TcpOptionSpec option)
    {
        switch (option)
        {
            case MssOption mss:
                yield return ("", mss with { Value = (ushort)(mss.Value + 1) });
                yield return ("", mss with { Value = (ushort)(mss.Value - 1) });
                break;
            case WindowScaleOption scale:
                yield return ("", scale with { Shift = (byte)(scale.Shift + 1) });
                yield return ("", scale with { Shift = (byte)(scale.Shift - 1) });
                break;
            case TimestampOption timestamp:
                // Farther than any tolerance of a script in milliseconds.
                yield return ("TS val", timestamp with { Value = unchecked(timestamp.Value + TimestampStep) });
                yield return ("TS val", timestamp with { Value = unchecked(timestamp.Value - TimestampStep) });
                yield return ("TS ecr", timestamp with { EchoReply = unchecked(timestamp.EchoReply + 1) });
                yield return ("TS ecr", timestamp with { EchoReply = unchecked(timestamp.EchoReply - 1) });
                break;
            case SackOption sack:
                foreach (SackOption changed in OfBlocks(sack))
                {
                    yield return ("", changed);
                }

                break;
            case Md5Option { Key: { } key } md5:
                yield return ("", md5 with { Key = key with { Value = key.Value + "x" } });
                break;
            case Md5Option md5:
                yield return ("", md5 with { Digest = OtherDigit(md5.Digest) });
                break;
            case FastOpenOption { Cookie.Length: > 0 } cookie:
                yield return ("", cookie with { Cookie = OtherDigit(cookie.Cookie) });
                yield return ("", cookie with { IsExperimental = !cookie.IsExperimental });
                break;
            case AccurateEcnOption ecn:
                for (int i = 0; i < ecn.Counters.Count; i++)
                {
                    List<uint> counters = [.. ecn.Counters];
                    counters[i]++;
                    yield return ("", ecn with { Counters = counters });
                }

                break;
        }
    }

    private const uint TimestampStep = 100;

    private static IEnumerable<SackOption> OfBlocks(SackOption sack)
    {
        for (int i = 0; i < sack.Blocks.Count; i++)
        {
            SackBlockSpec block = sack.Blocks[i];
            SackBlockSpec[] changes =
            [
                block with { Left = unchecked(block.Left + 1) }, block with { Left = unchecked(block.Left - 1) },
                block with { Right = unchecked(block.Right + 1) }, block with { Right = unchecked(block.Right - 1) },
            ];
            foreach (SackBlockSpec change in changes)
            {
                yield return sack with { Blocks = [.. sack.Blocks.Take(i), change, .. sack.Blocks.Skip(i + 1)] };
            }

            if (sack.Blocks.Count > 1)
            {
                yield return sack with { Blocks = [.. sack.Blocks.Take(i), .. sack.Blocks.Skip(i + 1)] };
            }

            if (i + 1 < sack.Blocks.Count && (sack.Blocks[i + 1].Left, sack.Blocks[i + 1].Right) != (block.Left, block.Right))
            {
                yield return sack with { Blocks = [.. sack.Blocks.Take(i), sack.Blocks[i + 1], block, .. sack.Blocks.Skip(i + 2)] };
            }
        }
    }

    private static string OtherDigit(string digits) => digits.Length == 0 ? "00" : digits[..^1] + (digits[^1] == '0' ? '1' : '0');
}
