using System.Globalization;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Yaml;

/// <summary>Sweeps: axes, measures, and what must come out.</summary>
internal sealed partial class Binder
{
    /// <summary>Axes whose values come from <c>--set</c>.</summary>
    private readonly HashSet<string> _shortenedAxes = new(StringComparer.Ordinal);

    /// <summary>Measures about which something was said already.</summary>
    private readonly HashSet<string> _wrongMeasures = new(StringComparer.Ordinal);

    private SweepDefinition? Sweep(MapReader scenario)
    {
        // `--set sweep=` takes it away.
        if (scenario.Find("sweep") is not { IsNull: false } node || MapReader.Open(node, Shapes.Sweep, _errors, "sweep") is not { } map)
        {
            return null;
        }

        IReadOnlyList<string> variables = ScriptVariables.Names(scenario.Node);
        List<SweepAxis> axes = [.. map.Entries("axes").Select(e => Axis(e, variables)).OfType<SweepAxis>()];
        var measures = new List<SweepMeasure>();
        foreach (ScriptEntry entry in map.Entries("measure"))
        {
            if (axes.Exists(a => a.Name == entry.Key.Text) || entry.Key.Text == "text")
            {
                _errors.Add(entry.Key.Position, $"measure `{entry.Key.Text}` has the name of an axis or of a key; choose another");
            }
            else if (Measure(entry.Value) is { } measure)
            {
                measures.Add(new SweepMeasure(entry.Key.Text, measure));
            }
            else
            {
                _wrongMeasures.Add(entry.Key.Text);
            }
        }

        if ((map.Has("axes") && map.Entries("axes").Count == 0) || (map.Has("measure") && map.Entries("measure").Count == 0))
        {
            _errors.Add(node.Position, "sweep: at least one axis and one measure are needed");
        }

        List<SweepExpectation> expectations = [.. map.List("expect").Select(n => SweepExpectation(n, axes, measures)).OfType<SweepExpectation>()];
        var sweep = new SweepDefinition(axes, measures, expectations);
        if (sweep.CellCount > SweepDefinition.MostCells)
        {
            _errors.Add(node.Position, string.Create(CultureInfo.InvariantCulture, $"sweep: {sweep.CellCount} runs; at most {SweepDefinition.MostCells} are made"));
        }

        return sweep;
    }

    private SweepAxis? Axis(ScriptEntry entry, IReadOnlyList<string> variables)
    {
        string name = entry.Key.Text;
        IReadOnlyList<ScriptNode> items = MapReader.Items(entry.Value, $"axis `{name}`", _errors);
        if (items.Count == 0)
        {
            if (entry.Value.Kind == NodeKind.Sequence)
            {
                _errors.Add(entry.Value.Position, $"axis `{name}` has no values; write them as a list, like [1, 2, 3]");
            }

            return null;
        }

        foreach (ScriptNode item in items.Where(i => i.Kind != NodeKind.Scalar))
        {
            _errors.Add(item.Position, $"axis `{name}`: found {item.Describe()} where one value is right");
        }

        if (items[0].Position.Line == 0)
        {
            _shortenedAxes.Add(name);
        }

        string[] values = [.. items.Select(i => i.Text)];
        if (values.Distinct().Count() < values.Length)
        {
            _errors.Add(entry.Value.Position, $"axis `{name}` has a value twice");
        }

        bool isPath = name.Contains('.', StringComparison.Ordinal) || name.Contains('[', StringComparison.Ordinal) || name is "seed" or "profile";
        if (!isPath && !variables.Contains(name))
        {
            _errors.Add(entry.Key.Position,
                $"axis `{name}` is no variable" + Suggestions.For(name, variables, "variables") + "; nor is it a path, like links[0].delay or profile");
        }

        return new SweepAxis(name, variables.Contains(name) ? "variables." + name : name, values, entry.Key.Position);
    }

