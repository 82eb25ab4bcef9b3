using System.Text;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>The applications.</summary>
internal sealed partial class Binder
{
    private sealed partial class StatementBinder
    {
        private const int DefaultBacklog = 128;
        private const int DefaultChunk = 4096;
        private const long GreatestContent = 1L << 30;
        private const int LargestPing = 65_507;
        private int _servers;

        /// <summary>A step that is an application; null for other words and after an error.</summary>
        private ApplicationStatement? Application(string word, ScriptNode value, string? socket) => word switch
        {
            "http-server" => HttpServer(value, socket),
            "http-get" => HttpGet(value, socket),
            "ping" => Ping(value),
            "echo" => Server(StreamService.Echo, Shapes.EchoArguments, 7, value, socket),
            "discard" => Server(StreamService.Discard, Shapes.DiscardArguments, 9, value, socket),
            "source" => Server(StreamService.Source, Shapes.SourceArguments, 19, value, socket),
            _ => null,
        };

        /// <summary>Where a server listens, and on which socket: one that was opened or configured for it, or one of its own.</summary>
        private (IpEndpoint Local, string Socket)? Listening(string word, ScriptNode value, MapReader? map, int defaultPort, string? socket)
        {
            socket = map?.Text("socket") ?? socket;
            ScriptNode? port = map is null ? value.IsNull ? null : value : map.Find("port");
            string name = socket is not null ? Check(socket, value.Position) : _fresh ?? Unnamed($"{word} {++_servers}");
            IpEndpoint? local = port is null ? new IpEndpoint(AnyAddress(name), (ushort)defaultPort) : LocalEndpoint(port, name, word);
            if (local is { Address.IsUnspecified: true } any && !IsAddress(port) && Family(name) is null && HasBothFamilies)
            {
                local = new IpEndpoint(IpAddress.AnyV6, any.Port);
            }

            if (_fresh == name)
            {
                // What the program opens from now on is not the server's.
                _fresh = null;
                _last = null;
                _unnamed.Remove(FirstSocket);
            }

            return local is { } endpoint ? (endpoint, name) : null;
        }

        /// <summary>Servers take both families with one IPv6 socket where the host has both, as most do; bind() and listen() do as they are told.</summary>
        private bool HasBothFamilies => owner._hosts.Find(h => h.Name == host)!.Interfaces.SelectMany(i => i.Addresses).Select(a => a.Address.IsV4).Distinct().Count() == 2;

        private static bool IsAddress(ScriptNode? port) => port is { Kind: NodeKind.Scalar } && !port.Text.All(char.IsAsciiDigit);

        private StreamServerStatement? Server(StreamService service, Shape shape, int port, ScriptNode value, string? socket)
        {
            string word = shape.Name[..shape.Name.IndexOf('-', StringComparison.Ordinal)];
            MapReader? map = value.Kind == NodeKind.Mapping ? new MapReader(value, shape, _errors) : null;
            bool datagram = service != StreamService.Source && map?.Word("protocol", "tcp", "udp") == "udp";
            if (Listening(datagram ? "udp " + word : word, value, map, port, socket) is not { } place)
            {
                return null;
            }

            long size = service == StreamService.Source && map is not null ? Limited(map, "size") ?? 0 : 0;
            Duration length = service == StreamService.Source ? map?.Duration("for") ?? Duration.Zero : Duration.Zero;
            return new StreamServerStatement(service, place.Local, Backlog(map), size, length) { Socket = place.Socket, IsDatagram = datagram };
        }

        private static int Backlog(MapReader? map) => map?.Integer("backlog", -1, int.MaxValue) ?? DefaultBacklog;

        private HttpServerStatement? HttpServer(ScriptNode value, string? socket)
        {
            MapReader? map = value.Kind == NodeKind.Mapping ? new MapReader(value, Shapes.HttpServerArguments, _errors) : null;
            if (Listening("http-server", value, map, 80, socket) is not { } place)
            {
                return null;
            }

            List<HttpResource> resources = map?.Has("resources") == true
                ? [.. map.Entries("resources").Select(Resource).OfType<HttpResource>()]
                : [new HttpResource("/", 200, [], new Content("Hello, world!\n"u8.ToArray(), 0), HttpFraming.Length, DefaultChunk, null)];
            return new HttpServerStatement(place.Local, Backlog(map), resources, map?.Duration("think") ?? Duration.Zero, map?.Duration("timeout") ?? Duration.Zero)
            {
                Socket = place.Socket,
                CloseDelay = map?.Duration("close-delay") ?? Duration.Zero,
            };
        }

        private HttpResource? Resource(ScriptEntry entry)
        {
            string path = entry.Key.Text;
            if (!path.StartsWith('/') || path.Any(c => c is <= ' ' or > '~' or '?' or '#'))
            {
                _values.Wrong(entry.Key, "resources", "a path that begins with `/`, without blanks and query,");
                return null;
            }

            if (entry.Value.Kind == NodeKind.Scalar)
            {
                return _values.Text(entry.Value, path) is { } text
                    ? new HttpResource(path, 200, [], new Content(Encoding.UTF8.GetBytes(text), 0), HttpFraming.Length, DefaultChunk, null)
                    : null;
            }

            if (MapReader.Open(entry.Value, Shapes.HttpResource, _errors, path) is not { } map)
            {
                return null;
            }

            List<KeyValuePair<string, string>> headers = Headers(map);
            if (map.Text("type") is { } type)
            {
                headers.Insert(0, KeyValuePair.Create("Content-Type", type));
            }

            HttpFraming framing = map.Word("framing", "length", "chunked", "close") switch
            {
                "chunked" => HttpFraming.Chunked,
                "close" => HttpFraming.Close,
                _ => HttpFraming.Length,
            };
            Content body = ContentOf(map) ?? new Content(ReadOnlyMemory<byte>.Empty, 0);
            int chunk = (int)Math.Clamp(Limited(map, "chunk") ?? DefaultChunk, 1, 1 << 20);
            return new HttpResource(path, map.Integer("status", 200, 599) ?? 200, headers, body, framing, chunk, map.Duration("think"));
        }

