using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Makes a <see cref="ScenarioDefinition"/> from YAML nodes, reporting every mistake at its place.</summary>
internal sealed partial class Binder
{
    private readonly ErrorList _errors;
    private readonly Values _values;
    private readonly ScriptVocabulary _vocabulary;
    private readonly List<HostDefinition> _hosts = [];
    private readonly List<LinkDefinition> _links = [];
    private InterfaceName _capture;

    private Binder(ErrorList errors, ScriptVocabulary vocabulary)
    {
        _errors = errors;
        _values = new Values(errors);
        _vocabulary = vocabulary;
    }

    /// <summary>The scenario; null when there are errors.</summary>
    public static ScenarioDefinition? Bind(ScriptNode root, string defaultName, ErrorList errors, ScriptVocabulary vocabulary)
    {
        MapReader? map = MapReader.Open(root, Shapes.Scenario, errors, "scenario");
        ScenarioDefinition? scenario = map is null ? null : new Binder(errors, vocabulary).Scenario(map, defaultName);
        return errors.Count == 0 ? scenario : null;
    }

    private ScenarioDefinition Scenario(MapReader map, string defaultName)
    {
        Hosts(map);
        Routers(map);
        CheckAddresses(map);
        Names(map);
        BindRoutes();
        Switches(map);
        Bridges(map);
        Links(map);
        CheckLoops();
        _capture = map.Find("capture") is { } capture ? CapturePoint(capture) ?? default : DefaultCapture();
        List<FaultDefinition> faults = [.. map.List("faults").Select(Fault).OfType<FaultDefinition>()];
        List<TaskDefinition> tasks = Tasks(map);
        List<Expectation> expectations = [.. map.List("expect").Select(Expectation).OfType<Expectation>()];
        return new ScenarioDefinition
        {
            Name = Name(map) ?? defaultName,
            Title = map.Text("title") ?? "",
            Description = map.Text("description") ?? "",
            Seed = (ulong)(map.Long("seed", 0, long.MaxValue) ?? 1),
            Start = map.Timestamp("start") ?? ScenarioDefinition.DefaultStart,
            Limits = Limits(map),
            Hosts = _hosts,
            Switches = _switches,
            Bridges = _bridges,
            Links = _links,
            Faults = faults,
            Tasks = tasks,
            Expectations = expectations,
            Capture = _capture,
            Sweep = Sweep(map),
            Tables = [.. map.List("tables").Select(Table).OfType<TableRequest>()],
        };
    }

    private string? Name(MapReader map)
    {
        string? name = map.Text("name");
        if (name is not null && (name.Length > 100 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || name[0] == '.'))
        {
            _values.Wrong(map.Find("name")!, "name", "a word of letters, digits, `-`, `_` and `.` (files are named after it)");
        }

        return name;
    }

    private RunLimits Limits(MapReader map)
    {
        var limits = new RunLimits();
        if (map.Find("limits") is not { } node || MapReader.Open(node, Shapes.Limits, _errors, "limits") is not { } reader)
        {
            return limits;
        }

        return new RunLimits(reader.Duration("time") ?? limits.Time, reader.Long("events", 1, long.MaxValue) ?? limits.Events);
    }

    private InterfaceName DefaultCapture() => _hosts.FindLast(h => !h.IsRouter) is { } last
        ? new InterfaceName(last.Name, last.Interfaces[0].Name)
        : _bridges.Count > 0 ? BridgePoint(_bridges[0].Name) : default;

    private TableRequest? Table(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Table, _errors, "table") is not { } map)
        {
            return null;
        }

        return map.Find("host") is { } host && HostName(host, "host") is { } name ? new TableRequest(name, map.Duration("at"), Form(map)) : null;
    }

    private static TableForm Form(MapReader map) => map.Word("form", "netstat", "ss", "ss-tino", "nstat") switch
    {
        "netstat" => TableForm.Netstat,
        "ss-tino" => TableForm.SsInfo,
        "nstat" => TableForm.Nstat,
        _ => TableForm.Ss,
    };

    /// <summary>The name of a host that exists; null after an error.</summary>
    private string? HostName(ScriptNode node, string what)
    {
        if (_values.Text(node, what) is not { } name)
        {
            return null;
        }

        if (_hosts.Exists(h => h.Name == name))
        {
            return name;
        }

        _errors.Add(node.Position, $"unknown host `{name}`" + Suggestions.For(name, _hosts.Select(h => h.Name), "hosts"));
        return null;
    }

    /// <summary>HOST or HOST.INTERFACE.</summary>
    private InterfaceName? Point(ScriptNode node, string what) =>
        _values.Text(node, what) is { } text ? Point(text, node.Position) : null;

    private InterfaceName? Point(string text, SourcePosition position)
    {
        int dot = text.LastIndexOf('.');
        HostDefinition? whole = _hosts.Find(h => h.Name == text);
        string name = whole is null && dot > 0 ? text[..dot] : text;
        HostDefinition? host = whole ?? _hosts.Find(h => h.Name == name);
        if (host is null)
        {
            _errors.Add(position, SwitchOf(text) is { } device
                ? $"`{device.Name}` is a switch; right is a host"
                : IsBridge(text) ? $"`{text}` is a port to a real network; right is a host"
                : $"unknown host `{name}`" + Suggestions.For(name, _hosts.Select(h => h.Name).Concat(_switches.Select(s => s.Name)).Concat(_bridges.Select(b => b.Name)), "hosts"));
            return null;
        }

        if (whole is not null)
        {
            return new InterfaceName(host.Name, host.Interfaces[0].Name);
        }

        string wanted = text[(dot + 1)..];
        if (wanted == "lo" || host.Interfaces.Any(i => i.Name == wanted))
        {
            return new InterfaceName(host.Name, wanted);
        }

        _errors.Add(position, $"host `{name}` has no interface `{wanted}`" + Suggestions.For(wanted, host.Interfaces.Select(i => i.Name), "interfaces"));
        return null;
    }
}
