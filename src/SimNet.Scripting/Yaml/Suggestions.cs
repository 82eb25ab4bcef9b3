namespace SimNet.Scripting.Yaml;

/// <summary>"Did you mean": the known name nearest to what was written.</summary>
public static class Suggestions
{
    /// <summary>
    /// What would be right: <c>did you mean `client`?</c> when a name is near, otherwise the known names, when they are few.
    /// </summary>
    public static string For(string found, IEnumerable<string> known, string what)
    {
        string[] names = [.. known];
        string? nearest = Nearest(found, names);
        if (nearest is not null)
        {
            return $"; did you mean `{nearest}`?";
        }

        return names.Length switch
        {
            0 => $"; there are no {what}",
            <= 16 => $"; {what}: {string.Join(", ", names)}",
            _ => "",
        };
    }

    /// <summary>The name with the smallest edit distance, if that is at most about a third of its length.</summary>
    public static string? Nearest(string found, IReadOnlyList<string> names)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string name in names)
        {
            int distance = Distance(Fold(found), Fold(name));
            if (distance < bestDistance && distance <= Math.Max(1, Math.Min(name.Length, found.Length) / 3))
            {
                best = name;
                bestDistance = distance;
            }
        }

        return best ?? NearestByEnd(found, names);
    }

    // `tcp_syn_retries` for `net.ipv4.tcp_syn_retries`, `RetransSegs` for `TcpRetransSegs`.
    private static string? NearestByEnd(string found, IReadOnlyList<string> names) =>
        found.Length < 4 ? null : names.FirstOrDefault(n => n.EndsWith(found, StringComparison.OrdinalIgnoreCase));

    // Case, and which of dash and underscore it is, are the most usual mistakes and count nothing.
    private static string Fold(string text) => text.ToLowerInvariant().Replace('_', '-');

    /// <summary>Edit distance with swapped neighbours counted once (optimal string alignment).</summary>
    public static int Distance(string a, string b)
    {
        int[,] table = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        Math.Min(table[i - 1, j], table[i, j - 1]) + 1,
                        table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];
    }
}
