using System.Globalization;
using SimNet.Links;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>Faults: which frames, and what happens to them.</summary>
internal sealed partial class Binder
{
    private static readonly Duration DefaultSwap = Duration.FromSeconds(1);
    private static readonly string[] Actions = ["drop", "delay", "duplicate", "corrupt", "swap", "mark", "set", "inject", "replace"];
    private static readonly string[] Codepoints = ["not-ECT", "ECT(1)", "ECT(0)", "CE"];

    private FaultDefinition? Fault(ScriptNode node)
    {
        if (MapReader.Open(node, Shapes.Fault, _errors, "fault") is not { } map || map.Find("on") is not { } on || map.Find("do") is not { } act)
        {
            return null;
        }

        (InterfaceName From, InterfaceName To)? direction = Direction(on, _links.Select(l => (l.A, l.B)), () => NoSuchDirection(on));
        FaultAction? action = Action(act);
        MapReader? match = map.Find("match") is { } m ? MapReader.Open(m, Shapes.Match, _errors, "match") : null;
        FrameMatch frames = match is null ? new FrameMatch() : Match(match);
        Duration? at = map.Duration("at");
        if (at is not null && action is { Kind: not FaultKind.Inject })
        {
            _errors.Add(map.Find("at")!.Position, "at: only `inject` happens at a time; give `match` an `after` for other actions");
        }

        if (direction is null || action is null)
        {
            return null;
        }

        return new FaultDefinition
        {
            Name = map.Text("name"),
            From = direction.Value.From,
            To = direction.Value.To,
            Match = frames,
            Nth = match is null ? [] : Nth(match),
            Every = match?.Long("every", 1, 1_000_000_000) ?? 1,
            Chance = match?.Probability("probability") ?? Probability.Always,
            Action = action.Value,
            At = at,
            Position = node.Position,
        };
    }

    private string NoSuchDirection(ScriptNode on)
    {
        string links = string.Join(", ", _links.Select(l => $"{l.A.Host}->{l.B.Host}, {l.B.Host}->{l.A.Host}"));
        return $"there is no link `{on.Text}`" + (links.Length > 0 ? $"; directions: {links}" : "; the scenario has no links");
    }

    private List<long> Nth(MapReader map)
    {
        var nth = new List<long>();
        if (map.Find("nth") is { } node)
        {
            foreach (ScriptNode item in node.Kind == NodeKind.Sequence ? node.Items : [node])
            {
                if (_values.Integer(item, "nth", 1, 1_000_000_000) is { } number)
                {
                    nth.Add(number);
                }
            }
        }

        return nth;
    }

    private FrameMatch Match(MapReader map)
    {
        FrameKinds kinds = Kinds(map.Word("protocol", "tcp", "udp", "icmp", "icmpv6", "arp", "ndp"));
        bool? payload = map.Boolean("payload");
        var match = new FrameMatch
        {
            Kinds = payload is not null && kinds == FrameKinds.None ? FrameKinds.Tcp : kinds,
            HasPayload = payload,
            PayloadLength = Range(map, "payload-length"),
            PayloadContains = map.Text("contains") is { } text ? System.Text.Encoding.UTF8.GetBytes(text) : Bytes(map, "contains-hex"),
            Source = AddressIn(map, "source"),
            Destination = AddressIn(map, "destination"),
            SourcePort = (ushort?)map.Integer("source-port", 1, 65535),
            DestinationPort = (ushort?)map.Integer("destination-port", 1, 65535),
            Sequence = Range(map, "seq"),
            Acknowledgment = Range(map, "ack"),
            AbsoluteSequence = Range(map, "absolute-seq"),
            AbsoluteAcknowledgment = Range(map, "absolute-ack"),
            IsRetransmission = map.Boolean("retransmission"),
            IcmpType = (byte?)map.Integer("icmp-type", 0, 255),
            IcmpCode = (byte?)map.Integer("icmp-code", 0, 255),
            Ecn = Ecn(map, "ecn"),
            Dscp = map.Integer("dscp", 0, 63),
            Ttl = Range(map, "ttl"),
            IsFragment = map.Boolean("fragment"),
            IpId = (uint?)map.Long("ip-id", 0, uint.MaxValue),
            After = map.Duration("after"),
            Before = map.Duration("before"),
        };
        return map.Find("flags") is { } flags ? WithFlags(match, flags) : match;
    }

