using System.Globalization;
using System.Text;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>Counts what became of mutants, and prints the table.</summary>
internal sealed class MutationReport
{
    private static readonly CultureInfo C = CultureInfo.InvariantCulture;

    private readonly SortedDictionary<MutationKind, Row> _rows = [];
    private readonly SortedSet<string> _subjects = new(StringComparer.Ordinal);

    /// <summary>Survivors that nothing excuses.</summary>
    public List<string> Unexcused { get; } = [];

    /// <summary>Every survivor with its rule.</summary>
    public List<string> Survivors { get; } = [];

    /// <summary>Mutants that failed, but at another line than the changed one.</summary>
    public List<string> FailedElsewhere { get; } = [];

    public int Count => _rows.Values.Sum(r => r.Count);

    /// <summary>Runs a mutant as the text that the writer makes of it.</summary>
    public void Judge(MutationSubject subject, Mutant mutant)
    {
        _subjects.Add(subject.Name);
        if (!_rows.TryGetValue(mutant.Kind, out Row? row))
        {
            _rows[mutant.Kind] = row = new Row();
        }

        row.Count++;
        MutationSubject.Verdict verdict = MutationSubject.Run(subject.Name, PacketdrillWriter.Write(mutant.Script), subject.Options);
        if (verdict.Passed is not { } changed)
        {
            row.Refused += verdict.IsRefused ? 1 : 0;
            row.Failed += verdict.IsRefused ? 0 : 1;
            if (!verdict.IsRefused && verdict.FailedAt != mutant.Index + (mutant.Kind == MutationKind.OutboundDoubled ? 1 : 0))
            {
                FailedElsewhere.Add($"{Describe(subject, mutant)}: {verdict.Failure}");
            }

            return;
        }

        IReadOnlyCollection<Excuse> rules = Excuses.For(subject, mutant, changed);
        string label = string.Join(" + ", rules.Select(r => r.Name));
        string entry = $"{Describe(subject, mutant)}: {label}";
        if (rules.Count == 0)
        {
            row.Unexcused++;
            Unexcused.Add(entry);
            return;
        }

        Survivors.Add(entry);
        row.Excused[label] = row.Excused.GetValueOrDefault(label) + 1;
    }

    private static string Describe(MutationSubject subject, Mutant mutant)
    {
        ScriptEvent before = subject.Script.Events[mutant.Index];
        string now = mutant.Shift < 0 ? "(deleted)" : PacketdrillWriter.Write(mutant.Script.Events[mutant.Index + mutant.Shift]);
        return $"{mutant.Kind} {subject.Name}:{before.Position.Line.ToString(C)}: `{PacketdrillWriter.Write(before)}` -> `{now}`".ReplaceLineEndings(" ");
    }

    /// <summary>The table in Markdown, and the legend of the rules that it names.</summary>
    public string Table()
    {
        StringBuilder text = new();
        text.Append(C, $"{_subjects.Count} scripts, {Count} mutants.\n\n");
        text.Append("| Change | Mutants | Fail | Refused | Excused | Unexcused | By which rule |\n|---|--:|--:|--:|--:|--:|---|\n");
        foreach ((MutationKind kind, Row row) in _rows)
        {
            Append(Title(kind), row);
        }

        Row all = new()
        {
            Count = Count,
            Failed = _rows.Values.Sum(r => r.Failed),
            Refused = _rows.Values.Sum(r => r.Refused),
            Unexcused = _rows.Values.Sum(r => r.Unexcused),
        };
        all.Excused["all"] = _rows.Values.Sum(r => r.Excused.Values.Sum());
        text.Append(C, $"| **all** | {all.Count} | {all.Failed} | {all.Refused} | {all.Excused["all"]} | {all.Unexcused} | |\n\n");
        foreach (Excuse rule in Excuses.All)
        {
            if (_rows.Values.Any(r => r.Excused.Keys.Any(k => k.Split(" + ").Contains(rule.Name))))
            {
                text.Append(C, $"- **{rule.Name}**: {rule.Sentence} ({rule.Source})\n");
            }
        }

        return text.ToString();

        void Append(string title, Row row)
        {
            string by = string.Join("; ", row.Excused.Select(e => string.Create(C, $"{e.Key}: {e.Value}")));
            text.Append(C, $"| {title} | {row.Count} | {row.Failed} | {row.Refused} | {row.Excused.Values.Sum()} | {row.Unexcused} | {by} |\n");
        }
    }

    // `FlagAdded` as `flag added`.
    private static string Title(MutationKind kind) => kind switch
    {
        MutationKind.IpHeader => "IP header field",
        MutationKind.Time => "expected time",
        MutationKind.CallAnswer => "what a call hands out",
        _ => string.Concat(kind.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}")),
    };

    private sealed class Row
    {
        public int Count { get; set; }

        public int Failed { get; set; }

        public int Refused { get; set; }

        public int Unexcused { get; set; }

        public SortedDictionary<string, int> Excused { get; } = new(StringComparer.Ordinal);
    }
}
