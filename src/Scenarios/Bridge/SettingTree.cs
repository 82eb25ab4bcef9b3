using System.Text;

namespace Scenarios.Bridge;

/// <summary>
/// A setting of a link as it stands on a command line, made YAML: a value like <c>10Mbit</c>, a list like <c>packets=100,codel.target=5ms</c>
/// whose dots lead inwards, or a mapping in braces as a scenario has it, which stays as it is.
/// </summary>
internal sealed class SettingTree
{
    private readonly List<(string Key, SettingTree Node)> _entries = [];
    private string? _value;

    /// <summary>Reads one.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="key">The setting's name; null: it is a list of settings.</param>
    /// <exception cref="SimException">It has no sense.</exception>
    public static SettingTree Parse(string text, string? key)
    {
        string inner = text.Trim();
        if (inner.Contains('\n', StringComparison.Ordinal) || inner.Length == 0)
        {
            throw Mistake("this says nothing");
        }

        if (inner[0] == '{')
        {
            return new SettingTree { _value = inner };
        }

        var tree = new SettingTree();
        if (key is not null && !inner.Contains('=', StringComparison.Ordinal) && !(key == "queue" && inner == "codel"))
        {
            tree._value = inner;
            return tree;
        }

        foreach (string item in inner.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] parts = item.Split('=', 2, StringSplitOptions.TrimEntries);
            tree.Add(parts[0].Split('.'), parts.Length == 2 ? parts[1] : null, item);
        }

        tree.NameTheModelOfLosses(key);
        return tree;
    }

    /// <summary>In YAML, on one line.</summary>
    public string ToYaml()
    {
        if (_value is not null)
        {
            return _value.StartsWith('{') ? _value : Quoted(_value);
        }

        return "{" + string.Join(", ", _entries.Select(e => $"{Quoted(e.Key)}: {e.Node.ToYaml()}")) + "}";
    }

    private static string Quoted(string text)
    {
        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '%' or '-' or '_') && text[0] is not ('%' or '-'))
        {
            return text;
        }

        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            quoted.Append(c is '"' or '\\' ? "\\" : "").Append(char.IsControl(c) ? ' ' : c);
        }

        return quoted.Append('"').ToString();
    }

    private static SimException Mistake(string what) =>
        SimException.BadRequest($"{what}; right is a value like 10Mbit, or a list like delay=10ms,queue.packets=50");

    private void Add(ReadOnlySpan<string> path, string? value, string item)
    {
        string key = path[0];
        if (key.Length == 0)
        {
            throw Mistake($"`{item}` has no name");
        }

        int index = _entries.FindIndex(e => e.Key == key);
        SettingTree node = index >= 0 ? _entries[index].Node : new SettingTree();
        if (index >= 0 && (path.Length == 1 || node._value is not null))
        {
            throw Mistake($"`{key}` is said twice");
        }

        if (index < 0)
        {
            _entries.Add((key, node));
        }

        if (path.Length > 1)
        {
            node.Add(path[1..], value, item);
        }
        else
        {
            node._value = value;
        }
    }

    /// <summary>Losses in bursts need not say the name of their only model: <c>loss.p=1%,loss.r=10%</c>.</summary>
    private void NameTheModelOfLosses(string? key)
    {
        const string Model = "gilbert-elliott";
        if (key is null)
        {
            _entries.Find(e => e.Key == "loss").Node?.NameTheModelOfLosses("loss");
        }
        else if (key == "loss" && _entries.Count > 0 && _entries[0].Key != Model)
        {
            var model = new SettingTree();
            model._entries.AddRange(_entries);
            _entries.Clear();
            _entries.Add((Model, model));
        }
    }
}
