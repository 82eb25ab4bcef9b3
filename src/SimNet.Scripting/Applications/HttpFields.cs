namespace SimNet.Scripting.Applications;

/// <summary>The field lines of a message in their order (RFC 9110 §5).</summary>
internal sealed class HttpFields
{
    private readonly List<(string Name, string Value)> _lines = [];

    public int Count => _lines.Count;

    public IReadOnlyList<(string Name, string Value)> Lines => _lines;

    public void Add(string name, string value) => _lines.Add((name, value));

    public void Clear() => _lines.Clear();

    /// <summary>Continues the last value (RFC 9112 §5.2, obs-fold): a space stands for the line's end.</summary>
    public void Fold(string more) => _lines[^1] = (_lines[^1].Name, (_lines[^1].Value + " " + more).Trim());

    public bool Has(string name) => _lines.Exists(l => Same(l.Name, name));

    /// <summary>The first value; null when there is none.</summary>
    public string? First(string name)
    {
        foreach ((string own, string value) in _lines)
        {
            if (Same(own, name))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>All members of a field that is a list (RFC 9110 §5.6.1), over all its lines; empty members do not count.</summary>
    public List<string> Members(string name) =>
    [
        .. _lines.Where(l => Same(l.Name, name)).SelectMany(l => l.Value.Split(',')).Select(m => m.Trim(' ', '\t')).Where(m => m.Length > 0),
    ];

    /// <summary>True when a list field has this member, whatever its case.</summary>
    public bool HasMember(string name, string member) => Members(name).Exists(m => Same(m, member));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
