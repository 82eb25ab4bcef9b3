using System.Globalization;
using SimNet.Links;
using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Yaml;

/// <summary>Packets that rules make.</summary>
internal sealed partial class Binder
{
    private List<InjectedPacket> Injections(ScriptNode node)
    {
        var packets = new List<InjectedPacket>();
        foreach (ScriptNode item in node.Kind == NodeKind.Sequence ? node.Items : [node])
        {
            if (MapReader.Open(item, Shapes.Injection, _errors, "injection") is { } map)
            {
                packets.Add(Injection(map));
            }
        }

        return packets;
    }

    private InjectedPacket Injection(MapReader map)
    {
        var packet = new InjectedPacket
        {
            Backward = (map.Word("to", "receiver", "sender") ?? (map.Has("icmp") ? "sender" : "receiver")) == "sender",
            Before = map.Word("when", "before", "after") == "before",
            Delay = map.Duration("delay") ?? Duration.Zero,
            Source = AddressIn(map, "source"),
            Destination = AddressIn(map, "destination"),
            SourcePort = (ushort?)map.Integer("source-port", 1, 65535),
            DestinationPort = (ushort?)map.Integer("destination-port", 1, 65535),
            Ttl = (byte)(map.Integer("ttl", 1, 255) ?? 64),
            BadChecksum = map.Word("checksum", "right", "wrong") == "wrong",
        };
        if (map.Find("tcp") is { } tcp)
        {
            return Segment(packet, tcp);
        }

        if (map.Find("udp") is { } udp)
        {
            return packet with { Kind = InjectedKind.Udp, Payload = Datagram(udp) };
        }

        if (map.Find("icmp") is { } icmp)
        {
            return MapReader.Open(icmp, Shapes.InjectedIcmp, _errors, "icmp") is { } reader ? Icmp(packet, reader) : packet;
        }

        string key = map.Has("packet") ? "packet" : "frame";
        byte[] bytes = Bytes(map, key);
        int least = key == "packet" ? Ipv4View.MinHeaderLength : EthernetView.HeaderLength;
        if (map.Has(key) && bytes.Length > 0 && (bytes.Length < least || bytes.Length > InjectedPacket.MaxPayload))
        {
            _errors.Add(map.Find(key)!.Position, string.Create(CultureInfo.InvariantCulture, $"{key}: {bytes.Length} bytes are none; it has {least} to {InjectedPacket.MaxPayload}"));
        }

        return packet with { Kind = key == "packet" ? InjectedKind.Packet : InjectedKind.Frame, Payload = bytes };
    }

    private InjectedPacket Segment(InjectedPacket packet, ScriptNode node)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            return packet with { Kind = InjectedKind.Tcp, Flags = _values.Flags(node, "tcp") ?? TcpFlags.None };
        }

        var map = new MapReader(node, Shapes.InjectedSegment, _errors);
        (long seq, NumberOrigin seqOrigin) = Number(map, "seq");
        (long ack, NumberOrigin ackOrigin) = Number(map, "ack");
        return packet with
        {
            Kind = InjectedKind.Tcp,
            Flags = map.Flags("flags") ?? TcpFlags.None,
            Sequence = seq,
            SequenceOrigin = seqOrigin,
            Acknowledgment = ack,
            AcknowledgmentOrigin = ackOrigin,
            Window = (ushort?)map.Integer("window", 0, 65535),
            CopyOptions = map.Word("options", "none", "copy") == "copy",
            Payload = Data(map),
        };
    }

    /// <summary>+5 and -5 count from the matched segment, 5 from the SYN, absolute-… from nothing.</summary>
    private (long Number, NumberOrigin Origin) Number(MapReader map, string key)
    {
        if (map.Long("absolute-" + key, 0, uint.MaxValue) is { } wire)
        {
            return (wire, NumberOrigin.Wire);
        }

        if (map.Find(key) is not { } node)
        {
            return (0, NumberOrigin.Matched);
        }

        string text = node.Kind == NodeKind.Scalar ? node.Text.Trim() : "";
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) || number is < -uint.MaxValue or > uint.MaxValue)
        {
            _values.Wrong(node, key, "a number like `1`, or a distance with its sign like `+1000`,");
        }

        return (number, text.StartsWith('+') || text.StartsWith('-') ? NumberOrigin.Matched : NumberOrigin.Connection);
    }

    private byte[] Data(MapReader map) => map.Text("text") is { } text
        ? Within(map.Find("text")!, "text", System.Text.Encoding.UTF8.GetBytes(text))
        : Hex(map);

    private byte[] Hex(MapReader map) => map.Find("hex") is { } node ? Within(node, "hex", Bytes(map, "hex")) : [];

    private byte[] Within(ScriptNode node, string key, byte[] bytes)
    {
        if (bytes.Length > InjectedPacket.MaxPayload)
        {
            _errors.Add(node.Position, string.Create(CultureInfo.InvariantCulture, $"{key}: {bytes.Length} bytes are too many; {InjectedPacket.MaxPayload} at most"));
        }

        return bytes;
    }

    private byte[] Datagram(ScriptNode node)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            return Within(node, "udp", System.Text.Encoding.UTF8.GetBytes(_values.Text(node, "udp") ?? ""));
        }

        return Data(new MapReader(node, Shapes.InjectedData, _errors));
    }

    private InjectedPacket Icmp(InjectedPacket packet, MapReader map) => packet with
    {
        Kind = InjectedKind.Icmp,
        IcmpType = (byte)(map.Integer("type", 0, 255) ?? 0),
        IcmpCode = (byte)(map.Integer("code", 0, 255) ?? 0),
        IcmpRest = (uint)(map.Long("mtu", 0, uint.MaxValue) ?? 0),
        QuoteSequenceShift = ShiftIn(map, "quote-seq"),
        Payload = Hex(map),
    };
}
