using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Tcp;

namespace SimNet.Scripting.Yaml;

/// <summary>Expectations.</summary>
internal sealed partial class Binder
{
    private Expectation? Expectation(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Expectation, _errors, "expectation") is not { } map)
        {
            return null;
        }

        ScriptEntry? word = node.Entries.Find(e => Shapes.Expectation.OneOf.Contains(e.Key.Text));
        Expectation? expectation = word?.Key.Text switch
        {
            "segments" => SegmentList(word.Value, complete: true),
            "segments-include" => SegmentList(word.Value, complete: false),
            "states" => StatePath(word.Value),
            "queue" => Queue(word.Value),
            "sockets" => SocketTable(word.Value),
            "call" => CallResult(word.Value),
            "counters" => Counters(word.Value),
            "tcp-info" => Info(word.Value),
            "delivered" => Delivered(word.Value),
            "retransmissions" => Retransmissions(word.Value),
            "drops" => _values.Condition(word.Value, "drops") is { } drops ? new DropsExpectation(drops) { Text = $"links drop {drops} frames" } : null,
            _ => null,
        };
        return expectation is null ? null : expectation with { Text = map.Text("text") ?? expectation.Text, Position = word!.Key.Position };
    }

    private SegmentsExpectation? SegmentList(ScriptNode node, bool complete)
    {
        InterfaceName point = SwitchOf(_capture.ToString()) is null ? _capture : DefaultCapture();
        IReadOnlyList<ScriptNode> items;
        if (node.Kind == NodeKind.Mapping)
        {
            var map = new MapReader(node, Shapes.Segments, _errors);
            point = map.Find("point") is { } where ? Point(where, "point") ?? point : point;
            items = map.List("list");
        }
        else
        {
            items = MapReader.Items(node, complete ? "segments" : "segments-include", _errors);
        }

        List<ExpectedSegment> segments = [.. items.Select(Segment).OfType<ExpectedSegment>()];
        string text = complete ? $"the dialogue at {point} is exactly {segments.Count} segments" : $"the dialogue at {point} has {segments.Count} segments in order";
        return new SegmentsExpectation(point, complete, segments) { Text = segments.Count == 1 ? text.Replace("1 segments", "1 segment", StringComparison.Ordinal) : text };
    }

    private ExpectedSegment? Segment(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Segment, _errors, "segment") is not { } map)
        {
            return null;
        }

        return new ExpectedSegment
        {
            From = map.Find("from") is { } from ? HostName(from, "from") : null,
            Flags = map.Flags("flags"),
            Seq = map.Long("seq", 0, uint.MaxValue),
            Ack = map.Long("ack", 0, uint.MaxValue),
            Length = map.Condition("len"),
            Window = map.Integer("win", 0, 65535),
            Options = map.Text("options"),
            AbsoluteSeq = (uint?)map.Long("absolute-seq", 0, uint.MaxValue),
            AbsoluteAck = (uint?)map.Long("absolute-ack", 0, uint.MaxValue),
            At = map.Time("at"),
            Position = node.Position,
        };
    }

    private StatesExpectation? StatePath(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.States, _errors, "states") is not { } map || Host(map) is not { } host)
        {
            return null;
        }

        bool complete = map.Has("path");
        List<ExpectedState> path = [.. map.List(complete ? "path" : "reach").Select(State).OfType<ExpectedState>()];
        int connection = map.Integer("connection", 1, 1_000_000_000) ?? 1;
        string which = connection == 1 ? host : $"{host}'s connection {connection}";
        string names = string.Join(", ", path.Select(s => s.State.ToRfcName()));
        return new StatesExpectation(host, connection, complete, path) { Text = complete ? $"{which} goes through {names}" : $"{which} reaches {names}" };
    }

    private ExpectedState? State(ScriptNode node)
    {
        ScriptNode? name = node;
        TimeCondition? at = null;
        if (node.Kind == NodeKind.Mapping)
        {
            var map = new MapReader(node, Shapes.State, _errors);
            name = map.Find("state");
            at = map.Time("at");
        }

        if (name is null || _values.Text(name, "state") is not { } text)
        {
            return null;
        }

        if (TcpStateNames.TryParse(text, out TcpState state))
        {
            return new ExpectedState(state, at);
        }

        _errors.Add(name.Position, $"unknown state `{text}`" + Suggestions.For(text, Enum.GetValues<TcpState>().Select(s => s.ToRfcName()), "states"));
        return null;
    }

    private string? Host(MapReader map) => map.Find("host") is { } node ? HostName(node, "host") : null;

    private QueueExpectation? Queue(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.QueueExpectation, _errors, "queue") is not { } map || Host(map) is not { } host
            || map.Integer("port", 1, 65535) is not { } port)
        {
            return null;
        }

        NumberCondition? syn = map.Condition("syn"), accept = map.Condition("accept");
        if (syn is null && accept is null)
        {
            _errors.Add(node.Position, "queue: `syn` or `accept` says how many entries are expected");
        }

        string what = string.Join(", ", new[] { syn is { } s ? $"SYN queue {s}" : "", accept is { } a ? $"accept queue {a}" : "" }.Where(t => t.Length > 0));
        Duration? at = map.Duration("at");
        return new QueueExpectation(host, port, at, syn, accept) { Text = $"{host}:{port} has {what}{When(at)}" };
    }

    private SocketTableExpectation? SocketTable(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.SocketsExpectation, _errors, "sockets") is not { } map || Host(map) is not { } host || map.Text("table") is not { } table)
        {
            return null;
        }

        Duration? at = map.Duration("at");
        TableForm form = map.Word("form", "netstat", "ss") == "netstat" ? TableForm.Netstat : TableForm.Ss;
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new SocketTableExpectation(host, at, form, lines) { Text = $"{host}'s socket table as {(form == TableForm.Netstat ? "netstat" : "ss")} shows it{When(at)}" };
    }

    private static string When(Duration? at) => at is { } time ? $" at {time}" : " at the end";

    private CallResultExpectation? CallResult(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.CallResult, _errors, "call") is not { } map || map.Text("label") is not { } label
            || map.Find("expect") is not { } expect || CallExpectation(expect) is not { } expected)
        {
            return null;
        }

        if (!_labels.ContainsKey(label))
        {
            _errors.Add(map.Find("label")!.Position, $"no statement has the label `{label}`" + Suggestions.For(label, _labels.Keys, "labels"));
        }

        return new CallResultExpectation(label, expected) { Text = $"call `{label}`" };
    }

    private CountersExpectation? Counters(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Counters, _errors, "counters") is not { } map || Host(map) is not { } host)
        {
            return null;
        }

        Duration? at = map.Duration("at");
        List<KeyValuePair<string, NumberCondition>> counters = Conditions(map, "counter", _vocabulary.Counters);
        return new CountersExpectation(host, at, counters) { Text = $"{host}: {Listed(counters)}{(at is null ? "" : When(at))}" };
    }

    private TcpInfoExpectation? Info(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.TcpInfo, _errors, "tcp-info") is not { } map || Host(map) is not { } host)
        {
            return null;
        }

        Duration? at = map.Duration("at");
        int connection = map.Integer("connection", 1, 1_000_000_000) ?? 1;
        List<KeyValuePair<string, NumberCondition>> fields = Conditions(map, "field of TCP_INFO", SimStack.Sockets.TcpInfo.Names);
        string which = connection == 1 ? host : $"{host}'s connection {connection}";
        return new TcpInfoExpectation(host, connection, at, fields) { Text = $"{which}: {Listed(fields)}{When(at)}" };
    }

    private static string Listed(List<KeyValuePair<string, NumberCondition>> conditions) =>
        string.Join(", ", conditions.Select(c => $"{c.Key} {c.Value}"));

    /// <summary>The other keys of a mapping: each a name of that list, and what its value must be.</summary>
    private List<KeyValuePair<string, NumberCondition>> Conditions(MapReader map, string kind, IReadOnlyList<string> names)
    {
        var conditions = new List<KeyValuePair<string, NumberCondition>>();
        foreach (ScriptEntry entry in map.OtherEntries())
        {
            if (!names.Contains(entry.Key.Text))
            {
                _errors.Add(entry.Key.Position, $"unknown {kind} `{entry.Key.Text}`" + Suggestions.For(entry.Key.Text, names, kind + "s"));
            }
            else if (_values.Condition(entry.Value, entry.Key.Text) is { } condition)
            {
                conditions.Add(new KeyValuePair<string, NumberCondition>(entry.Key.Text, condition));
            }
        }

        return conditions;
    }

    private DeliveredExpectation? Delivered(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Delivered, _errors, "delivered") is not { } map || map.Find("to") is not { } toNode
            || HostName(toNode, "to") is not { } to)
        {
            return null;
        }

        string? from = map.Find("from") is { } fromNode ? HostName(fromNode, "from") : null;
        bool intact = map.Boolean("intact") ?? false;
        if (intact && from is null && !map.Has("from"))
        {
            _errors.Add(node.Position, "delivered: `intact` needs `from`, the host that wrote the data");
        }

        NumberCondition? bytes = map.Find("bytes") is not { } size ? null
            : size.Kind == NodeKind.Scalar && Units.TrySize(size.Text, out long exact) ? NumberCondition.Exactly(exact)
            : _values.Condition(size, "bytes");
        string text = $"{to} reads" + (bytes is { } b ? $" {b} bytes" : "") + (from is null ? "" : $" from {from}") + (intact ? ", intact" : "");
        return new DeliveredExpectation(to, from, bytes, intact, Sha256(map)) { Text = text };
    }

    private RetransmissionsExpectation? Retransmissions(ScriptNode node)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            return _values.Condition(node, "retransmissions") is { } all ? new RetransmissionsExpectation(null, all) { Text = $"{all} retransmissions" } : null;
        }

        var map = new MapReader(node, Shapes.HostCount, _errors);
        return Host(map) is { } host && map.Condition("count") is { } count
            ? new RetransmissionsExpectation(host, count) { Text = $"{count} retransmissions by {host}" }
            : null;
    }
}
