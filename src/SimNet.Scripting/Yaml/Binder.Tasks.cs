using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Programs: which there are, and which words and signals they use.</summary>
internal sealed partial class Binder
{
    private readonly HashSet<string> _signals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourcePosition> _labels = new(StringComparer.Ordinal);

    private List<TaskDefinition> Tasks(MapReader map)
    {
        var tasks = new List<TaskDefinition>();
        IReadOnlyList<ScriptEntry> applications = map.Entries("applications");
        foreach (ScriptEntry entry in applications)
        {
            CollectSignals(entry.Value);
        }

        foreach (ScriptEntry entry in applications)
        {
            if (HostName(entry.Key, "applications") is not { } host)
            {
                continue;
            }

            var names = new HashSet<string>(StringComparer.Ordinal);
            CollectSockets(entry.Value, names);
            HashSet<string> taken = [.. names];
            if (entry.Value.Kind == NodeKind.Mapping)
            {
                tasks.AddRange(entry.Value.Entries.Select(task => new TaskDefinition(host, task.Key.Text, Program(task.Value, host, task.Key.Text, names, taken))));
            }
            else
            {
                tasks.Add(new TaskDefinition(host, "main", Program(entry.Value, host, "main", names, taken)));
            }
        }

        return tasks;
    }

    private List<Statement> Program(ScriptNode node, string host, string program, HashSet<string> sockets, HashSet<string> taken) =>
        new StatementBinder(this, host, program, sockets, taken).Bind(node);

    private void CollectSignals(ScriptNode node)
    {
        if (node.Kind == NodeKind.Mapping && node.Find("signal") is { Kind: NodeKind.Scalar } signal)
        {
            _signals.Add(signal.Text);
        }

        foreach (ScriptNode child in node.Items.Concat(node.Entries.Select(e => e.Value)))
        {
            CollectSignals(child);
        }
    }

    /// <summary>The names that a host's programs give to sockets; they share them.</summary>
    private static void CollectSockets(ScriptNode node, HashSet<string> names)
    {
        if (node.Kind == NodeKind.Mapping)
        {
            foreach (ScriptEntry task in node.Entries)
            {
                CollectSockets(task.Value, names);
            }
        }

        foreach (ScriptNode statement in node.Items.Where(s => s.Kind == NodeKind.Mapping))
        {
            bool alone = !statement.Entries.Exists(e => e.Key.Text != "socket" && Shapes.StatementWords.Any(w => w.Name == e.Key.Text));
            AddName(alone ? statement.Find("socket") : null, "name", names);
            AddName(statement.Find("accept"), "as", names);
            statement.Entries.Where(e => e.Value.Kind == NodeKind.Mapping && Shapes.IsApplication(e.Key.Text)).ToList().ForEach(e => AddName(e.Value, "socket", names));
            if (statement.Find("repeat") is { Kind: NodeKind.Mapping } repeat && repeat.Find("do") is { Kind: NodeKind.Sequence } body)
            {
                CollectSockets(body, names);
            }
        }
    }

    private static void AddName(ScriptNode? node, string key, HashSet<string> names)
    {
        ScriptNode? name = node?.Kind == NodeKind.Mapping ? node.Find(key) : node;
        if (name is { Kind: NodeKind.Scalar, Text.Length: > 0 })
        {
            names.Add(name.Text);
        }
    }
}
