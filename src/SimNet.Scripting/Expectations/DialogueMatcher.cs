using System.Globalization;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Expectations;

/// <summary>Compares the TCP dialogue at a capture point with the one expected.</summary>
internal sealed class DialogueMatcher(RunResult run, SegmentsExpectation expected)
{
    /// <summary>The first difference; null: none.</summary>
    public (string Expected, string Got)? Compare()
    {
        List<Seen> seen = Dialogue();
        int next = 0;
        for (int i = 0; i < expected.Segments.Count; i++)
        {
            ExpectedSegment wanted = expected.Segments[i];
            int at = next;
            while (!expected.Complete && at < seen.Count && Difference(wanted, seen[at]) is not null)
            {
                at++;
            }

            string number = string.Create(CultureInfo.InvariantCulture, $"segment {i + 1}");
            string line = wanted.Position.IsKnown ? $" (line {wanted.Position.Line.ToString(CultureInfo.InvariantCulture)})" : "";
            if (at >= seen.Count)
            {
                string left = expected.Complete ? EndAfter(seen.Count) : "no such segment from there on";
                return ($"{number}{line}: {Describe(wanted)}", left);
            }

            if (Difference(wanted, seen[at]) is { } difference)
            {
                return ($"{number}{line}: {Describe(wanted)}", $"{Describe(seen[at])}; {difference} differs");
            }

            next = at + 1;
        }

        return expected.Complete && next < seen.Count ? (EndAfter(next), Describe(seen[next])) : null;
    }

    private static string EndAfter(int count) => count == 1 ? "the end after 1 segment" : string.Create(CultureInfo.InvariantCulture, $"the end after {count} segments");

    private List<Seen> Dialogue()
    {
        var numbers = new RelativeNumbers();
        string point = expected.Point.ToString();
        return
        [
            .. run.Packets.Where(p => p.Point == point && p.Segment is not null)
                .Select(p =>
                {
                    (long seq, long ack, _) = numbers.Next(p.Segment!);
                    return new Seen(p, p.Segment!, HostOf(p.Segment!.Source.Address), seq, ack);
                }),
        ];
    }

    private string HostOf(IpAddress address) =>
        run.Scenario.Hosts.FirstOrDefault(h => h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == address)))?.Name ?? address.ToString();

    private static string? Difference(ExpectedSegment wanted, Seen seen)
    {
        SegmentRecord segment = seen.Segment;
        TcpFlags ignored = wanted.Flags is { } f && (f & TcpFlags.Psh) == 0 ? TcpFlags.Psh : TcpFlags.None;
        return wanted.From is { } from && from != seen.From ? "from"
            : wanted.Flags is { } flags && flags != (segment.Flags & ~ignored) ? "flags"
            : wanted.Seq is { } seq && seq != seen.Seq ? "seq"
            : wanted.Ack is { } ack && ack != seen.Ack ? "ack"
            : wanted.Length is { } length && !length.Holds(segment.Length) ? "len"
            : wanted.Window is { } window && window != segment.Window ? "win"
            : wanted.Options is { } options && options.Replace(", ", ",", StringComparison.Ordinal) != segment.Options ? "options"
            : wanted.AbsoluteSeq is { } absolute && absolute != segment.Seq.Value ? "absolute-seq"
            : wanted.AbsoluteAck is { } absoluteAck && absoluteAck != segment.Ack.Value ? "absolute-ack"
            : wanted.At is { } at && !at.Holds(seen.Packet.Time - Instant.Zero) ? "at"
            : null;
    }

    private static string Describe(ExpectedSegment s)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        string?[] parts =
        [
            s.From, s.Flags is { } f ? FlagNames.Of(f) : null, s.Seq is { } seq ? string.Create(c, $"seq {seq}") : null,
            s.AbsoluteSeq is { } aseq ? string.Create(c, $"seq {aseq}") : null, s.Ack is { } ack ? string.Create(c, $"ack {ack}") : null,
            s.AbsoluteAck is { } aack ? string.Create(c, $"ack {aack}") : null, s.Length is { } len ? $"len {len}" : null,
            s.Window is { } win ? string.Create(c, $"win {win}") : null, s.Options is { } options ? $"<{options}>" : null, s.At is { } at ? $"at {at}" : null,
        ];
        return string.Join(' ', parts.Where(p => p is not null));
    }

    private static string Describe(Seen seen)
    {
        SegmentRecord s = seen.Segment;
        string ack = s.Has(TcpFlags.Ack) ? string.Create(CultureInfo.InvariantCulture, $" ack {seen.Ack}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{seen.From} {FlagNames.Of(s.Flags)} seq {seen.Seq}{ack} len {s.Length} win {s.Window} <{s.Options}> at {seen.Packet.Time - Instant.Zero}");
    }

    private readonly record struct Seen(PacketRecord Packet, SegmentRecord Segment, string From, long Seq, long Ack);
}
