using System.Text;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Sweeps;

/// <summary>Prints a sweep: as tables for people, as CSV for programs.</summary>
public static class SweepTable
{
    private const string Gap = "  ";

    /// <summary>
    /// A table for each measure, the last axis across; or, where there is one axis or a table would be too wide, a line for each run.
    /// </summary>
    /// <param name="result">What to print.</param>
    /// <param name="width">Columns of text at most, for tables with the last axis across.</param>
    public static IReadOnlyList<string> Print(SweepResult result, int width = 120)
    {
        var lines = new List<string>();
        IReadOnlyList<SweepAxis> axes = result.Sweep.Axes;
        if (axes.Count < 2)
        {
            return Format(List(result));
        }

        for (int measure = 0; measure < result.Sweep.Measures.Count; measure++)
        {
            IReadOnlyList<string> table = Format(Grid(result, measure));
            if (table.Any(l => l.Length > width))
            {
                return Format(List(result));
            }

            string left = table[0][..(table[0].Length - table[0].TrimStart().Length)];
            lines.Add($"{result.Sweep.Measures[measure].Name} ({axes[^1].Name} across)" + (left.Length > 0 ? "" : ":"));
            lines.AddRange(table);
            lines.Add("");
        }

        lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    /// <summary>A line for each run, the axes first, as RFC 4180 has it but with line feeds.</summary>
    public static string Csv(SweepResult result)
    {
        var text = new StringBuilder();
        foreach (string[] row in List(result))
        {
            text.AppendJoin(',', row.Select(Field)).Append('\n');
        }

        return text.ToString();
    }

    private static string Field(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? value == "-" ? "" : value
        : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string[]> List(SweepResult result)
    {
        List<string[]> rows = [[.. result.Sweep.Axes.Select(a => a.Name), .. result.Sweep.Measures.Select(m => m.Name)]];
        rows.AddRange(result.Cells.Select(c => (string[])[.. c.Values, .. c.Measured.Select(m => m.Text)]));
        return rows;
    }

    private static List<string[]> Grid(SweepResult result, int measure)
    {
        IReadOnlyList<SweepAxis> axes = result.Sweep.Axes;
        int across = axes[^1].Values.Count;
        List<string[]> rows = [[.. axes.SkipLast(1).Select(a => a.Name), .. axes[^1].Values]];
        for (int i = 0; i < result.Cells.Count; i += across)
        {
            rows.Add([.. result.Cells[i].Values.SkipLast(1), .. result.Cells.Skip(i).Take(across).Select(c => c.Measured[measure].Text)]);
        }

        return rows;
    }

    // Words stand to the left, numbers to the right.
    private static List<string> Format(List<string[]> rows)
    {
        int columns = rows[0].Length;
        var widths = new int[columns];
        var numeric = new bool[columns];
        for (int c = 0; c < columns; c++)
        {
            widths[c] = rows.Max(r => c < r.Length ? r[c].Length : 0);
            numeric[c] = rows.Skip(1).All(r => c >= r.Length || r[c] is ['-'] or [>= '0' and <= '9', ..]);
        }

        return [.. rows.Select(r => string.Join(Gap, r.Select((t, c) => numeric[c] ? t.PadLeft(widths[c]) : t.PadRight(widths[c]))).TrimEnd())];
    }
}