    private Measure? Measure(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Measure, _errors, "measure") is null)
        {
            return null;
        }

        ScriptEntry? word = node.Entries.Find(e => Shapes.Measure.OneOf.Contains(e.Key.Text));
        return word?.Key.Text switch
        {
            "sockets" => SocketsMeasure(word.Value),
            "connections" => ConnectionsMeasure(word.Value),
            "reached" => ReachedMeasure(word.Value),
            "calls" => CallsMeasure(word.Value),
            "call" => CallMeasure(word.Value),
            "counter" => CounterMeasure(word.Value),
            "retransmissions" when word.Value.Text == "all" => new RetransmissionsMeasure((string?)null),
            "retransmissions" => HostName(word.Value, "retransmissions") is { } host ? new RetransmissionsMeasure(host) : null,
            "delivered" => HostName(word.Value, "delivered") is { } host ? new DeliveredMeasure(host) : null,
            "drops" => _values.Word(word.Value, "drops", "all") is null ? null : new DropsMeasure(),
            _ => null,
        };
    }

    private SocketsMeasure? SocketsMeasure(ScriptNode node) =>
        MapReader.Open(node, Shapes.SocketsMeasure, _errors, "sockets") is { } map && Host(map) is { } host
            ? new SocketsMeasure(host, StateName(map, "state"), map.Integer("port", 1, 65535), map.Duration("at"))
            : null;

    private ConnectionsMeasure? ConnectionsMeasure(ScriptNode node) =>
        MapReader.Open(node, Shapes.ConnectionsMeasure, _errors, "connections") is { } map && StateName(map, "state") is { } state
            ? new ConnectionsMeasure(Host(map), state, StateName(map, "from"))
            : null;

    private ReachedMeasure? ReachedMeasure(ScriptNode node) =>
        MapReader.Open(node, Shapes.ReachedMeasure, _errors, "reached") is { } map && Host(map) is { } host && StateName(map, "state") is { } state
            ? new ReachedMeasure(host, map.Integer("connection", 1, 1_000_000_000) ?? 1, state)
            : null;

    private CallsMeasure? CallsMeasure(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.CallsMeasure, _errors, "calls") is not { } map || map.Text("call") is not { } word)
        {
            return null;
        }

        if (!Shapes.StatementWords.Any(w => w.Name == word))
        {
            _errors.Add(map.Find("call")!.Position, $"unknown call `{word}`" + Suggestions.For(word, Shapes.StatementWords.Select(w => w.Name), "calls"));
            return null;
        }

        if (map.Text("errno") is not { } name)
        {
            return new CallsMeasure(Host(map), word, null);
        }

        if (Enum.TryParse(name, out Errno errno) && Enum.IsDefined(errno))
        {
            return new CallsMeasure(Host(map), word, errno);
        }

        _errors.Add(map.Find("errno")!.Position, $"unknown errno `{name}`" + Suggestions.For(name, Enum.GetNames<Errno>(), "names"));
        return null;
    }

    private CallMeasure? CallMeasure(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.CallMeasure, _errors, "call") is not { } map || map.Text("label") is not { } label)
        {
            return null;
        }

        if (!_labels.ContainsKey(label))
        {
            _errors.Add(map.Find("label")!.Position, $"no call has the label `{label}`" + Suggestions.For(label, _labels.Keys.Order(StringComparer.Ordinal), "labels"));
            return null;
        }

        return new CallMeasure(label, map.Word("value", "result", "took", "at") switch
        {
            "took" => CallValue.Took,
            "at" => CallValue.At,
            _ => CallValue.Result,
        });
    }

    private CounterMeasure? CounterMeasure(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.CounterMeasure, _errors, "counter") is not { } map || Host(map) is not { } host || map.Text("name") is not { } name)
        {
            return null;
        }

        if (_vocabulary.Counters.Contains(name))
        {
            return new CounterMeasure(host, name);
        }

        _errors.Add(map.Find("name")!.Position, $"unknown counter `{name}`" + Suggestions.For(name, _vocabulary.Counters, "counters"));
        return null;
    }

    private TcpState? StateName(MapReader map, string key) => map.Find(key) is { } node ? State(node)?.State : null;

    private SweepExpectation? SweepExpectation(ScriptNode node, List<SweepAxis> axes, List<SweepMeasure> measures)
    {
        if (MapReader.Open(node, Shapes.SweepExpectation, _errors, "expect") is not { } map)
        {
            return null;
        }

        var where = new List<KeyValuePair<string, string>>();
        var wanted = new List<KeyValuePair<string, NumberCondition>>();
        foreach (ScriptEntry entry in map.OtherEntries())
        {
            string name = entry.Key.Text;
            if (axes.Find(a => a.Name == name) is { } axis)
            {
                if (!axis.Values.Contains(entry.Value.Text))
                {
                    if (_shortenedAxes.Contains(name))
                    {
                        // --set left that value out; nothing can be expected of it.
                        return null;
                    }

                    _errors.Add(entry.Value.Position, $"axis `{name}` has no value {entry.Value.Describe()}; it has {string.Join(", ", axis.Values)}");
                }

                where.Add(new KeyValuePair<string, string>(name, entry.Value.Text));
            }
            else if (_wrongMeasures.Contains(name))
            {
                return null;
            }
            else if (!measures.Exists(m => m.Name == name))
            {
                _errors.Add(entry.Key.Position,
                    $"`{name}` is no axis and no measure of this sweep" + Suggestions.For(name, axes.Select(a => a.Name).Concat(measures.Select(m => m.Name)), "names"));
            }
            else if (_values.Condition(entry.Value, name) is { } condition)
            {
                wanted.Add(new KeyValuePair<string, NumberCondition>(name, condition));
            }
        }

        if (wanted.Count == 0)
        {
            _errors.Add(node.Position, "expect: no measure is named here, so that nothing would be expected");
        }

        string text = string.Join(", ", where.Select(w => $"{w.Key} {w.Value}").Concat(wanted.Select(w => $"{w.Key} {w.Value}")));
        return new SweepExpectation(where, wanted, map.Text("text") ?? text, node.Position);
    }
}
