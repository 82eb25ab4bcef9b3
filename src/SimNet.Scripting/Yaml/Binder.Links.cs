using System.Globalization;
using SimNet.Links;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Links and faults.</summary>
internal sealed partial class Binder
{
    private static readonly Duration DefaultReorderDelay = Duration.FromMilliseconds(1);

    private void Links(MapReader map)
    {
        foreach (ScriptNode node in map.List("links"))
        {
            if (MapReader.Open(node, Shapes.Link, _errors, "link") is { } link)
            {
                Link(link);
            }
        }

        if (_hosts.Count > 1 && _bridges.Count == 0 && map.List("links").Count == 0)
        {
            string example = $"{{between: [{_hosts[0].Name}, {_hosts[1].Name}]}}";
            _errors.Add((map.Find("links") ?? map.Find("hosts"))!.Position, $"links: nothing joins the {_hosts.Count} hosts; write `links: [{example}]`");
        }
    }

    private void Link(MapReader map)
    {
        if (map.Find("between") is not { } between)
        {
            return;
        }

        IReadOnlyList<ScriptNode> ends = MapReader.Items(between, "between", _errors);
        if (ends.Count != 2)
        {
            _errors.Add(between.Position, $"between: a link has two ends, like `[client, server]`; found {ends.Count.ToString(CultureInfo.InvariantCulture)}");
            return;
        }

        if (End(ends[0]) is not { } a || End(ends[1]) is not { } b)
        {
            return;
        }

        if (a == b || (a.Host == b.Host && SwitchOf(a.Host) is not null))
        {
            _errors.Add(ends[1].Position, a != b ? $"between: both ends are at `{a.Host}`, which would be a loop" : $"between: both ends are `{a}`; a link joins two interfaces");
            return;
        }

        LinkSettings both = Settings(map);
        (LinkSettings ab, LinkSettings ba) = Directions(map, a, b);
        List<LinkChange> changes = [.. map.List("changes").Select(c => Change(c, a, b)).OfType<LinkChange>().OrderBy(c => c.At)];
        _links.Add(new LinkDefinition { A = a, B = b, AToB = both.With(ab), BToA = both.With(ba), HasCarrier = map.Boolean("carrier") ?? false, Changes = changes, Position = map.Position });
    }

    private InterfaceName? End(ScriptNode node)
    {
        SwitchDefinition? device = node.Kind == NodeKind.Scalar ? SwitchOf(node.Text) : null;
        bool bridge = node.Kind == NodeKind.Scalar && IsBridge(node.Text);
        if ((bridge ? BridgePoint(node.Text) : device is null ? Point(node, "between") : SwitchEnd(device, node)) is not { } end)
        {
            return null;
        }

        HostDefinition? host = _hosts.Find(h => h.Name == end.Host);
        if (host?.Interfaces.Count > 1 && node.Text == host.Name)
        {
            _errors.Add(node.Position, $"host `{host.Name}` has several interfaces; write "
                + string.Join(" or ", host.Interfaces.Select(i => $"`{host.Name}.{i.Name}`")));
        }

        if (_links.Exists(l => l.A == end || l.B == end))
        {
            _errors.Add(node.Position, $"{(device is null && !bridge ? "interface" : "port")} `{end}` has a link already; " + (bridge ? "put a switch behind it" : device is null ? "give the host another interface" : $"write `{device.Name}` for the next free one"));
        }

        return end;
    }

    private LinkChange? Change(ScriptNode node, InterfaceName a, InterfaceName b)
    {
        if (MapReader.Open(node, Shapes.Change, _errors, "change") is not { } map)
        {
            return null;
        }

        LinkSettings both = Settings(map);
        (LinkSettings ab, LinkSettings ba) = Directions(map, a, b);
        return map.Duration("at") is { } at ? new LinkChange(at, both.With(ab), both.With(ba)) : null;
    }

