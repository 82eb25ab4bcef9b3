namespace SimNet.Scripting.Ladder;

/// <summary>
/// Draws a row of a ladder with three or four hosts: a line for each host, arrows from sender to receiver across the lines between them,
/// and below, beside each line, what its host does.
/// </summary>
internal sealed class ColumnDrawing
{
    /// <summary>Begins a line that has no time of its own.</summary>
    public const char Continued = '\0';

    private readonly IReadOnlyList<string> _hosts;
    private readonly int _width;
    private readonly int[] _at;
    private readonly char _line, _cross, _dash, _right, _left, _lost;

    public ColumnDrawing(IReadOnlyList<string> hosts, int width, bool ascii)
    {
        _hosts = hosts;
        _width = width;
        _at = [.. Enumerable.Range(0, hosts.Count).Select(i => i * (width - 1) / (hosts.Count - 1))];
        (_line, _cross, _dash, _right, _left, _lost) = ascii ? ('|', '+', '-', '>', '<', 'X') : ('│', '┼', '─', '▶', '◀', '✗');
    }

    /// <summary>The hosts' names above their lines.</summary>
    public string Head()
    {
        var line = new char[_width];
        Array.Fill(line, ' ');
        for (int i = 0; i < _hosts.Count; i++)
        {
            string name = _hosts[i].Length > Span - 2 ? _hosts[i][..(Span - 2)] : _hosts[i];
            int start = i == 0 ? 0 : i == _hosts.Count - 1 ? _width - name.Length : _at[i] - name.Length / 2;
            name.CopyTo(line.AsSpan(start));
        }

        return new string(line);
    }

    /// <summary>The lines of a row; all but the first begin with <see cref="Continued"/>.</summary>
    public IReadOnlyList<string> Draw(LadderRow row)
    {
        var lines = new List<char[]>();
        int left = row.Packet is null ? row.From : Math.Min(row.From, row.To), right = Math.Max(row.From, row.To);
        if (row.Packet is not null)
        {
            Arrow(row, lines);
        }

        Notes(row.Left, left, lines, row.Packet is null ? 0 : 1);
        Notes(row.Right, right, lines, row.Packet is null ? 0 : 1);
        return [.. lines.Select((l, i) => (i == 0 ? "" : Continued.ToString()) + new string(l))];
    }

    private int Span => _at[1] - _at[0];

    private char[] Blank()
    {
        var line = new char[_width];
        Array.Fill(line, ' ');
        foreach (int at in _at)
        {
            line[at] = _line;
        }

        return line;
    }

    private void Arrow(LadderRow row, List<char[]> lines)
    {
        bool rightward = row.To >= row.From;
        int from = _at[Math.Min(row.From, row.To)] + 1, to = _at[Math.Max(row.From, row.To)] - 1;
        string end = row.Packet!.Lost is { } reason ? rightward ? $"{_lost} {reason}" : $"{reason} {_lost}" : (rightward ? _right : _left).ToString();
        int room = to - from + 1;
        end = end.Length > room - 8 ? (rightward ? end[..(room - 8)] : end[^(room - 8)..]) : end;
        List<string> words = Wrap(row.Text, room - end.Length - 6);
        char[] line = Blank();
        for (int i = from; i <= to; i++)
        {
            line[i] = line[i] == _line ? _cross : _dash;
        }

        string text = $" {words[0]} ";
        text.CopyTo(line.AsSpan(rightward ? from + 2 : to - 1 - text.Length));
        end.CopyTo(line.AsSpan(rightward ? to - end.Length + 1 : from));
        lines.Add(line);
        foreach (string rest in words.Skip(1))
        {
            char[] below = Blank();
            rest.CopyTo(below.AsSpan(rightward ? from + 3 : to - 2 - rest.Length));
            lines.Add(below);
        }
    }

    /// <summary>A SYN's options stay together, and what an error is about; what does not fit goes on below.</summary>
    private static List<string> Wrap(string text, int room)
    {
        var lines = new List<string>();
        while (text.Length > room)
        {
            int options = Math.Max(text.IndexOf(" mss ", StringComparison.Ordinal), text.IndexOf(" about ", StringComparison.Ordinal));
            int cut = options > 0 && options <= room ? options : text.LastIndexOf(' ', room);
            cut = cut <= 0 ? room : cut;
            lines.Add(text[..cut]);
            text = text[cut..].TrimStart();
        }

        lines.Add(text);
        return lines;
    }

    private void Notes(List<string> notes, int column, List<char[]> lines, int first)
    {
        int at = first;
        foreach (string note in notes.Distinct().SelectMany(n => n.Split('\n')))
        {
            bool last = column == _hosts.Count - 1;
            string text = note.Length > Span - 4 ? note[..(Span - 4)] : note;
            int start = last ? _at[column] - 1 - text.Length : _at[column] + 2;
            while (at < lines.Count && lines[at].AsSpan(start - 1, Math.Min(text.Length + 2, _width - start + 1)).IndexOfAnyExcept(' ', _line) >= 0)
            {
                at++;
            }

            if (at == lines.Count)
            {
                lines.Add(Blank());
            }

            text.CopyTo(lines[at].AsSpan(start));
            at++;
        }
    }
}
