using System.Globalization;
using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>Compares two captures conversation by conversation, whoever made them.</summary>
public sealed class CaptureComparison
{
    /// <summary>How many differences are kept; more are counted.</summary>
    public const int MostKept = 1000;

    private static readonly bool[] Sides = [true, false];
    private readonly CaptureContent _a;
    private readonly CaptureContent _b;
    private readonly ComparisonOptions _options;
    private readonly PacketComparer _packets;
    private readonly IntervalComparer _intervals;
    private readonly List<CaptureDifference> _differences = [];
    private readonly HashSet<string> _differing = [];
    private long _compared;

    private CaptureComparison(CaptureContent a, CaptureContent b, ComparisonOptions options)
    {
        _a = a;
        _b = b;
        _options = options;
        _packets = new PacketComparer(options.Fields, options.AllWindows);
        _intervals = new IntervalComparer(options.Tolerance);
    }

    /// <summary>Compares.</summary>
    /// <param name="a">The first capture.</param>
    /// <param name="b">The second.</param>
    /// <param name="options">What and how exactly; null: the defaults.</param>
    public static ComparisonResult Compare(CaptureContent a, CaptureContent b, ComparisonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new CaptureComparison(a, b, options ?? new ComparisonOptions()).Run();
    }

    private ComparisonResult Run()
    {
        List<(Conversation? A, Conversation? B)> pairs = ConversationMatcher.Match(_a, _b, _options, AreAlike);
        foreach ((Conversation? a, Conversation? b) in pairs)
        {
            if (a is null || b is null)
            {
                ReportMissing(a, b);
                continue;
            }

            foreach (CaptureDifference difference in Differences(a, b))
            {
                Report(difference);
            }
        }

        CompareBeginnings([.. pairs.Where(p => p.A is not null && p.B is not null).Select(p => (p.A!, p.B!))]);
        CaptureDifference[] sorted = [.. _differences.OrderBy(d => d.Place.Frame).ThenBy(d => d.Place.Order)];
        return new ComparisonResult
        {
            A = _a,
            B = _b,
            Options = _options,
            Differences = sorted.Length > MostKept ? sorted[..MostKept] : sorted,
            DifferenceCount = sorted.Length,
            DifferingConversations = _differing.Count,
            PacketsCompared = _compared,
        };
    }

    private void Report(CaptureDifference difference)
    {
        _differences.Add(difference);
        _differing.Add(difference.Conversation);
    }

    private bool AreAlike(Conversation a, Conversation b)
    {
        long compared = _compared;
        bool alike = !Differences(a, b).Any();
        _compared = compared;
        return alike;
    }

    private void ReportMissing(Conversation? a, Conversation? b)
    {
        Conversation there = (a ?? b)!;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{(a is null ? _a : _b).Name} has no {there.Name}, only {(a is null ? _a : _b).Conversations.Count(c => c.Kind == there.Kind)}");
        double place = a is not null ? a.First.Frame : _a.FrameCount + 1.0;
        Report(new CaptureDifference(
            ComparisonField.Conversation, there.Name, text, a is null ? null : PacketText.Of(a.First), b is null ? null : PacketText.Of(b.First))
        {
            Place = (place, b is null ? 0 : (int)Math.Min(b.First.Frame, int.MaxValue)),
        });
    }

