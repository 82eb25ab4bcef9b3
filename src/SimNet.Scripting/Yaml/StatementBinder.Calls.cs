using System.Text;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Yaml;

/// <summary>The socket calls.</summary>
internal sealed partial class Binder
{
    private sealed partial class StatementBinder
    {
        private const long DefaultBuffer = 64 * 1024;
        private const long GreatestTransfer = 1L << 40;
        private const string CongestionOption = "TCP_CONGESTION";

        private SocketStatement OpenSocket(ScriptNode value)
        {
            string? name = null;
            AddressFamily? family = null;
            bool datagram = false;
            if (value.Kind == NodeKind.Mapping)
            {
                var map = new MapReader(value, Shapes.SocketArguments, _errors);
                name = map.Text("name");
                datagram = map.Word("type", "tcp", "udp") == "udp";
                family = map.Word("family", "ipv4", "ipv6") switch
                {
                    "ipv4" => AddressFamily.AF_INET,
                    "ipv6" => AddressFamily.AF_INET6,
                    _ => null,
                };
            }
            else if (!value.IsNull)
            {
                name = _values.Text(value, "socket");
            }

            _last = name ?? Unnamed(datagram ? FirstDatagramSocket : FirstSocket);
            _lastDatagram = datagram ? _last : _lastDatagram == _last ? null : _lastDatagram;
            _fresh = _last;
            _families.Remove(_last);
            if (family is { } known)
            {
                _families.Add(_last, known);
            }

            return new SocketStatement(_last, family) { Socket = _last, IsDatagram = datagram };
        }

        private SetOptionStatement? SetOption(ScriptNode value, string? socket)
        {
            if (value.Kind != NodeKind.Mapping)
            {
                _values.Wrong(value, "setsockopt", "a mapping like `{TCP_NODELAY: 1}`");
                return null;
            }

            var options = new List<KeyValuePair<SocketOption, int>>();
            string? congestionControl = null;
            foreach (ScriptEntry entry in value.Entries)
            {
                if (entry.Key.Text == CongestionOption)
                {
                    congestionControl = CongestionControl(entry.Value);
                }
                else if (Option(entry.Key) is { } option && _values.Integer(entry.Value, entry.Key.Text, int.MinValue, int.MaxValue) is { } number)
                {
                    options.Add(new KeyValuePair<SocketOption, int>(option, (int)number));
                }
            }

            return new SetOptionStatement(options) { Socket = Preparing(socket, value.Position), CongestionControl = congestionControl };
        }

        // A name that there is none of is no mistake of the script: the call says ENOENT, and a script may expect it.
        private string? CongestionControl(ScriptNode value)
        {
            if (value.Kind == NodeKind.Scalar && value.Text.Length > 0)
            {
                return value.Text;
            }

            _values.Wrong(value, CongestionOption, "the name of a congestion control like `reno`");
            return null;
        }

        private GetOptionStatement? GetOption(ScriptNode value, string? socket) =>
            Option(value) is { } option ? new GetOptionStatement(option) { Socket = Using(socket, value.Position) } : null;

        private SocketOption? Option(ScriptNode node)
        {
            if (node.Kind == NodeKind.Scalar && node.Text.Length > 0 && char.IsAsciiLetter(node.Text[0]) && Enum.TryParse(node.Text, out SocketOption option))
            {
                return option;
            }

            _errors.Add(node.Position, $"unknown socket option {node.Describe()}" + Suggestions.For(node.Text, [.. Enum.GetNames<SocketOption>(), CongestionOption], "options"));
            return null;
        }

        private InitialSequenceStatement? InitialSequence(ScriptNode value, string? socket) =>
            _values.Integer(value, "isn", 0, uint.MaxValue) is { } isn
                ? new InitialSequenceStatement((uint)isn) { Socket = Preparing(socket, value.Position) }
                : null;

        private BindStatement? BindTo(ScriptNode value, string? socket)
        {
            ScriptNode? to = value;
            if (value.Kind == NodeKind.Mapping)
            {
                var map = new MapReader(value, Shapes.BindArguments, _errors);
                socket = map.Text("socket") ?? socket;
                to = map.Find("to");
            }

            string name = Opening(socket, value.Position);
            return to is not null && LocalEndpoint(to, name, "bind") is { } endpoint ? new BindStatement(endpoint) { Socket = name } : null;
        }

