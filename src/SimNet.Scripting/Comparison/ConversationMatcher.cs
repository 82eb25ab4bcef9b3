namespace SimNet.Scripting.Comparison;

/// <summary>
/// Finds for each conversation of one capture that of the other. Addresses and ports are different in another network, so the order of
/// appearance decides among those of a kind. Conversations that begin within the tolerance of one another have no certain order: among
/// these, one that is alike is preferred.
/// </summary>
internal static class ConversationMatcher
{
    private const int MostTried = 16;

    /// <summary>Conversations side by side; where one capture has none, its half is null.</summary>
    public static List<(Conversation? A, Conversation? B)> Match(
        CaptureContent a, CaptureContent b, ComparisonOptions options, Func<Conversation, Conversation, bool> areAlike)
    {
        var pairs = new List<(Conversation? A, Conversation? B)>();
        foreach (PacketKind kind in Enum.GetValues<PacketKind>())
        {
            if (kind == PacketKind.Neighbour && !options.Fields.Has(ComparisonField.Arp))
            {
                continue;
            }

            List<Conversation> ofA = [.. a.Conversations.Where(c => c.Kind == kind)];
            List<Conversation> ofB = [.. b.Conversations.Where(c => c.Kind == kind)];
            Reorder(ofA, ofB, options.Tolerance, areAlike);
            for (int i = 0; i < Math.Max(ofA.Count, ofB.Count); i++)
            {
                pairs.Add((i < ofA.Count ? ofA[i] : null, i < ofB.Count ? ofB[i] : null));
            }
        }

        return pairs;
    }

    private static void Reorder(
        List<Conversation> a, List<Conversation> b, TimeTolerance tolerance, Func<Conversation, Conversation, bool> areAlike)
    {
        for (int i = 0; i < a.Count && i < b.Count; i++)
        {
            if (!HasNeighbour(b, i, tolerance) || areAlike(a[i], b[i]))
            {
                continue;
            }

            for (int j = i + 1; j < Math.Min(b.Count, i + MostTried) && AreTogether(b[i], b[j], tolerance); j++)
            {
                if (areAlike(a[i], b[j]))
                {
                    Conversation found = b[j];
                    b.RemoveAt(j);
                    b.Insert(i, found);
                    break;
                }
            }
        }
    }

    private static bool HasNeighbour(List<Conversation> list, int i, TimeTolerance tolerance) =>
        i + 1 < list.Count && AreTogether(list[i], list[i + 1], tolerance);

    private static bool AreTogether(Conversation a, Conversation b, TimeTolerance tolerance) =>
        Int128.Abs((Int128)b.First.Time - a.First.Time) <= tolerance.Absolute.Nanoseconds;
}