    private (LinkSettings AToB, LinkSettings BToA) Directions(MapReader map, InterfaceName a, InterfaceName b)
    {
        LinkSettings ab = new(), ba = new();
        foreach (ScriptEntry entry in map.OtherEntries().Where(e => e.Key.Text.Contains("->", StringComparison.Ordinal)))
        {
            string Wrong() => $"`{entry.Key.Text}` is no direction of this link; it has `{a.Host}->{b.Host}` and `{b.Host}->{a.Host}`";
            if (Direction(entry.Key, [(a, b)], Wrong) is not { } direction || MapReader.Open(entry.Value, Shapes.Direction, _errors, entry.Key.Text) is not { } reader)
            {
                continue;
            }

            if (direction == (a, b))
            {
                ab = Settings(reader);
            }
            else
            {
                ba = Settings(reader);
            }
        }

        return (ab, ba);
    }

    /// <summary>FROM->TO among some links; null after an error.</summary>
    private (InterfaceName From, InterfaceName To)? Direction(ScriptNode node, IEnumerable<(InterfaceName A, InterfaceName B)> links, Func<string> none)
    {
        string[] ends = node.Kind == NodeKind.Scalar ? node.Text.Split("->", StringSplitOptions.TrimEntries) : [];
        if (ends.Length != 2 || ends[0].Length == 0 || ends[1].Length == 0)
        {
            _values.Wrong(node, "direction", "`FROM->TO`, like `client->server`,");
            return null;
        }

        if (!Exists(ends[0], node.Position) | !Exists(ends[1], node.Position))
        {
            return null;
        }

        foreach ((InterfaceName a, InterfaceName b) in links)
        {
            if (Means(ends[0], a) && Means(ends[1], b))
            {
                return (a, b);
            }

            if (Means(ends[0], b) && Means(ends[1], a))
            {
                return (b, a);
            }
        }

        _errors.Add(node.Position, none());
        return null;
    }

    private bool Exists(string end, SourcePosition position) => IsBridge(end) || (SwitchOf(end) is { } device
        ? end == device.Name || SwitchPoint(device, end, position) is not null
        : Point(end, position) is not null);

    /// <summary>HOST.INTERFACE, or just the host's name where that is enough.</summary>
    private static bool Means(string text, InterfaceName end) => text == end.Host || text == end.ToString();

    private LinkSettings Settings(MapReader map)
    {
        (Probability? reorder, Duration? reorderDelay) = Reorder(map);
        (Duration? jitter, JitterShape? shape, bool? reorders) = Jitter(map);
        (Probability? loss, GilbertElliott? burstLoss) = Loss(map);
        return Queue(map) with
        {
            Up = map.Boolean("up"),
            Rate = map.Rate("rate"),
            Delay = map.Duration("delay"),
            Jitter = jitter,
            JitterShape = shape,
            JitterReorders = reorders,
            Loss = loss,
            BurstLoss = burstLoss,
            Reorder = reorder,
            ReorderDelay = reorderDelay,
            Duplicate = map.Probability("duplicate"),
            Corrupt = map.Probability("corrupt"),
            Mtu = map.Integer("mtu", 68, 65535),
        };
    }

    private (Duration? Amount, JitterShape? Shape, bool? Reorders) Jitter(MapReader map)
    {
        if (map.Find("jitter") is not { } node)
        {
            return (null, null, null);
        }

        if (node.Kind != NodeKind.Mapping)
        {
            return (_values.Duration(node, "jitter"), null, null);
        }

        var reader = new MapReader(node, Shapes.Jitter, _errors);
        (string key, JitterShape shape) = reader.Has("normal") ? ("normal", JitterShape.Normal)
            : reader.Has("pareto") ? ("pareto", JitterShape.Pareto)
            : reader.Has("pareto-normal") ? ("pareto-normal", JitterShape.ParetoNormal)
            : ("uniform", JitterShape.Uniform);
        return (reader.Duration(key), shape, reader.Boolean("reorders"));
    }

