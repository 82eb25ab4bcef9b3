using System.Globalization;

namespace SimNet.Scripting.Yaml;

/// <summary>Changes values of a script before it is bound, as <c>--set links[0].delay=10ms</c> or <c>links.0.delay=10ms</c> asks.</summary>
internal static class ScriptOverrides
{
    // hosts.client or links[0]: from there on a mapping that the script left out is added on the way.
    private const int ElementDepth = 2;

    /// <summary>Applies <c>path=value</c>; the value is a scalar, or YAML in flow form.</summary>
    public static void Apply(ScriptNode root, string setting, ErrorList errors)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        var position = new SourcePosition($"--set {setting}", 0, 0);
        if (equals <= 0)
        {
            errors.Add(position, "a setting has the form path=value, like links[0].delay=10ms");
            return;
        }

        var valueErrors = new ErrorList();
        string text = setting[(equals + 1)..];
        ScriptNode? parsed = text.Length == 0 ? null : NodeReader.Read(text, "", valueErrors);
        if (valueErrors.Count > 0)
        {
            errors.Add(position, "the value is not well-formed YAML");
            return;
        }

        ScriptNode value = Replaced(parsed, position);
        string[] steps = [.. Steps(setting[..equals])];
        ScriptNode node = root;
        for (int i = 0; i < steps.Length; i++)
        {
            ScriptNode? last = i == steps.Length - 1 ? value : null;
            ScriptNode? next = node.Kind == NodeKind.Sequence || steps[i][0] == '['
                ? Item(node, steps[i], last, position, errors)
                : Key(node, steps[i], last, position, errors, mayAdd: i >= ElementDepth);
            if (next is null)
            {
                return;
            }

            bool isShortHost = last is null && i == ElementDepth - 1 && steps[0] == "hosts" && next.Kind == NodeKind.Scalar && !next.IsNull;
            node = isShortHost ? LongHost(node, next, position) : next;
        }
    }

    // `client: 10.0.0.1/24` says the same as `client: {address: 10.0.0.1/24}`, and has room for more.
    private static ScriptNode LongHost(ScriptNode hosts, ScriptNode address, SourcePosition position)
    {
        int at = hosts.Entries.FindIndex(e => ReferenceEquals(e.Value, address));
        var host = new ScriptNode { Kind = NodeKind.Mapping, Position = address.Position };
        host.Entries.Add(new ScriptEntry(new ScriptNode { Kind = NodeKind.Scalar, Position = position, Text = "address" }, address));
        hosts.Entries[at] = new ScriptEntry(hosts.Entries[at].Key, host);
        return host;
    }

    // A value given on the command line has the command line as its place.
    private static ScriptNode Replaced(ScriptNode? parsed, SourcePosition position)
    {
        var node = new ScriptNode
        {
            Kind = parsed?.Kind ?? NodeKind.Scalar,
            Position = position,
            Text = parsed?.Text ?? "",
            Quoted = parsed?.Quoted ?? false,
        };
        node.Items.AddRange(parsed?.Items.Select(i => Replaced(i, position)) ?? []);
        node.Entries.AddRange(parsed?.Entries.Select(e => new ScriptEntry(Replaced(e.Key, position), Replaced(e.Value, position))) ?? []);
        return node;
    }

    private static IEnumerable<string> Steps(string path)
    {
        // Names of kernel settings hold dots: the rest of the path is one name.
        int sysctls = path.IndexOf(".sysctls.", StringComparison.Ordinal);
        string name = sysctls < 0 ? "" : path[(sysctls + ".sysctls.".Length)..];
        string before = sysctls < 0 ? path : path[..(sysctls + ".sysctls".Length)];
        foreach (string part in before.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            int bracket = part.IndexOf('[', StringComparison.Ordinal);
            if (bracket != 0)
            {
                yield return bracket < 0 ? part : part[..bracket];
            }

            foreach (string index in bracket < 0 ? [] : part[bracket..].Split('[', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return "[" + index;
            }
        }

        if (name.Length > 0)
        {
            yield return name;
        }
    }

    private static ScriptNode? Item(ScriptNode node, string step, ScriptNode? value, SourcePosition position, ErrorList errors)
    {
        if (!int.TryParse(step.AsSpan().TrimStart('[').TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            || node.Kind != NodeKind.Sequence || index >= node.Items.Count)
        {
            int count = node.Kind == NodeKind.Sequence ? node.Items.Count : 0;
            errors.Add(position, string.Create(CultureInfo.InvariantCulture, $"there is no item [{step.TrimStart('[').TrimEnd(']')}] here; the list has {count} {(count == 1 ? "item" : "items")}, counted from 0"));
            return null;
        }

        if (value is not null)
        {
            node.Items[index] = value;
        }

        return node.Items[index];
    }

    private static ScriptNode? Key(ScriptNode node, string step, ScriptNode? value, SourcePosition position, ErrorList errors, bool mayAdd)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            errors.Add(position, $"`{step}` is not there: what stands there is {node.Describe()}");
            return null;
        }

        int at = node.Entries.FindIndex(e => e.Key.Text == step);
        if (at < 0 && value is null && mayAdd)
        {
            value = new ScriptNode { Kind = NodeKind.Mapping, Position = position };
        }

        if (at < 0 && value is null)
        {
            errors.Add(position, $"there is no `{step}` here" + Suggestions.For(step, node.Entries.Select(e => e.Key.Text), "keys"));
            return null;
        }

        if (value is not null)
        {
            ScriptNode key = at >= 0 ? node.Entries[at].Key : new ScriptNode { Kind = NodeKind.Scalar, Position = position, Text = step };
            var entry = new ScriptEntry(key, value);
            if (at < 0)
            {
                node.Entries.Add(entry);
            }
            else
            {
                node.Entries[at] = entry;
            }

            return value;
        }

        return node.Entries[at].Value;
    }
}