    /// <summary>SYN alone is no SYN-ACK, and ACK alone a pure acknowledgement: what a user means by them.</summary>
    private FrameMatch WithFlags(FrameMatch match, ScriptNode node)
    {
        if (node.Kind == NodeKind.Mapping)
        {
            var reader = new MapReader(node, Shapes.Flags, _errors);
            return match with { FlagsSet = reader.Flags("set") ?? TcpFlags.None, FlagsClear = reader.Flags("clear") ?? TcpFlags.None };
        }

        TcpFlags flags = _values.Flags(node, "flags") ?? TcpFlags.None;
        return flags switch
        {
            TcpFlags.Syn => match with { FlagsSet = flags, FlagsClear = TcpFlags.Ack },
            TcpFlags.Ack => match with
            {
                FlagsSet = flags,
                FlagsClear = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst,
                PayloadLength = match.PayloadLength ?? NumberRange.Of(0),
            },
            _ => match with { FlagsSet = flags },
        };
    }

    private static FrameKinds Kinds(string? protocol) => protocol switch
    {
        "tcp" => FrameKinds.Tcp,
        "udp" => FrameKinds.Udp,
        "icmp" => FrameKinds.IcmpV4 | FrameKinds.IcmpV6 | FrameKinds.Ndp,
        "icmpv6" => FrameKinds.IcmpV6 | FrameKinds.Ndp,
        "arp" => FrameKinds.Arp,
        "ndp" => FrameKinds.Ndp,
        _ => FrameKinds.None,
    };

    private static NumberRange? Range(MapReader map, string key) =>
        map.Condition(key) is { } condition ? new NumberRange(condition.Least, condition.Most) : null;

    private static int? Ecn(MapReader map, string key)
    {
        int place = map.Find(key) is null ? -1 : Array.IndexOf(Codepoints, map.Word(key, Codepoints));
        return place < 0 ? null : place;
    }

    /// <summary>An address, or the first one of a host.</summary>
    private IpAddress? AddressIn(MapReader map, string key)
    {
        if (map.Find(key) is not { } node || _values.Text(node, key) is not { } text)
        {
            return null;
        }

        return IpAddress.TryParse(text, out IpAddress address) ? address : AddressOf(text, node.Position, asking: null, family: null);
    }

    private byte[] Bytes(MapReader map, string key)
    {
        if (map.Find(key) is not { } node || _values.Text(node, key) is not { } text)
        {
            return [];
        }

        string digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (digits.Length % 2 == 0 && digits.Length > 0 && digits.All(char.IsAsciiHexDigit))
        {
            return Convert.FromHexString(digits);
        }

        _values.Wrong(node, key, "an even number of hex digits like `48 65 6c 6c 6f`");
        return [];
    }

