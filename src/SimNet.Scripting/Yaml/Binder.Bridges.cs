using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Ports to a real network.</summary>
internal sealed partial class Binder
{
    private readonly List<BridgeDefinition> _bridges = [];

    private void Bridges(MapReader map)
    {
        if (map.Find("bridges") is not { } node)
        {
            return;
        }

        if (node.Kind == NodeKind.Sequence)
        {
            foreach (ScriptNode item in node.Items)
            {
                if (_values.Text(item, "bridges") is { } name)
                {
                    AddBridge(item, new BridgeDefinition(name, Position: item.Position));
                }
            }

            return;
        }

        foreach (ScriptEntry entry in map.Entries("bridges"))
        {
            if (MapReader.Open(entry.Value, Shapes.Bridge, _errors, entry.Key.Text) is { } reader)
            {
                AddBridge(entry.Key, new BridgeDefinition(entry.Key.Text, reader.Text("device"), entry.Key.Position) { Offload = reader.Boolean("offload") ?? false });
            }
        }
    }

    private void AddBridge(ScriptNode name, BridgeDefinition definition)
    {
        if (definition.Name.Length == 0 || !definition.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            _values.Wrong(name, "bridges", "a name of letters, digits, `-` and `_`");
        }
        else if (_hosts.Exists(h => h.Name == definition.Name) || _switches.Exists(s => s.Name == definition.Name) || IsBridge(definition.Name))
        {
            _errors.Add(name.Position, $"duplicate name `{definition.Name}`: a host, a switch or another bridge has it already");
        }
        else
        {
            _bridges.Add(definition);
        }
    }

    private bool IsBridge(string text) => _bridges.Exists(b => b.Name == text);

    /// <summary>An end of a link, or a place to capture at.</summary>
    private static InterfaceName BridgePoint(string name) => new(name, "");
}
