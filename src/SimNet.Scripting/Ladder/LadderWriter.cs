using System.Globalization;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Ladder;

/// <summary>Draws a run as a ladder: time, both sides' states and calls, and the packets between them.</summary>
public static class LadderWriter
{
    private const int TimeWidth = 10;
    private const int CellWidth = 13;
    private const int LastCellWidth = 12;

    /// <summary>The lines of the ladder, none longer than the width asked for.</summary>
    public static IReadOnlyList<string> Write(RunResult run, LadderOptions? options = null)
    {
        return Write(LadderBuilder.Build(run), options ?? new LadderOptions());
    }

    /// <summary>The lines of these pages.</summary>
    internal static IReadOnlyList<string> Write(IReadOnlyList<LadderPage> pages, LadderOptions options)
    {
        var lines = new List<string>();
        foreach (LadderPage page in pages)
        {
            if (lines.Count > 0)
            {
                lines.Add("");
            }

            Write(page, options, lines);
        }

        return lines;
    }

    private static void Write(LadderPage page, LadderOptions options, List<string> lines)
    {
        int line = Math.Max(options.Width ?? 100, 80) - TimeWidth - 2 - CellWidth - 1 - LastCellWidth;
        ColumnDrawing? columns = page.Columns.Count > 0 ? new ColumnDrawing(page.Columns, Math.Max(options.Width ?? 120, 80) - TimeWidth - 2, options.Ascii) : null;
        lines.Add(columns is null
            ? Row("time", page.Left.ToString(), new string(' ', line), page.Right.ToString())
            : $"{"time",TimeWidth}  {columns.Head()}".TrimEnd());
        bool[] shown = Choose(page.Rows, options.Rows);
        int skipped = 0;
        long bytes = 0;
        for (int i = 0; i < page.Rows.Count; i++)
        {
            LadderRow row = page.Rows[i];
            if (!shown[i])
            {
                skipped += row.Packet is null ? 0 : 1;
                bytes += row.Packet?.Segment?.Length ?? 0;
                continue;
            }

            Gap(skipped, bytes, options, lines);
            (skipped, bytes) = (0, 0);
            if (columns is null)
            {
                Write(row, line, options, lines);
                continue;
            }

            foreach (string text in columns.Draw(row))
            {
                lines.Add($"{(text[0] == ColumnDrawing.Continued ? "" : Seconds(row.Time)),TimeWidth}  {text.TrimStart(ColumnDrawing.Continued)}".TrimEnd());
            }
        }

        Gap(skipped, bytes, options, lines);
    }

    /// <summary>The first, the last, and of the rest what is unusual.</summary>
    private static bool[] Choose(List<LadderRow> rows, int? limit)
    {
        var shown = new bool[rows.Count];
        if (limit is not { } most || rows.Count <= most)
        {
            Array.Fill(shown, true);
            return shown;
        }

        int edge = Math.Max(most / 4, 1);
        int unusual = most - 2 * edge;
        for (int i = 0; i < rows.Count; i++)
        {
            bool inside = i >= edge && i < rows.Count - edge;
            shown[i] = !inside || (rows[i].IsUnusual && unusual-- > 0);
        }

        return shown;
    }

    private static void Gap(int skipped, long bytes, LadderOptions options, List<string> lines)
    {
        if (skipped == 0)
        {
            return;
        }

        string what = skipped == 1 ? "1 packet" : string.Create(CultureInfo.InvariantCulture, $"{skipped:N0} packets");
        string data = bytes > 0 ? string.Create(CultureInfo.InvariantCulture, $" with {bytes:N0} bytes of data") : "";
        lines.Add($"{(options.Ascii ? ":" : "⋮"),TimeWidth}  {what}{data} not shown");
    }

    private static void Write(LadderRow row, int line, LadderOptions options, List<string> lines)
    {
        List<string> left = Merge(row.Left), right = Merge(row.Right);
        int height = Math.Max(1, Math.Max(left.Count, right.Count));
        List<string> arrow = row.Packet is null ? [] : Arrow(row, line, options);
        for (int i = 0; i < Math.Max(height, arrow.Count); i++)
        {
            string time = i == 0 ? Seconds(row.Time) : "";
            lines.Add(Row(time, i < left.Count ? left[i] : "", i < arrow.Count ? arrow[i] : new string(' ', line), i < right.Count ? right[i] : ""));
        }
    }

    private static List<string> Merge(List<string> cell) => [.. cell.Distinct().SelectMany(words => words.Split('\n'))];

    private static string Row(string time, string left, string line, string right) =>
        $"{time,TimeWidth}  {left,-CellWidth}{line} {right}".TrimEnd();

    private static string Seconds(Instant time) =>
        ((time.Nanoseconds + 500) / 1000 / 1_000_000m).ToString("0.000000", CultureInfo.InvariantCulture);

    /// <summary>The arrow with its text, which goes on below when it is long.</summary>
    private static List<string> Arrow(LadderRow row, int width, LadderOptions options)
    {
        (char dash, string right, string leftHead, string cross) = options.Ascii ? ('-', ">", "<", "X") : ('─', "▶", "◀", "✗");
        string text = row.Text;
        string rest = "";
        string end = row.Packet!.Lost is { } reason ? $"{cross} {reason}" : "";
        int room = width - 6 - end.Length;
        if (text.Length > room)
        {
            // A SYN's options stay together.
            int syn = text.IndexOf(" mss ", StringComparison.Ordinal);
            int cut = syn > 0 && syn <= room ? syn : text.LastIndexOf(' ', room);
            cut = cut <= 0 ? room : cut;
            (text, rest) = (text[..cut], text[cut..].TrimStart());
        }

        string shaft = new(dash, Math.Max(width - text.Length - 5 - end.Length, 1));
        string arrow = (row.Rightward, end.Length > 0) switch
        {
            (true, false) => $"{dash}{dash} {text} {shaft}{right}",
            (true, true) => $"{dash}{dash} {text} {shaft}{dash}{end}",
            (false, false) => $"{leftHead}{shaft} {text} {dash}{dash}",
            (false, true) => $"{Mirror(end)}{dash}{shaft} {text} {dash}{dash}",
        };
        return rest.Length == 0 ? [Fit(arrow, width)] : [Fit(arrow, width), Fit("   " + rest, width)];
    }

    private static string Mirror(string end) => end[2..] + " " + end[0];

    private static string Fit(string text, int width) => text.Length > width ? text[..width] : text.PadRight(width);
}