        /// <summary>text, hex and size; null when there is none of them.</summary>
        private Content? ContentOf(MapReader map)
        {
            if (map.Has("text") && map.Has("hex"))
            {
                _errors.Add(map.Find("hex")!.Position, "hex: only one of `text` and `hex` can stand here");
            }

            byte[]? data = map.Text("text") is { } text ? Encoding.UTF8.GetBytes(text) : map.Find("hex") is { } hex ? Hex(hex) : null;
            long? size = map.Size("size");
            if (size > GreatestContent)
            {
                _errors.Add(map.Find("size")!.Position, "size: must be at most 1GiB");
            }

            return data is null && size is null ? null : new Content(data, size ?? 0);
        }

        private List<KeyValuePair<string, string>> Headers(MapReader map)
        {
            var headers = new List<KeyValuePair<string, string>>();
            foreach (ScriptEntry entry in map.Entries("headers"))
            {
                string name = entry.Key.Text;
                if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
                {
                    _values.Wrong(entry.Key, "headers", "a field name like `Content-Language`");
                }
                else if (_values.Text(entry.Value, name) is { } value)
                {
                    if (value.Any(char.IsControl))
                    {
                        _values.Wrong(entry.Value, name, "one line of text");
                    }

                    headers.Add(KeyValuePair.Create(name, value.Trim()));
                }
            }

            return headers;
        }

        private HttpGetStatement? HttpGet(ScriptNode value, string? socket)
        {
            MapReader? map = value.Kind == NodeKind.Mapping ? new MapReader(value, Shapes.HttpGetArguments, _errors) : null;
            ScriptNode? url = map is null ? value : map.Find("url");
            string name = Opening(map?.Text("socket") ?? socket, value.Position);
            _fresh = null;
            if (url is null || Url(url, name) is not { } parts)
            {
                return null;
            }

            string method = map?.Text("method") ?? "GET";
            if (method.Length == 0 || !method.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                _values.Wrong(map!.Find("method")!, "method", "a word like `GET` or `HEAD`");
            }

            return new HttpGetStatement(
                parts.Remote,
                parts.Host,
                parts.Target,
                method,
                map is null ? [] : Headers(map),
                map is null ? null : ContentOf(map),
                map?.Boolean("keep-alive") ?? false,
                map?.Duration("timeout") ?? Duration.Zero)
            {
                Socket = name,
            };
        }

        private PingStatement? Ping(ScriptNode value)
        {
            MapReader? map = value.Kind == NodeKind.Mapping ? new MapReader(value, Shapes.PingArguments, _errors) : null;
            ScriptNode? to = map is null ? value : map.Find("to");
            if (to is null || _values.Text(to, "ping") is not { } text || (IpAddress.TryParse(text, out IpAddress address) ? address : owner.AddressOf(text, to.Position, host, null)) is not { } destination)
            {
                return null;
            }

            long size = map?.Size("size") ?? 56;
            if (size > LargestPing)
            {
                _errors.Add(map!.Find("size")!.Position, $"size: must be at most {LargestPing}, what an IPv4 packet has room for");
            }

            return new PingStatement(
                destination,
                map?.Integer("count", 1, 65_535) ?? 4,
                map?.Duration("interval") ?? Duration.FromSeconds(1),
                (int)Math.Min(size, LargestPing),
                (byte)(map?.Integer("ttl", 1, 255) ?? 0),
                map?.Duration("timeout") ?? Duration.FromSeconds(10),
                (ushort)(map?.Integer("id", 1, 65_535) ?? 0),
                (ushort)(map?.Integer("sequence", 0, 65_535) ?? 1));
        }

        /// <summary>RFC 9110 §4.2.1: http://HOST[:PORT][/path][?query].</summary>
        private (IpEndpoint Remote, string Host, string Target)? Url(ScriptNode node, string socket)
        {
            const string Scheme = "http://";
            string text = node.Kind == NodeKind.Scalar ? node.Text : "";
            if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || text.Any(c => c is <= ' ' or > '~'))
            {
                _values.Wrong(node, "url", "a URL like `http://server/index.html`", text.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "; there is no TLS here" : "");
                return null;
            }

            int end = text.IndexOfAny(['/', '?', '#'], Scheme.Length);
            string authority = end < 0 ? text[Scheme.Length..] : text[Scheme.Length..end];
            string target = end < 0 ? "/" : text[end..];
            int fragment = target.IndexOf('#', StringComparison.Ordinal);
            target = fragment < 0 ? target : target[..fragment];
            target = target.StartsWith('/') ? target : "/" + target;
            bool port = authority.LastIndexOf(':') > authority.LastIndexOf(']');
            IpEndpoint? remote = owner.Endpoint(port ? authority : authority + ":80", node, "url", host, Family(socket));
            return remote is { } endpoint ? (endpoint, authority, target) : null;
        }
    }
}
