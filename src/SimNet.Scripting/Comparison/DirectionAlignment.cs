namespace SimNet.Scripting.Comparison;

/// <summary>
/// Puts the packets of one direction of a conversation side by side. They are taken in their order; where two are not alike, a packet
/// that the other capture lacks is told from one that differs by looking a little ahead.
/// </summary>
internal static class DirectionAlignment
{
    private const int LookAhead = 64;

    /// <summary>Packets side by side; where one capture has none, its half is null.</summary>
    public static List<(PacketFacts? A, PacketFacts? B)> Of(
        IReadOnlyList<PacketFacts> a, IReadOnlyList<PacketFacts> b, PacketComparer comparer)
    {
        var pairs = new List<(PacketFacts? A, PacketFacts? B)>(Math.Max(a.Count, b.Count));
        int i = 0;
        int j = 0;
        while (i < a.Count && j < b.Count)
        {
            int skip = comparer.AreAlike(a[i], b[j]) ? 0 : Skip(a, i, b, j, comparer);
            for (; skip > 0; skip--)
            {
                pairs.Add((a[i++], null));
            }

            for (; skip < 0; skip++)
            {
                pairs.Add((null, b[j++]));
            }

            pairs.Add((a[i++], b[j++]));
        }

        for (; i < a.Count; i++)
        {
            pairs.Add((a[i], null));
        }

        for (; j < b.Count; j++)
        {
            pairs.Add((null, b[j]));
        }

        return pairs;
    }

    /// <summary>How many packets A has more here; negative: how many B has more; 0: the two differ.</summary>
    private static int Skip(IReadOnlyList<PacketFacts> a, int i, IReadOnlyList<PacketFacts> b, int j, PacketComparer comparer)
    {
        // One more or one less leaves the two lists as long as the other from there on; a changed packet leaves them in step.
        int restA = a.Count - i;
        int restB = b.Count - j;
        bool inStep = restA > 1 && restB > 1 ? comparer.AreAlike(a[i + 1], b[j + 1]) : restA == restB;
        if (inStep && restA == restB)
        {
            return 0;
        }

        for (int k = 1; k <= LookAhead; k++)
        {
            bool moreA = k < restA && comparer.AreAlike(a[i + k], b[j]);
            bool moreB = k < restB && comparer.AreAlike(a[i], b[j + k]);
            if (moreA || moreB)
            {
                // A retransmission is like its original: then the longer list is the one that has more.
                return moreA && (!moreB || restA > restB) ? k : -k;
            }
        }

        return 0;
    }
}