    private IEnumerable<CaptureDifference> Differences(Conversation a, Conversation b)
    {
        var timed = new List<IntervalComparer.Pair>();
        foreach (bool fromInitiator in Sides)
        {
            List<PacketFacts> ofA = a.Packets.FindAll(p => p.FromInitiator == fromInitiator);
            List<PacketFacts> ofB = b.Packets.FindAll(p => p.FromInitiator == fromInitiator);
            double lastFrame = a.First.Frame;
            int countA = 0;
            int countB = 0;
            foreach ((PacketFacts? pa, PacketFacts? pb) in DirectionAlignment.Of(ofA, ofB, _packets))
            {
                lastFrame = pa?.Frame ?? lastFrame;
                countA += pa is null ? 0 : 1;
                countB += pb is null ? 0 : 1;
                if (pa is null || pb is null)
                {
                    PacketFacts? instead = pa is null ? ofA.ElementAtOrDefault(countA) : ofB.ElementAtOrDefault(countB);
                    yield return Unpaired(a, pa, pb, fromInitiator, lastFrame) with { Instead = instead is null ? null : PacketText.Of(instead) };
                    continue;
                }

                _compared++;
                timed.Add(new IntervalComparer.Pair(pa, pb));
                ComparisonFields differing = _packets.Differing(pa, pb);
                foreach (ComparisonField field in Enum.GetValues<ComparisonField>())
                {
                    if (differing.Has(field))
                    {
                        yield return Paired(a, field, pa, pb, FieldText.Of(field, pa, pb));
                    }
                }
            }
        }

        if (_options.Fields.Has(ComparisonField.Time))
        {
            foreach (IntervalComparer.Finding finding in _intervals.Compare(timed))
            {
                string text = $"{Milliseconds(finding.IntervalA)} after the packet before, {Milliseconds(finding.IntervalB)}";
                yield return Paired(a, ComparisonField.Time, finding.Pair.A, finding.Pair.B, text);
            }
        }
    }

    private CaptureDifference Unpaired(Conversation conversation, PacketFacts? a, PacketFacts? b, bool fromInitiator, double lastFrame)
    {
        string side = fromInitiator ? "the side that began" : "the other side";
        string text = a is null
            ? $"only {_b.Name} has this packet of {side}"
            : $"{_b.Name} has no such packet of {side}";
        return new CaptureDifference(
            ComparisonField.Packet, conversation.Name, text, a is null ? null : PacketText.Of(a), b is null ? null : PacketText.Of(b))
        {
            Place = (a?.Frame ?? lastFrame + 0.5, (int)Math.Min(b?.Frame ?? 0, int.MaxValue)),
        };
    }

    private static CaptureDifference Paired(Conversation conversation, ComparisonField field, PacketFacts a, PacketFacts b, string text) =>
        new(field, conversation.Name, text, PacketText.Of(a), PacketText.Of(b)) { Place = (a.Frame, (int)field) };

    /// <summary>Who begins each conversation, and when, counted from the beginning of the one before.</summary>
    private void CompareBeginnings(List<(Conversation A, Conversation B)> pairs)
    {
        var hosts = new Dictionary<IpAddress, IpAddress>();
        (Conversation A, Conversation B)? before = null;
        foreach ((Conversation a, Conversation b) in pairs.Where(p => p.A.Kind != PacketKind.Neighbour).OrderBy(p => p.A.First.Frame))
        {
            bool isKnown = hosts.TryGetValue(a.Initiator, out IpAddress initiator);
            if (isKnown && !initiator.Equals(b.Initiator) && initiator.Equals(b.Responder) && _options.Fields.Has(ComparisonField.Initiator))
            {
                Report(Paired(a, ComparisonField.Initiator, a.First, b.First, "another host begins it"));
            }

            hosts.TryAdd(a.Initiator, b.Initiator);
            hosts.TryAdd(a.Responder, b.Responder);
            if (before is { } last && a.First.HasTime && b.First.HasTime && _options.Fields.Has(ComparisonField.Start))
            {
                long startA = a.First.Time - last.A.First.Time;
                long startB = b.First.Time - last.B.First.Time;
                if (!_options.Tolerance.Allows(startA, startB))
                {
                    string text = $"begins {Milliseconds(startA)} after the conversation before, {Milliseconds(startB)}";
                    Report(Paired(a, ComparisonField.Start, a.First, b.First, text));
                }
            }

            before = (a, b);
        }
    }

    private static string Milliseconds(long nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.000} ms");
}
