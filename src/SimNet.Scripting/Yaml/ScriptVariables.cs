namespace SimNet.Scripting.Yaml;

/// <summary>Puts the values of <c>variables</c> where the script says <c>${name}</c>, before anything is bound.</summary>
internal sealed class ScriptVariables
{
    private const string Section = "variables";

    // Prose, and what works on the variables themselves.
    private static readonly string[] Untouched = [Section, "sweep", "title", "description"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<ScriptNode> _done = new(ReferenceEqualityComparer.Instance);
    private readonly ErrorList _errors;

    private ScriptVariables(ErrorList errors) => _errors = errors;

    /// <summary>The names that a script declares, in its order.</summary>
    public static IReadOnlyList<string> Names(ScriptNode root) =>
        root.Find(Section) is { Kind: NodeKind.Mapping } section ? [.. section.Entries.Select(e => e.Key.Text)] : [];

    /// <summary>Substitutes in place. A script without variables is left alone, so that <c>${</c> is text there.</summary>
    public static void Substitute(ScriptNode root, ErrorList errors)
    {
        if (root.Find(Section) is not { Kind: NodeKind.Mapping } section)
        {
            return;
        }

        var variables = new ScriptVariables(errors);
        foreach (ScriptEntry entry in section.Entries)
        {
            if (entry.Value.Kind != NodeKind.Scalar)
            {
                errors.Add(entry.Value.Position, $"variable `{entry.Key.Text}`: found {entry.Value.Describe()} where one value is right");
                return;
            }

            variables._values[entry.Key.Text] = entry.Value.Text;
        }

        foreach (ScriptEntry entry in root.Entries.Where(e => !Untouched.Contains(e.Key.Text)))
        {
            variables.Walk(entry.Value);
        }
    }

    private void Walk(ScriptNode node)
    {
        // An alias is the same node again.
        if (!_done.Add(node))
        {
            return;
        }

        if (node.Kind == NodeKind.Scalar)
        {
            node.Text = Replace(node);
        }

        node.Items.ForEach(Walk);
        node.Entries.ForEach(e => Walk(e.Value));
    }

    private string Replace(ScriptNode node)
    {
        var text = new System.Text.StringBuilder();
        int done = 0;
        for (int at = Next(node.Text, 0); at >= 0; at = Next(node.Text, done))
        {
            int end = node.Text.IndexOf('}', at);
            if (end < 0)
            {
                _errors.Add(node.Position, $"`{node.Text[at..]}` has no `}}`; a variable is written `${{name}}`");
                break;
            }

            string name = node.Text[(at + 2)..end];
            if (!_values.TryGetValue(name, out string? value))
            {
                _errors.Add(node.Position, $"unknown variable `{name}`" + Suggestions.For(name, _values.Keys.Order(StringComparer.Ordinal), Section));
            }

            text.Append(node.Text.AsSpan(done, at - done)).Append(value);
            done = end + 1;
        }

        return text.Append(node.Text.AsSpan(done)).ToString();
    }

    private static int Next(string text, int from) => text.IndexOf("${", from, StringComparison.Ordinal);
}