        private IpEndpoint? LocalEndpoint(ScriptNode node, string socket, string what)
        {
            if (node.Kind == NodeKind.Scalar && node.Text.All(char.IsAsciiDigit))
            {
                return _values.Integer(node, what, 0, 65535) is { } port ? new IpEndpoint(AnyAddress(socket), (ushort)port) : null;
            }

            return _values.Text(node, what) is { } text ? owner.Endpoint(text, node, what, host, Family(socket)) : null;
        }

        /// <summary>What a port alone is bound to: IPv4, unless the socket or all of the host is IPv6.</summary>
        private IpAddress AnyAddress(string socket)
        {
            if (Family(socket) == AddressFamily.AF_INET6)
            {
                return IpAddress.AnyV6;
            }

            IEnumerable<AddressPrefix> addresses = owner._hosts.Find(h => h.Name == host)!.Interfaces.SelectMany(i => i.Addresses);
            return addresses.Any() && addresses.All(a => a.Address.IsV6) ? IpAddress.AnyV6 : IpAddress.AnyV4;
        }

        private ListenStatement? Listen(ScriptNode value, string? socket)
        {
            if (_values.Integer(value, "listen", -1, int.MaxValue) is not { } backlog)
            {
                return null;
            }

            _listener = Using(socket, value.Position);
            return new ListenStatement((int)backlog) { Socket = _listener };
        }

        private AcceptStatement Accept(ScriptNode value, string? socket)
        {
            string? name = null;
            if (value.Kind == NodeKind.Mapping)
            {
                var map = new MapReader(value, Shapes.AcceptArguments, _errors);
                socket = map.Text("socket") ?? socket;
                name = map.Text("as");
            }
            else if (!value.IsNull)
            {
                name = _values.Text(value, "accept");
            }

            string listener = Using(socket ?? _listener, value.Position);
            _listener = listener;
            _last = name ?? Unnamed(FirstConnection);
            return new AcceptStatement(_last) { Socket = listener };
        }

        private ConnectStatement? Connect(ScriptNode value, string? socket)
        {
            ScriptNode? to = value;
            if (value.Kind == NodeKind.Mapping)
            {
                var map = new MapReader(value, Shapes.ConnectArguments, _errors);
                socket = map.Text("socket") ?? socket;
                to = map.Find("to");
            }

            string name = Opening(socket, value.Position);
            return to is not null && _values.Text(to, "connect") is { } text && owner.Endpoint(text, to, "connect", host, Family(name)) is { } remote
                ? new ConnectStatement(remote) { Socket = name } : null;
        }

        private WriteStatement? Write(ScriptNode value, string? socket)
        {
            if (value.Kind != NodeKind.Mapping)
            {
                return _values.Text(value, "write") is { } plain
                    ? new WriteStatement(Encoding.UTF8.GetBytes(plain), 0, 0, MessageFlags.None) { Socket = Using(socket, value.Position) }
                    : null;
            }

            var map = new MapReader(value, Shapes.WriteArguments, _errors);
            socket = map.Text("socket") ?? socket;
            byte[] data = map.Text("text") is { } text ? Encoding.UTF8.GetBytes(text) : map.Find("hex") is { } hex ? Hex(hex) : [];
            long size = Limited(map, "size") ?? 0;
            MessageFlags flags = Flags(map);
            string name = map.Has("to") ? Opening(socket, value.Position) : Using(socket, value.Position);
            return new WriteStatement(data, size, (int)Math.Min(map.Size("chunk") ?? 0, int.MaxValue), flags)
            {
                Socket = name,
                To = Destination(map, name, flags),
            };
        }

        /// <summary>What MSG_FASTOPEN needs, and nothing else takes.</summary>
        private IpEndpoint? Destination(MapReader map, string socket, MessageFlags flags)
        {
            if (map.Find("to") is not { } to)
            {
                return null;
            }

            if ((flags & MessageFlags.MSG_FASTOPEN) == 0)
            {
                _errors.Add(to.Position, "to: only `flags: MSG_FASTOPEN` takes a destination; otherwise `connect` comes first");
            }

            return _values.Text(to, "to") is { } text ? owner.Endpoint(text, to, "write", host, Family(socket)) : null;
        }

