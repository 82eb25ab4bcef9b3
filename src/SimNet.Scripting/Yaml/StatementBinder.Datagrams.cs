using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>The calls of datagram sockets.</summary>
internal sealed partial class Binder
{
    private sealed partial class StatementBinder
    {
        private const string FirstDatagramSocket = "u";
        private const int LargestDatagram = 65_535;
        private string? _lastDatagram;

        /// <summary>The socket of a call that is for datagrams: the one named, the last one of them, or a new one.</summary>
        private string DatagramSocket(string? socket, SourcePosition position)
        {
            _lastDatagram = socket is null ? _lastDatagram ?? Unnamed(FirstDatagramSocket) : Check(socket, position);
            _fresh = _fresh == _lastDatagram ? null : _fresh;
            return _last = _lastDatagram;
        }

        private SendToStatement? SendTo(ScriptNode value, string? socket)
        {
            if (MapReader.Open(value, Shapes.SendToArguments, _errors, "sendto") is not { } map)
            {
                return null;
            }

            string name = DatagramSocket(map.Text("socket") ?? socket, value.Position);
            Content? body = ContentOf(map);
            if (body is null)
            {
                _errors.Add(value.Position, "sendto: one of `text`, `hex` and `size` is missing; `text: \"\"` is an empty datagram");
            }

            if (map.Find("to") is not { } to || _values.Text(to, "to") is not { } text || owner.Endpoint(text, to, "to", host, Family(name)) is not { } remote)
            {
                return null;
            }

            int count = map.Integer("count", 1, 1_000_000) ?? 0;
            return new SendToStatement(remote, body ?? new Content(null, 0), count, map.Duration("interval") ?? Duration.Zero) { Socket = name };
        }

        private ReceiveFromStatement? ReceiveFrom(ScriptNode value, string? socket)
        {
            if (value.Kind != NodeKind.Mapping)
            {
                long? bytes = value.IsNull ? LargestDatagram : _values.Size(value, "recvfrom");
                string last = DatagramSocket(socket, value.Position);
                return bytes is { } size ? new ReceiveFromStatement((int)Math.Min(size, LargestDatagram), 0, Duration.Zero, SimStack.Sockets.MessageFlags.None) { Socket = last } : null;
            }

            var map = new MapReader(value, Shapes.ReceiveFromArguments, _errors);
            string name = DatagramSocket(map.Text("socket") ?? socket, value.Position);
            int buffer = (int)Math.Min(map.Size("bytes") ?? LargestDatagram, LargestDatagram);
            int count = map.Integer("count", 1, 1_000_000) ?? 0;
            return new ReceiveFromStatement(buffer, count, map.Duration("timeout") ?? Duration.Zero, Flags(map)) { Socket = name };
        }
    }

    /// <summary>HOST, ADDRESS, or one of them with a port.</summary>
    private IpEndpoint? Sender(ScriptNode node)
    {
        if (_values.Text(node, "from") is not { } text)
        {
            return null;
        }

        bool port = text.LastIndexOf(':') > text.LastIndexOf(']') && !IpAddress.TryParse(text, out _);
        return Endpoint(port ? text : (text.Contains(':', StringComparison.Ordinal) && !text.StartsWith('[') ? $"[{text}]:0" : text + ":0"), node, "from", null, null);
    }
}
