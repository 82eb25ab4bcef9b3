using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>
/// Reads the values of one mapping by its <see cref="Shape"/>. Unknown and missing keys are reported when it is made; a getter
/// gives null when the key is absent or its value wrong (which is reported).
/// </summary>
internal sealed class MapReader
{
    private readonly Shape _shape;
    private readonly ErrorList _errors;
    private readonly Values _values;

    public MapReader(ScriptNode node, Shape shape, ErrorList errors)
    {
        Node = node;
        _shape = shape;
        _errors = errors;
        _values = new Values(errors);
        CheckKeys();
    }

    /// <summary>A reader for a node that must be a mapping; null after an error.</summary>
    public static MapReader? Open(ScriptNode node, Shape shape, ErrorList errors, string what)
    {
        if (node.Kind == NodeKind.Mapping)
        {
            return new MapReader(node, shape, errors);
        }

        string keys = string.Join(", ", shape.Keys.Take(6).Select(k => k.Name));
        errors.Add(node.Position, $"{what}: found {node.Describe()} where a mapping is right" + (keys.Length > 0 ? $" (keys: {keys})" : ""));
        return null;
    }

    public ScriptNode Node { get; }

    public SourcePosition Position => Node.Position;

    public bool Has(string key) => Find(key) is not null;

    public ScriptNode? Find(string key)
    {
        if (_shape.Find(key) is null)
        {
            throw new InvalidOperationException($"The shape '{_shape.Name}' does not declare '{key}'.");
        }

        return Node.Find(key);
    }

    /// <summary>The keys that the shape does not name: the user's own.</summary>
    public IEnumerable<ScriptEntry> OtherEntries() => Node.Entries.Where(e => _shape.Find(e.Key.Text) is null);

    public string? Text(string key) => Find(key) is { } node ? _values.Text(node, key) : null;

    public int? Integer(string key, long least, long most) => Find(key) is { } node ? (int?)_values.Integer(node, key, least, most) : null;

    public long? Long(string key, long least, long most) => Find(key) is { } node ? _values.Integer(node, key, least, most) : null;

    public bool? Boolean(string key) => Find(key) is { } node ? _values.Boolean(node, key) : null;

    public Duration? Duration(string key) => Find(key) is { } node ? _values.Duration(node, key) : null;

    public DataRate? Rate(string key) => Find(key) is { } node ? _values.Rate(node, key) : null;

    public long? Size(string key) => Find(key) is { } node ? _values.Size(node, key) : null;

    public Probability? Probability(string key) => Find(key) is { } node ? _values.Probability(node, key) : null;

    public NumberCondition? Condition(string key) => Find(key) is { } node ? _values.Condition(node, key) : null;

    public Timestamp? Timestamp(string key) => Find(key) is { } node ? _values.Timestamp(node, key) : null;

    public TcpFlags? Flags(string key) => Find(key) is { } node ? _values.Flags(node, key) : null;

    public string? Word(string key, params string[] words) => Find(key) is { } node ? _values.Word(node, key, words) : null;

    /// <summary>The time under <paramref name="key"/> with the tolerance under <c>within</c>.</summary>
    public TimeCondition? Time(string key) =>
        Duration(key) is { } value ? new TimeCondition(value, Duration("within") ?? SimStack.Duration.Zero) : null;

    /// <summary>The nodes of a list; empty when the key is absent or not a list (which is reported).</summary>
    public IReadOnlyList<ScriptNode> List(string key) => Find(key) is { } node ? Items(node, key, _errors) : [];

    /// <summary>The nodes of a list; empty when it is none, which is reported.</summary>
    public static IReadOnlyList<ScriptNode> Items(ScriptNode node, string what, ErrorList errors)
    {
        if (node.Kind != NodeKind.Sequence)
        {
            errors.Add(node.Position, $"{what}: found {node.Describe()} where a list is right");
            return [];
        }

        return node.Items;
    }

    /// <summary>The entries of a mapping of the user's own names.</summary>
    public IReadOnlyList<ScriptEntry> Entries(string key)
    {
        ScriptNode? node = Find(key);
        if (node is null)
        {
            return [];
        }

        if (node.Kind != NodeKind.Mapping)
        {
            _errors.Add(node.Position, $"{key}: found {node.Describe()} where a mapping is right");
            return [];
        }

        return node.Entries;
    }

    private void CheckKeys()
    {
        foreach (ScriptEntry entry in Node.Entries)
        {
            string key = entry.Key.Text;
            bool own = _shape.OtherKeys is not null && (_shape.OtherPattern is null || key.Contains(_shape.OtherPattern, StringComparison.Ordinal));
            if (!own && _shape.Find(key) is null)
            {
                string kind = _shape == Shapes.Statement ? "unknown call or key" : "unknown key";
                _errors.Add(entry.Key.Position, $"{kind} `{key}` in {_shape.Name}" + Suggestions.For(key, _shape.Keys.Select(k => k.Name), "keys"));
            }
        }

        foreach (ShapeKey required in _shape.Keys.Where(k => k.Required && Node.Find(k.Name) is null))
        {
            _errors.Add(Node.Position, $"{_shape.Name}: required key `{required.Name}` is missing ({Lower(required.Description)})");
        }

        if (_shape.OneOf.Length > 0)
        {
            CheckOneOf();
        }
    }

    private void CheckOneOf()
    {
        ScriptEntry[] chosen = [.. Node.Entries.Where(e => _shape.OneOf.Contains(e.Key.Text))];
        if (chosen.Length > 1)
        {
            _errors.Add(chosen[1].Key.Position,
                $"{_shape.Name}: `{chosen[0].Key.Text}` and `{chosen[1].Key.Text}` cannot stand together; begin a new list item with `- {chosen[1].Key.Text}:`");
        }
        else if (chosen.Length == 0 && !(_shape == Shapes.Statement && Node.Find("socket") is not null))
        {
            bool unknown = Node.Entries.Any(e => _shape.Find(e.Key.Text) is null);
            if (!unknown)
            {
                _errors.Add(Node.Position, $"{_shape.Name}: one of {string.Join(", ", _shape.OneOf)} is missing");
            }
        }
    }

    private static string Lower(string description) => char.ToLowerInvariant(description[0]) + description[1..].TrimEnd('.');
}
