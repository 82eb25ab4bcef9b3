using System.Globalization;
using SimNet.Devices;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Switches, and their ports as ends of links.</summary>
internal sealed partial class Binder
{
    private readonly List<SwitchDefinition> _switches = [];

    private void Switches(MapReader map)
    {
        if (map.Find("switches") is not { } node)
        {
            return;
        }

        if (node.Kind == NodeKind.Sequence)
        {
            foreach (ScriptNode item in node.Items)
            {
                if (_values.Text(item, "switches") is { } name)
                {
                    AddSwitch(item, new SwitchDefinition { Name = name, Position = item.Position });
                }
            }

            return;
        }

        foreach (ScriptEntry entry in map.Entries("switches"))
        {
            if (MapReader.Open(entry.Value, Shapes.Switch, _errors, entry.Key.Text) is { } reader)
            {
                AddSwitch(entry.Key, Switch(entry.Key, reader));
            }
        }
    }

    private static SwitchDefinition Switch(ScriptNode name, MapReader map) => new()
    {
        Name = name.Text,
        Ports = map.Integer("ports", 1, SwitchOptions.MaxPorts),
        Ageing = map.Duration("ageing") ?? new SwitchOptions { Name = "" }.Ageing,
        TableSize = map.Integer("table-size", 1, 1_000_000) ?? new SwitchOptions { Name = "" }.TableSize,
        Delay = map.Duration("delay") ?? Duration.Zero,
        Position = name.Position,
    };

    private void AddSwitch(ScriptNode name, SwitchDefinition definition)
    {
        if (definition.Name.Length == 0 || !definition.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            _values.Wrong(name, "switches", "a name of letters, digits, `-` and `_`");
        }
        else if (_hosts.Exists(h => h.Name == definition.Name) || _switches.Exists(s => s.Name == definition.Name))
        {
            _errors.Add(name.Position, $"duplicate name `{definition.Name}`: {(_hosts.Exists(h => h.Name == definition.Name) ? "a host" : "another switch")} has it already");
        }
        else
        {
            _switches.Add(definition);
        }
    }

    /// <summary>The switch that the text names, itself or by a port.</summary>
    private SwitchDefinition? SwitchOf(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return _switches.Find(s => s.Name == (dot < 0 ? text : text[..dot]));
    }

    /// <summary>SWITCH.PORT; null after an error.</summary>
    private InterfaceName? SwitchPoint(SwitchDefinition device, string text, SourcePosition position)
    {
        string port = text.Length > device.Name.Length ? text[(device.Name.Length + 1)..] : "";
        int number = SwitchDefinition.PortNumber(port);
        if (number > 0 && number <= (device.Ports ?? SwitchOptions.MaxPorts))
        {
            return new InterfaceName(device.Name, port);
        }

        int most = device.Ports ?? Math.Max(1, _links.SelectMany(l => new[] { l.A, l.B }).Count(end => end.Host == device.Name));
        string range = most == 1 ? $"`{device.Name}.port1`" : $"`{device.Name}.port1` to `{device.Name}.port{most.ToString(CultureInfo.InvariantCulture)}`";
        _errors.Add(position, port.Length == 0 ? $"`{device.Name}` is a switch; name a port, {range}" : $"switch `{device.Name}` has no port `{port}`; it has {range}");
        return null;
    }

    /// <summary>An end of a link at a switch: the port that is named, or the next free one.</summary>
    private InterfaceName? SwitchEnd(SwitchDefinition device, ScriptNode node)
    {
        if (node.Text != device.Name)
        {
            return SwitchPoint(device, node.Text, node.Position);
        }

        for (int number = 1; number <= (device.Ports ?? SwitchOptions.MaxPorts); number++)
        {
            var port = new InterfaceName(device.Name, SwitchDefinition.PortName(number));
            if (!_links.Exists(l => l.A == port || l.B == port))
            {
                return port;
            }
        }

        int ports = device.Ports ?? SwitchOptions.MaxPorts;
        _errors.Add(node.Position, string.Create(CultureInfo.InvariantCulture, $"all {ports} ports of switch `{device.Name}` have links; give it more with `ports: {ports + 1}`"));
        return null;
    }

    /// <summary>A place to capture at: HOST, HOST.INTERFACE, SWITCH.PORT or BRIDGE.</summary>
    private InterfaceName? CapturePoint(ScriptNode node)
    {
        if (_values.Text(node, "capture") is not { } text)
        {
            return null;
        }

        if (IsBridge(text))
        {
            return BridgePoint(text);
        }

        if (SwitchOf(text) is not { } device)
        {
            return Point(text, node.Position);
        }

        InterfaceName? point = SwitchPoint(device, text, node.Position);
        if (point is { } port && device.Ports is null && !_links.Exists(l => l.A == port || l.B == port))
        {
            _errors.Add(node.Position, $"`{port}` has no link");
        }

        return point;
    }

    /// <summary>Switches know no spanning tree here, so that a broadcast would go round for ever.</summary>
    private void CheckLoops()
    {
        Dictionary<string, string> trees = _switches.ToDictionary(s => s.Name, s => s.Name, StringComparer.Ordinal);
        foreach (LinkDefinition link in _links.Where(l => trees.ContainsKey(l.A.Host) && trees.ContainsKey(l.B.Host)))
        {
            (string a, string b) = (trees[link.A.Host], trees[link.B.Host]);
            if (a == b)
            {
                _errors.Add(link.Position, $"the link between `{link.A.Host}` and `{link.B.Host}` makes a loop of switches, in which a broadcast would go round for ever");
                return;
            }

            foreach (SwitchDefinition device in _switches.Where(s => trees[s.Name] == b))
            {
                trees[device.Name] = a;
            }
        }
    }
}
