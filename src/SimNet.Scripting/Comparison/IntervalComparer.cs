namespace SimNet.Scripting.Comparison;

/// <summary>
/// Compares when the packets of a conversation were seen. What is compared is the interval from the packet before, in the order of A
/// and, where that is another, in the order of B: never the time since the start, so that small errors do not add up. The order of two
/// packets of opposite directions is a matter of these intervals alone: they may stand the other way round as far as the tolerance goes.
/// <para>
/// Packets that a timer sends (retransmissions, keep-alives, probes) may be measured from the packet before in their own direction
/// instead, since what the other side does meanwhile has no part in when they come. For the same reason a packet that comes long after
/// one of these, and so is not the answer to it, or that stands on the other side of it in the other capture, may be measured from the
/// last packet that no timer sent.
/// </para>
/// </summary>
internal sealed class IntervalComparer(TimeTolerance tolerance)
{
    /// <summary>An answer comes within this; nothing later is held for one.</summary>
    private const int AnswerTolerances = 10;

    /// <summary>The pairs whose interval differs, with both intervals in nanoseconds.</summary>
    public List<Finding> Compare(List<Pair> pairs)
    {
        var findings = new List<Finding>();
        var found = new HashSet<Pair>();
        pairs.RemoveAll(p => !p.A.HasTime || !p.B.HasTime);
        Walk([.. pairs.OrderBy(p => p.A.Frame)], findings, found);
        Pair[] other = [.. pairs.OrderBy(p => p.B.Frame)];
        Walk(other, findings, found);
        return findings;
    }

    private void Walk(Pair[] order, List<Finding> findings, HashSet<Pair> found)
    {
        var ownBefore = new Pair?[2];
        Pair? sound = null;
        for (int i = 0; i < order.Length; i++)
        {
            Pair pair = order[i];
            int side = pair.A.FromInitiator ? 0 : 1;
            if (i > 0 && !IsNear(order[i - 1], pair) && !IsExcused(pair, order[i - 1], ownBefore[side], sound) && found.Add(pair))
            {
                findings.Add(new Finding(pair, pair.A.Time - order[i - 1].A.Time, pair.B.Time - order[i - 1].B.Time));
            }

            ownBefore[side] = pair;
            sound = IsByTimer(pair) || (sound is not null && IsAnswerToTimer(pair, order, i)) ? sound : pair;
        }
    }

    private bool IsExcused(Pair pair, Pair before, Pair? ownBefore, Pair? sound)
    {
        if (IsByTimer(pair) && ownBefore is not null && IsNear(ownBefore, pair))
        {
            return true;
        }

        bool crossed = (pair.A.Time - before.A.Time < 0) != (pair.B.Time - before.B.Time < 0);
        long answer = tolerance.Absolute.Nanoseconds * AnswerTolerances;
        bool isLate = pair.A.Time - before.A.Time > answer && pair.B.Time - before.B.Time > answer;
        return sound is not null && sound != before && (crossed || isLate) && IsNear(sound, pair);
    }

    private bool IsNear(Pair from, Pair to) => tolerance.Allows(to.A.Time - from.A.Time, to.B.Time - from.B.Time);

    private static bool IsByTimer(Pair pair) => pair.A.IsRepetition && pair.B.IsRepetition;

    /// <summary>The bare acknowledgement right behind what a timer sent.</summary>
    private static bool IsAnswerToTimer(Pair pair, Pair[] order, int i) =>
        i > 0 && IsByTimer(order[i - 1]) && order[i - 1].A.FromInitiator != pair.A.FromInitiator
        && pair.A.SequenceLength == 0 && pair.B.SequenceLength == 0;

    /// <summary>Two packets side by side.</summary>
    internal sealed record Pair(PacketFacts A, PacketFacts B);

    /// <summary>A pair and the intervals before it, in nanoseconds.</summary>
    internal readonly record struct Finding(Pair Pair, long IntervalA, long IntervalB);
}
