using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>
/// Two runs that passed, the second one's script without one inbound packet: in what the machine's behaviour differs, and by which rule the
/// script does not see it. What the rules do look at the second run has compared with the script itself.
/// </summary>
internal sealed class RunComparison(MutationSubject subject, Mutant mutant, MutationSubject changed)
{
    /// <summary>Collects the rules.</summary>
    /// <returns>False where the runs differ in something that has no rule.</returns>
    public bool Explain(ISet<Excuse> rules)
    {
        bool explained = true;
        for (int i = 0; i < subject.Script.Events.Count; i++)
        {
            if (i != mutant.Index && subject.Script.Events[i] is PacketEvent { Packet: { Direction: PacketDirection.Outbound } spec })
            {
                explained &= Packets(spec, subject.ReadBy(i), changed.ReadBy(i + ShiftOf(i)), rules);
            }
        }

        return explained & Rest(rules) & Calls(rules) & Told(rules);
    }

    private int ShiftOf(int index) => index > mutant.Index ? mutant.Shift : 0;

    private static bool Packets(PacketSpec line, IReadOnlyList<LivePacket> before, IReadOnlyList<LivePacket> after, ISet<Excuse> rules)
    {
        if (before.Count != after.Count)
        {
            rules.Add(Excuses.Joined);
            return before.Sum(p => Image(p).Payload.Length) == after.Sum(p => Image(p).Payload.Length);
        }

        for (int i = 0; i < before.Count; i++)
        {
            (PacketImage a, PacketImage b) = (Image(before[i]), Image(after[i]));
            Add(rules, Excuses.Tolerance, before[i].Time != after[i].Time);
            Add(rules, Excuses.IpNotWritten, (a.TrafficClass, a.Ttl, a.FlowLabel) != (b.TrafficClass, b.Ttl, b.FlowLabel));
            Add(rules, Excuses.Window, a.Window != b.Window);
            if (a.Window != b.Window && line.Transport is TcpSpec { Window: not null })
            {
                return false;
            }

            if (!Options(line, a, b, rules) || a.Payload.Length != b.Payload.Length || a.Flags != b.Flags || a.UrgentPointer != b.UrgentPointer)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Options(PacketSpec line, PacketImage before, PacketImage after, ISet<Excuse> rules)
    {
        if (before.Options.AsSpan().SequenceEqual(after.Options))
        {
            return true;
        }

        if (line.Transport is TcpSpec { Options: null })
        {
            rules.Add(Excuses.AnyOptions);
            return true;
        }

        if (NumberMap.FindTimestamps(before.Options) is not { } at || NumberMap.FindTimestamps(after.Options) != at)
        {
            return false;
        }

        bool sameValue = before.Options.AsSpan(at, 4).SequenceEqual(after.Options.AsSpan(at, 4));
        bool sameEcho = before.Options.AsSpan(at + 4, 4).SequenceEqual(after.Options.AsSpan(at + 4, 4));
        Add(rules, Excuses.TimestampValue, !sameValue);
        Add(rules, Excuses.TimestampEcho, !sameEcho);
        before.Options.AsSpan(at, 8).CopyTo(after.Options.AsSpan(at));
        return before.Options.AsSpan().SequenceEqual(after.Options);
    }

    // Packets that no line read.
    private bool Rest(ISet<Excuse> rules)
    {
        List<Unread> before = Unread.Of(subject.Trace);
        List<Unread> after = Unread.Of(changed.Trace);
        if (before.Count == after.Count && before.Zip(after).All(pair => Same(pair.First.Packet, pair.Second.Packet)))
        {
            return true;
        }

        Add(rules, Excuses.UnreadPacket, before.Concat(after).Any(u => u.IsLast));
        Add(rules, Excuses.OtherSocket, before.Concat(after).Any(u => u.IsOther));
        return before.Concat(after).All(u => u.IsLast || u.IsOther);
    }

    private static bool Same(LivePacket before, LivePacket after) =>
        before.Time == after.Time && before.Bytes.Span[10..].SequenceEqual(after.Bytes.Span[10..]);

    private bool Calls(ISet<Excuse> rules)
    {
        var before = subject.Trace.Returned.ToDictionary(r => subject.IndexOf(r.Line));
        var after = changed.Trace.Returned.ToDictionary(r => changed.IndexOf(r.Line));
        if (before.Count != after.Count)
        {
            return false;
        }

        foreach (int index in before.Keys)
        {
            var (line, result, time) = before[index];
            var (_, otherResult, otherTime) = after[index + ShiftOf(index)];
            Add(rules, Excuses.Tolerance, time != otherTime);
            Add(rules, Excuses.AnyResult, result != otherResult);
            if (result != otherResult && line.Call.Result is not EllipsisExpression)
            {
                return false;
            }
        }

        return true;
    }

    private bool Told(ISet<Excuse> rules)
    {
        var before = subject.Trace.Told;
        var after = changed.Trace.Told;
        if (before.Count != after.Count)
        {
            return false;
        }

        foreach (var ((line, info, time), (_, otherInfo, otherTime)) in before.Zip(after))
        {
            Add(rules, Excuses.Tolerance, time != otherTime);
            if (info is not { } first || otherInfo is not { } second)
            {
                if (info is null != otherInfo is null)
                {
                    return false;
                }

                continue;
            }

            IReadOnlySet<string> exact = CodeMutations.NamesComparedExactly(line.Code.Text);
            IReadOnlySet<string> asked = CodeMutations.FieldsAsked(line.Code.Text);
            foreach (string name in TcpInfo.Names)
            {
                first.TryGet(name, out long one);
                second.TryGet(name, out long other);
                Add(rules, asked.Contains(name) ? Excuses.StillTrue : Excuses.NotAsked, one != other);
                if (one != other && exact.Contains(name))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Add(ISet<Excuse> rules, Excuse rule, bool applies)
    {
        if (applies)
        {
            rules.Add(rule);
        }
    }

    private static PacketImage Image(LivePacket packet) => PacketImage.Parse(packet.Bytes)!;
}
