using System.Globalization;
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

        if (_hosts.Count > 1 && map.List("links").Count == 0)
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

        if (a == b)
        {
            _errors.Add(ends[1].Position, $"between: both ends are `{a}`; a link joins two interfaces");
            return;
        }

        LinkSettings both = Settings(map);
        (LinkSettings ab, LinkSettings ba) = Directions(map, a, b);
        List<LinkChange> changes = [.. map.List("changes").Select(c => Change(c, a, b)).OfType<LinkChange>().OrderBy(c => c.At)];
        _links.Add(new LinkDefinition { A = a, B = b, AToB = both.With(ab), BToA = both.With(ba), Changes = changes, Position = map.Position });
    }

    private InterfaceName? End(ScriptNode node)
    {
        if (Point(node, "between") is not { } end)
        {
            return null;
        }

        HostDefinition host = _hosts.Find(h => h.Name == end.Host)!;
        if (host.Interfaces.Count > 1 && node.Text == host.Name)
        {
            _errors.Add(node.Position, $"host `{host.Name}` has several interfaces; write "
                + string.Join(" or ", host.Interfaces.Select(i => $"`{host.Name}.{i.Name}`")));
        }

        if (_links.Exists(l => l.A == end || l.B == end))
        {
            _errors.Add(node.Position, $"interface `{end}` has a link already; give the host another interface");
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
            if (Direction(entry.Key) is not { } direction || MapReader.Open(entry.Value, Shapes.Direction, _errors, entry.Key.Text) is not { } reader)
            {
                continue;
            }

            if (direction == (a, b))
            {
                ab = Settings(reader);
            }
            else if (direction == (b, a))
            {
                ba = Settings(reader);
            }
            else
            {
                _errors.Add(entry.Key.Position, $"`{entry.Key.Text}` is no direction of this link; it has `{a.Host}->{b.Host}` and `{b.Host}->{a.Host}`");
            }
        }

        return (ab, ba);
    }

    /// <summary>FROM->TO; null after an error.</summary>
    private (InterfaceName From, InterfaceName To)? Direction(ScriptNode node)
    {
        string[] ends = node.Kind == NodeKind.Scalar ? node.Text.Split("->", StringSplitOptions.TrimEntries) : [];
        if (ends.Length != 2 || ends[0].Length == 0 || ends[1].Length == 0)
        {
            _values.Wrong(node, "direction", "`FROM->TO`, like `client->server`,");
            return null;
        }

        InterfaceName? from = Point(ends[0], node.Position), to = Point(ends[1], node.Position);
        return from is null || to is null ? null : (from.Value, to.Value);
    }

    private LinkSettings Settings(MapReader map)
    {
        (Probability? reorder, Duration? reorderDelay) = Reorder(map);
        (int? packets, long? bytes) = Queue(map);
        return new LinkSettings
        {
            Rate = map.Rate("rate"),
            Delay = map.Duration("delay"),
            Jitter = map.Duration("jitter"),
            Loss = map.Probability("loss"),
            Reorder = reorder,
            ReorderDelay = reorderDelay,
            Duplicate = map.Probability("duplicate"),
            Corrupt = map.Probability("corrupt"),
            Mtu = map.Integer("mtu", 68, 65535),
            QueuePackets = packets,
            QueueBytes = bytes,
        };
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

    private (int? Packets, long? Bytes) Queue(MapReader map)
    {
        if (map.Find("queue") is not { } node)
        {
            return (null, null);
        }

        if (node.Kind != NodeKind.Mapping)
        {
            return ((int?)_values.Integer(node, "queue", 1, 1_000_000_000), null);
        }

        var reader = new MapReader(node, Shapes.Queue, _errors);
        return (reader.Integer("packets", 1, 1_000_000_000), reader.Size("bytes"));
    }

    private FaultDefinition? Fault(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Fault, _errors, "fault") is not { } map || map.Find("on") is not { } on || map.Find("do") is not { } act)
        {
            return null;
        }

        (InterfaceName From, InterfaceName To)? direction = Direction(on);
        (FaultEffect Action, Duration Delay)? action = Action(act);
        FrameFilter match = map.Find("match") is { } m && MapReader.Open(m, Shapes.Match, _errors, "match") is { } reader ? Match(reader) : new FrameFilter();
        if (direction is null || action is null)
        {
            return null;
        }

        (InterfaceName from, InterfaceName to) = direction.Value;
        if (!_links.Exists(l => (l.A, l.B) == (from, to) || (l.B, l.A) == (from, to)))
        {
            string links = string.Join(", ", _links.Select(l => $"{l.A.Host}->{l.B.Host}, {l.B.Host}->{l.A.Host}"));
            _errors.Add(on.Position, $"there is no link `{on.Text}`" + (links.Length > 0 ? $"; directions: {links}" : "; the scenario has no links"));
        }

        return new FaultDefinition
        {
            From = from,
            To = to,
            Match = match,
            Action = action.Value.Action,
            Delay = action.Value.Delay,
            Position = node.Position,
        };
    }

    private (FaultEffect Action, Duration Delay)? Action(ScriptNode node)
    {
        string text = node.Kind == NodeKind.Scalar ? node.Text.Trim() : "";
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["drop"]:
                return (FaultEffect.Drop, Duration.Zero);
            case ["duplicate"]:
                return (FaultEffect.Duplicate, Duration.Zero);
            case ["corrupt"]:
                return (FaultEffect.Corrupt, Duration.Zero);
            case ["delay", var length] when Units.TryDuration(length, out Duration delay):
                return (FaultEffect.Delay, delay);
            case ["delay", ..]:
                _errors.Add(node.Position, $"do: `{text}` needs {Units.DurationForm} after `delay`");
                return null;
            default:
                _errors.Add(node.Position, $"do: unknown action {node.Describe()}"
                    + Suggestions.For(parts.Length > 0 ? parts[0] : "", ["drop", "duplicate", "corrupt", "delay"], "actions"));
                return null;
        }
    }

    private FrameFilter Match(MapReader map)
    {
        var nth = new List<int>();
        if (map.Find("nth") is { } node)
        {
            foreach (ScriptNode item in node.Kind == NodeKind.Sequence ? node.Items : [node])
            {
                if (_values.Integer(item, "nth", 1, 1_000_000_000) is { } number)
                {
                    nth.Add((int)number);
                }
            }
        }

        return new FrameFilter
        {
            Flags = map.Flags("flags"),
            Payload = map.Boolean("payload"),
            Nth = nth,
            Protocol = map.Word("protocol", "tcp", "udp", "icmp", "arp"),
            SourcePort = map.Integer("source-port", 1, 65535),
            DestinationPort = map.Integer("destination-port", 1, 65535),
            After = map.Duration("after"),
            Before = map.Duration("before"),
        };
    }
}