    private FaultAction? Action(ScriptNode node)
    {
        if (node.Kind == NodeKind.Mapping)
        {
            return FullAction(new MapReader(node, Shapes.Action, _errors));
        }

        string text = node.Kind == NodeKind.Scalar ? node.Text.Trim() : "";
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["drop"]:
                return FaultAction.Drop;
            case ["duplicate"]:
                return FaultAction.Duplicate();
            case ["duplicate", var count] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int copies) && copies is >= 1 and <= 1000:
                return FaultAction.Duplicate(copies);
            case ["corrupt"]:
                return FaultAction.Corrupt;
            case ["swap"]:
                return FaultAction.Swap(DefaultSwap);
            case ["delay", var length] when Units.TryDuration(length, out Duration delay):
                return FaultAction.DelayBy(delay);
            case ["delay", ..]:
                _errors.Add(node.Position, $"do: `{text}` needs {Units.DurationForm} after `delay`");
                return null;
            case ["mark" or "set" or "inject" or "replace", ..]:
                _errors.Add(node.Position, $"do: `{parts[0]}` needs to know what; write `do: {{{parts[0]}: {(parts[0] == "mark" ? "CE" : "...")}}}`");
                return null;
            default:
                _errors.Add(node.Position, $"do: unknown action {node.Describe()}" + Suggestions.For(parts.Length > 0 ? parts[0] : "", Actions, "actions"));
                return null;
        }
    }

    private FaultAction? FullAction(MapReader map)
    {
        if (map.Find("duplicate") is { } duplicate)
        {
            return Duplicate(duplicate);
        }

        if (map.Find("corrupt") is { } corrupt)
        {
            return MapReader.Open(corrupt, Shapes.Corrupt, _errors, "corrupt") is { } reader ? Corrupt(reader) : null;
        }

        if (map.Find("set") is { } set)
        {
            return MapReader.Open(set, Shapes.Set, _errors, "set") is { } reader ? FaultAction.Edit(Edit(reader)) : null;
        }

        if (map.Find("inject") is { } inject)
        {
            return FaultAction.Inject(Injections(inject));
        }

        if (map.Find("replace") is { } replace)
        {
            return FaultAction.Replace(Injections(replace));
        }

        if (map.Has("mark"))
        {
            return FaultAction.Edit(new FrameEdit { Ecn = Ecn(map, "mark") });
        }

        return map.Has("swap") ? FaultAction.Swap(map.Duration("swap") ?? DefaultSwap) : FaultAction.DelayBy(map.Duration("delay") ?? Duration.Zero);
    }

    private FaultAction? Duplicate(ScriptNode node)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            return _values.Integer(node, "duplicate", 1, 1000) is { } copies ? FaultAction.Duplicate((int)copies) : null;
        }

        var reader = new MapReader(node, Shapes.Duplicate, _errors);
        return FaultAction.Duplicate(reader.Integer("copies", 1, 1000) ?? 1, reader.Duration("spacing") ?? Duration.Zero);
    }

    private static FaultAction Corrupt(MapReader map)
    {
        bool mended = map.Word("checksums", "wrong", "mended") == "mended";
        FrameLayer layer = map.Word("in", "ethernet", "ip", "transport", "data") switch
        {
            "ethernet" => FrameLayer.Ethernet,
            "ip" => FrameLayer.Network,
            "transport" => FrameLayer.Transport,
            _ => FrameLayer.Payload,
        };
        byte bits = (byte)(map.Integer("bits", 1, 255) ?? 1);
        return FaultAction.Edit(map.Integer("byte", 0, 65535) is { } place
            ? new FrameEdit { Flip = new BitFlip(layer, place, bits), LeaveChecksums = !mended }
            : new FrameEdit { FlipRandomPayloadBit = true, LeaveChecksums = !mended });
    }

    private FrameEdit Edit(MapReader map)
    {
        MapReader? flags = map.Find("flags") is { } node ? MapReader.Open(node, Shapes.Flags, _errors, "flags") : null;
        return new FrameEdit
        {
            Ecn = Ecn(map, "ecn"),
            Dscp = map.Integer("dscp", 0, 63),
            Ttl = (byte?)map.Integer("ttl", 0, 255),
            Window = (ushort?)map.Integer("window", 0, 65535),
            Mss = (ushort?)map.Integer("mss", 0, 65535),
            StrippedOptions = [.. map.List("strip").Select(Option).OfType<TcpOptionKind>()],
            FlagsSet = flags?.Flags("set") ?? TcpFlags.None,
            FlagsClear = flags?.Flags("clear") ?? TcpFlags.None,
            SequenceShift = ShiftIn(map, "seq"),
            AcknowledgmentShift = ShiftIn(map, "ack"),
            LeaveChecksums = map.Word("checksums", "mended", "wrong") == "wrong",
        };
    }

    private TcpOptionKind? Option(ScriptNode node) => _values.Word(node, "strip", "mss", "wscale", "sack-permitted", "sack", "timestamps") switch
    {
        "mss" => TcpOptionKind.MaximumSegmentSize,
        "wscale" => TcpOptionKind.WindowScale,
        "sack-permitted" => TcpOptionKind.SackPermitted,
        "sack" => TcpOptionKind.Sack,
        "timestamps" => TcpOptionKind.Timestamps,
        _ => null,
    };

    /// <summary>+5 or -5; 0 when absent or wrong.</summary>
    private int ShiftIn(MapReader map, string key)
    {
        if (map.Find(key) is not { } node)
        {
            return 0;
        }

        string text = node.Kind == NodeKind.Scalar ? node.Text.Trim() : "";
        if (text.StartsWith('+') | text.StartsWith('-')
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int shift))
        {
            return shift;
        }

        _values.Wrong(node, key, "a distance with its sign, like `+1` or `-1000`,");
        return 0;
    }
}