    private (Probability? Loss, GilbertElliott? Bursts) Loss(MapReader map)
    {
        if (map.Find("loss") is not { } node)
        {
            return (null, null);
        }

        if (node.Kind != NodeKind.Mapping)
        {
            return (_values.Probability(node, "loss"), null);
        }

        var reader = new MapReader(node, Shapes.Loss, _errors);
        if (reader.Find("gilbert-elliott") is not { } inner || MapReader.Open(inner, Shapes.GilbertElliott, _errors, "gilbert-elliott") is not { } model)
        {
            return (null, null);
        }

        var bursts = new GilbertElliott(model.Probability("p") ?? Probability.Never, model.Probability("r") ?? Probability.Never)
        {
            LossInGood = model.Probability("good") ?? Probability.Never,
            LossInBad = model.Probability("bad") ?? Probability.Always,
        };
        return (Probability.Never, bursts);
    }

    private (Probability? Probability, Duration? Delay) Reorder(MapReader map)
    {
        if (map.Find("reorder") is not { } node)
        {
            return (null, null);
        }

        if (node.Kind != NodeKind.Mapping)
        {
            return (_values.Probability(node, "reorder"), DefaultReorderDelay);
        }

        var reader = new MapReader(node, Shapes.Reorder, _errors);
        return (reader.Probability("probability"), reader.Duration("delay") ?? DefaultReorderDelay);
    }

    /// <summary>What is said of the queue.</summary>
    private LinkSettings Queue(MapReader map)
    {
        if (map.Find("queue") is not { } node)
        {
            return new LinkSettings();
        }

        if (node.Kind != NodeKind.Mapping)
        {
            return new LinkSettings { QueuePackets = (int?)_values.Integer(node, "queue", 1, 1_000_000_000) };
        }

        var reader = new MapReader(node, Shapes.Queue, _errors);
        (CoDel? coDel, RandomEarlyDetection? red) = (CoDel(reader), Red(reader));
        if (coDel is not null && red is not null)
        {
            _errors.Add(node.Position, "queue: `codel` and `red` both decide; write one of them");
        }

        return new LinkSettings
        {
            QueuePackets = reader.Integer("packets", 1, 1_000_000_000),
            QueueBytes = reader.Size("bytes"),
            QueueMarkAbove = reader.Integer("mark-above", 0, 1_000_000_000),
            QueueCoDel = coDel,
            QueueRed = red,
        };
    }

    private CoDel? CoDel(MapReader queue)
    {
        if (queue.Find("codel") is not { } node || MapReader.Open(node, Shapes.CoDel, _errors, "codel") is not { } map)
        {
            return null;
        }

        var coDel = new CoDel(map.Duration("target") ?? Duration.FromMilliseconds(5), map.Duration("interval") ?? Duration.FromMilliseconds(100))
        {
            MarksEcn = map.Boolean("ecn") ?? true,
        };
        if (coDel.Target > Duration.Zero && coDel.Interval > Duration.Zero)
        {
            return coDel;
        }

        _errors.Add(node.Position, "codel: `target` and `interval` must be more than 0, like `5ms` and `100ms`");
        return null;
    }

    private RandomEarlyDetection? Red(MapReader queue)
    {
        if (queue.Find("red") is not { } node || MapReader.Open(node, Shapes.Red, _errors, "red") is not { } map
            || map.Integer("min", 1, 1_000_000) is not { } min || map.Integer("max", 2, 1_000_000) is not { } max)
        {
            return null;
        }

        if (max <= min)
        {
            _errors.Add(node.Position, $"red: `max` must be above `min`, not {max.ToString(CultureInfo.InvariantCulture)} above {min.ToString(CultureInfo.InvariantCulture)}");
            return null;
        }

        var red = new RandomEarlyDetection(min, max) { MarksEcn = map.Boolean("ecn") ?? true };
        return red with
        {
            MaxProbability = map.Probability("probability") ?? red.MaxProbability,
            WeightShift = map.Integer("weight", 0, 16) ?? red.WeightShift,
        };
    }
}
