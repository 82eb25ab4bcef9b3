using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>All single changes of a script.</summary>
internal static class Mutations
{
    /// <summary>Every mutant of a script that passes, in the order of its events.</summary>
    public static IEnumerable<Mutant> Of(MutationSubject subject)
    {
        PacketdrillScript script = subject.Script;
        for (int i = 0; i < script.Events.Count; i++)
        {
            ScriptEvent line = script.Events[i];
            foreach (Mutant mutant in OfTime(subject, i).Concat(line switch
            {
                PacketEvent { Packet.Direction: PacketDirection.Outbound } packet => OfOutbound(subject, i, packet),
                PacketEvent => [Delete(script, i, MutationKind.InboundDeleted)],
                SystemCallEvent call => CallMutations.Of(call.Call)
                    .Select(change => Replace(script, i, call with { Call = change.Call }, change.Kind, "")),
                CodeEvent code => CodeMutations.Of(code.Code.Text)
                    .Select(change => Replace(
                        script, i, code with { Code = code.Code with { Text = change.Text } }, MutationKind.CodeConstant, change.Field)),
                _ => [],
            }))
            {
                yield return mutant;
            }
        }
    }

    private static IEnumerable<Mutant> OfOutbound(MutationSubject subject, int index, PacketEvent line)
    {
        PacketImage live = subject.ImagesReadBy(index)[^1];
        foreach ((MutationKind kind, string field, PacketSpec packet) in PacketMutations.Of(line.Packet, live.Window, live.Options.Length > 0))
        {
            yield return Replace(subject.Script, index, line with { Packet = packet }, kind, field);
        }

        yield return Delete(subject.Script, index, MutationKind.OutboundDeleted);
        yield return Insert(subject.Script, index, line);
        if (line.Time is { IsRelative: true, Start.Nanoseconds: > 0 })
        {
            yield return Insert(subject.Script, index, line with { Time = line.Time with { Kind = EventTimeKind.Relative, Start = Duration.Zero, End = null } });
        }
    }

    private static Mutant Replace(PacketdrillScript script, int index, ScriptEvent changed, MutationKind kind, string field) =>
        new(kind, index, field, script with { Events = [.. script.Events.Take(index), changed, .. script.Events.Skip(index + 1)] });

    private static Mutant Insert(PacketdrillScript script, int index, ScriptEvent second) =>
        new(MutationKind.OutboundDoubled, index, "", script with { Events = [.. script.Events.Take(index + 1), second, .. script.Events.Skip(index + 1)] });

    // The line goes, the time that it stood for stays: what follows is due when it was.
    private static Mutant Delete(PacketdrillScript script, int index, MutationKind kind)
    {
        EventTime gone = script.Events[index].Time;
        List<ScriptEvent> events = [.. script.Events];
        events.RemoveAt(index);
        if (index < events.Count && events[index].Time is { IsRelative: true } next && gone.Kind != EventTimeKind.Any)
        {
            EventTimeKind kept = gone.IsRelative ? next.Kind : next.IsRange ? EventTimeKind.AbsoluteRange : EventTimeKind.Absolute;
            events[index] = events[index] with
            {
                Time = next with
                {
                    Kind = kept,
                    Start = next.Start + gone.Start,
                    End = next.End is { } end ? end + gone.Start : null,
                    BlockingEnd = next.BlockingEnd is { } blockingEnd ? blockingEnd + gone.Start : null,
                },
            };
        }

        return new Mutant(kind, index, "", script with { Events = events });
    }

    // Packets and the ends of blocking calls are expected at a time; all else the script does itself when it says: an input.
    private static IEnumerable<Mutant> OfTime(MutationSubject subject, int index)
    {
        ScriptEvent line = subject.Script.Events[index];
        EventTime time = line.Time;
        if (line is PacketEvent { Packet.Direction: PacketDirection.Outbound } && time.Kind != EventTimeKind.Any)
        {
            Duration came = subject.SinceStart(subject.ReadBy(index)[^1].Time);
            Duration width = (time.End ?? time.Start) - time.Start;
            Duration offset = subject.DueAt(index) - time.Start;
            Duration? before = index > 0 ? subject.DueAt(index - 1) : null;
            foreach (Duration due in (Duration[])[TooLate(subject, came, before), TooEarly(subject, came - width, before)])
            {
                Duration moved = due - offset;
                if (moved >= Duration.Zero)
                {
                    EventTime changed = time with { Start = moved, End = time.End is null ? null : moved + width };
                    yield return Replace(subject.Script, index, line with { Time = changed }, MutationKind.Time, "");
                }
            }
        }

        if (time.BlockingEnd is { } && line is SystemCallEvent)
        {
            Duration returned = subject.SinceStart(subject.Trace.Returned.Single(r => r.Line == line).Time);
            Duration begun = subject.DueAt(index);
            foreach (Duration end in (Duration[])[TooLate(subject, returned, begun), TooEarly(subject, returned, begun)])
            {
                Duration moved = end - (begun - time.Start);
                if (moved >= time.Start)
                {
                    yield return Replace(subject.Script, index, line with { Time = time with { BlockingEnd = moved } }, MutationKind.Time, "");
                }
            }
        }
    }

    // The time from which on what happened at that instant is out of the tolerance, which grows with the time since the event before.
    private static Duration TooLate(MutationSubject subject, Duration happened, Duration? before)
    {
        double share = before is null ? 0 : subject.Settings.TolerancePercent / 100;
        Duration start = before ?? Duration.Zero;
        Duration farthest = start + new Duration((long)((happened - start).Nanoseconds / (1 - share)));
        return Duration.Max(happened + subject.Settings.Tolerance, farthest) + Step;
    }

    private static Duration TooEarly(MutationSubject subject, Duration happened, Duration? before)
    {
        double share = before is null ? 0 : subject.Settings.TolerancePercent / 100;
        Duration start = before ?? Duration.Zero;
        Duration farthest = start + new Duration((long)((happened - start).Nanoseconds / (1 + share)));
        return Duration.Min(happened - subject.Settings.Tolerance, farthest) - Step;
    }

    private static readonly Duration Step = Duration.FromMicroseconds(1);
}