        private long? Limited(MapReader map, string key)
        {
            long? size = map.Size(key);
            if (size is 0 or > GreatestTransfer)
            {
                _errors.Add(map.Find(key)!.Position, $"{key}: must be from 1 byte to 1024GiB");
            }

            return size;
        }

        private byte[] Hex(ScriptNode node)
        {
            string digits = string.Concat((_values.Text(node, "hex") ?? "").Where(c => !char.IsWhiteSpace(c)));
            if (digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit))
            {
                return Convert.FromHexString(digits);
            }

            _values.Wrong(node, "hex", "an even number of hex digits like `48 65 6c 6c 6f`");
            return [];
        }

        private MessageFlags Flags(MapReader map)
        {
            if (map.Find("flags") is not { } node)
            {
                return MessageFlags.None;
            }

            MessageFlags flags = MessageFlags.None;
            foreach (ScriptNode item in node.Kind == NodeKind.Sequence ? node.Items : [node])
            {
                if (Enum.TryParse(item.Text, out MessageFlags flag) && item.Text.StartsWith("MSG_", StringComparison.Ordinal))
                {
                    flags |= flag;
                }
                else
                {
                    _errors.Add(item.Position, $"unknown flag {item.Describe()}"
                        + Suggestions.For(item.Text, Enum.GetNames<MessageFlags>().Where(n => n != "None"), "flags"));
                }
            }

            return flags;
        }

        private ReadStatement? Read(ScriptNode value, string? socket)
        {
            if (value.Kind != NodeKind.Mapping)
            {
                string name = Using(socket, value.Position);
                if (value.IsNull)
                {
                    return new ReadStatement(ReadMode.Once, DefaultBuffer, MessageFlags.None) { Socket = name };
                }

                if (value.Text == "until-eof")
                {
                    return new ReadStatement(ReadMode.UntilEof, DefaultBuffer, MessageFlags.None) { Socket = name };
                }

                return Units.TrySize(value.Text, out long bytes) && value.Kind == NodeKind.Scalar && bytes <= GreatestTransfer
                    ? new ReadStatement(ReadMode.Once, bytes, MessageFlags.None) { Socket = name }
                    : WrongRead(value);
            }

            var map = new MapReader(value, Shapes.ReadArguments, _errors);
            string from = Using(map.Text("socket") ?? socket, value.Position);
            long? exactly = Limited(map, "exactly");
            bool untilEof = map.Boolean("until-eof") ?? false;
            if ((exactly is null ? 0 : 1) + (untilEof ? 1 : 0) + (map.Has("bytes") ? 1 : 0) > 1)
            {
                _errors.Add(value.Position, "read: only one of `bytes`, `exactly` and `until-eof` can stand here");
            }

            ReadMode mode = untilEof ? ReadMode.UntilEof : exactly is null ? ReadMode.Once : ReadMode.Exactly;
            return new ReadStatement(mode, exactly ?? map.Size("bytes") ?? DefaultBuffer, Flags(map)) { Socket = from };
        }

        private ReadStatement? WrongRead(ScriptNode value)
        {
            string? near = value.Kind == NodeKind.Scalar ? Suggestions.Nearest(value.Text, ["until-eof"]) : null;
            _values.Wrong(value, "read", $"{Units.SizeForm}, `until-eof`, or `{{exactly: SIZE}}`", near is null ? "" : $"; did you mean `{near}`?");
            return null;
        }

        private ShutdownStatement? Shutdown(ScriptNode value, string? socket)
        {
            ShutdownHow? how = _values.Word(value, "shutdown", "read", "write", "both") switch
            {
                "read" => ShutdownHow.SHUT_RD,
                "write" => ShutdownHow.SHUT_WR,
                "both" => ShutdownHow.SHUT_RDWR,
                _ => null,
            };
            return how is null ? null : new ShutdownStatement(how.Value) { Socket = Using(socket, value.Position) };
        }
    }
}
