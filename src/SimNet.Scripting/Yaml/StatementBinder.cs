using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>The statements of programs, and the results that are expected of them.</summary>
internal sealed partial class Binder
{
    /// <summary>Binds one program; knows which socket a statement is for that names none.</summary>
    private sealed partial class StatementBinder(Binder owner, string host, string program, HashSet<string> known, HashSet<string> taken)
    {
        private const string FirstSocket = "s";
        private const string FirstConnection = "c";
        private readonly ErrorList _errors = owner._errors;
        private readonly Values _values = owner._values;
        private readonly Dictionary<string, string> _unnamed = new(StringComparer.Ordinal);
        private readonly Dictionary<string, SimStack.Sockets.AddressFamily> _families = new(StringComparer.Ordinal);
        private string? _last;

        /// <summary>A socket that was opened or configured and has no use yet: a server may take it.</summary>
        private string? _fresh;
        private string? _listener;

        public List<Statement> Bind(ScriptNode list) =>
            WithFamilies([.. MapReader.Items(list, $"applications of `{host}`", _errors).Select(Step).OfType<Statement>()]);

        /// <summary>A socket opened without a family gets that of the address it is bound or connected to first.</summary>
        private static List<Statement> WithFamilies(List<Statement> statements)
        {
            for (int i = 0; i < statements.Count; i++)
            {
                if (statements[i] is SocketStatement { Family: null } open)
                {
                    IpAddress? first = statements.Skip(i + 1).Where(s => s.Socket == open.Name).Select(FirstAddress).FirstOrDefault(a => a is not null);
                    bool v6 = first is { IsV6: true };
                    statements[i] = open with { Family = v6 ? SimStack.Sockets.AddressFamily.AF_INET6 : SimStack.Sockets.AddressFamily.AF_INET };
                }
            }

            return statements;
        }

        private static IpAddress? FirstAddress(Statement statement) => statement switch
        {
            BindStatement bind => bind.Endpoint.Address,
            ConnectStatement connect => connect.Remote.Address,
            HttpServerStatement server => server.Local.Address,
            StreamServerStatement server => server.Local.Address,
            HttpGetStatement get => get.Remote.Address,
            SendToStatement send => send.Remote.Address,
            KeyStatement key => key.Peer.Address,
            _ => null,
        };

        private Statement? Step(ScriptNode node)
        {
            if (node.Kind == NodeKind.Scalar)
            {
                return ByWord(node);
            }

            if (MapReader.Open(node, Shapes.Statement, _errors, "statement") is not { } map)
            {
                return null;
            }

            ScriptEntry? word = node.Entries.Find(e => Shapes.Statement.OneOf.Contains(e.Key.Text)) ?? node.Entries.Find(e => e.Key.Text == "socket");
            if (word is null)
            {
                return null;
            }

            string? socket = word.Key.Text != "socket" ? map.Text("socket") : null;
            Statement? statement = Call(word, socket);
            if (statement is null)
            {
                return null;
            }

            return statement with
            {
                Label = Label(map),
                Nonblocking = map.Boolean("nonblocking") ?? false,
                Expect = map.Find("expect") is { } expect ? owner.CallExpectation(expect) : null,
                Position = word.Key.Position,
            };
        }

        private Statement? ByWord(ScriptNode node)
        {
            string word = node.Text;
            if (word is "socket" or "accept" or "read" or "recv" or "close" or "abort" or "recvfrom" or "echo" or "discard")
            {
                var nothing = new ScriptNode { Kind = NodeKind.Scalar, Position = node.Position };
                Statement? statement = Call(new ScriptEntry(node, nothing), null);
                return statement is null ? null : statement with { Position = node.Position };
            }

            bool exists = Shapes.StatementWords.Any(w => w.Name == word);
            _errors.Add(node.Position, exists
                ? $"`{word}` needs a value; write `{word}: …`"
                : $"unknown call {node.Describe()}" + Suggestions.For(word, Shapes.StatementWords.Select(w => w.Name), "calls"));
            return null;
        }

        private Statement? Call(ScriptEntry entry, string? socket)
        {
            ScriptNode value = entry.Value;
            return entry.Key.Text switch
            {
                "socket" => OpenSocket(value),
                "setsockopt" => SetOption(value, socket),
                "getsockopt" => GetOption(value, socket),
                "isn" => InitialSequence(value, socket),
                "md5" => Md5Key(value, socket),
                "ao" => AoKey(value, socket),
                "ao-info" => AoInfo(value, socket),
                "bind" => BindTo(value, socket),
                "listen" => Listen(value, socket),
                "accept" => Accept(value, socket),
                "connect" => Connect(value, socket),
                "write" or "send" => Write(value, socket),
                "read" or "recv" => Read(value, socket),
                "shutdown" => Shutdown(value, socket),
                "sendto" => SendTo(value, socket),
                "recvfrom" => ReceiveFrom(value, socket),
                "close" => new CloseStatement { Socket = Named(value, socket) },
                "abort" => new AbortStatement { Socket = Named(value, socket) },
                var word when Shapes.IsApplication(word) => Application(word, value, socket),
                _ => Control(entry.Key.Text, value),
            };
        }

        private Statement? Control(string word, ScriptNode value)
        {
            switch (word)
            {
                case "sleep":
                    return _values.Duration(value, word) is { } length ? new SleepStatement(length) : null;
                case "at":
                    return _values.Duration(value, word) is { } time ? new AtStatement(time) : null;
                case "signal":
                    return _values.Text(value, word) is { } signal ? new SignalStatement(signal) : null;
                case "wait-for":
                    return WaitFor(value);
                case "sysctl":
                    return Sysctl(value);
                default:
                    return Repeat(value);
            }
        }

        private SysctlStatement? Sysctl(ScriptNode value)
        {
            if (value.Kind != NodeKind.Mapping)
            {
                _values.Wrong(value, "sysctl", "a mapping like `{net.ipv4.tcp_fastopen: 3}`");
                return null;
            }

            return new SysctlStatement(owner.Sysctls(value.Entries, owner._hosts.Find(h => h.Name == host)!.Profile));
        }

        private WaitForStatement? WaitFor(ScriptNode value)
        {
            if (_values.Text(value, "wait-for") is not { } name)
            {
                return null;
            }

            if (!owner._signals.Contains(name))
            {
                _errors.Add(value.Position, $"wait-for: no program signals `{name}`" + Suggestions.For(name, owner._signals, "signals"));
            }

            return new WaitForStatement(name);
        }

        private RepeatStatement? Repeat(ScriptNode value)
        {
            if (MapReader.Open(value, Shapes.RepeatArguments, _errors, "repeat") is not { } map)
            {
                return null;
            }

            int times = map.Integer("times", 1, 1_000_000) ?? 1;
            List<Statement> body = WithFamilies([.. map.List("do").Select(Step).OfType<Statement>()]);
            return new RepeatStatement(times, body);
        }

        private string? Label(MapReader map)
        {
            if (map.Text("label") is not { } label)
            {
                return null;
            }

            SourcePosition position = map.Find("label")!.Position;
            if (!owner._labels.TryAdd(label, position))
            {
                _errors.Add(position, $"duplicate label `{label}`; it is in line {owner._labels[label].Line} already");
            }

            return label;
        }

        /// <summary>What a socket is called that the script gives no name: `s` or `c` in the host's first program that has one, its own in the others.</summary>
        private string Unnamed(string name)
        {
            if (!_unnamed.TryGetValue(name, out string? own))
            {
                own = taken.Add(name) ? name : $"{name} of {program}";
                _unnamed.Add(name, own);
            }

            return own;
        }

        /// <summary>The socket of a call that can open one: the one named, the last one, or a new one.</summary>
        private string Opening(string? socket, SourcePosition position)
        {
            _last = socket is null ? _last ?? Unnamed(FirstSocket) : Check(socket, position);
            _fresh = _last == _fresh ? null : _fresh;
            return _last;
        }

        /// <summary>The socket of a call that prepares one for a use to come.</summary>
        private string Preparing(string? socket, SourcePosition position)
        {
            string? fresh = _fresh;
            bool opens = socket is null && _last is null;
            string name = Opening(socket, position);
            _fresh = opens || name == fresh ? name : fresh;
            return name;
        }

        private SimStack.Sockets.AddressFamily? Family(string socket) => _families.TryGetValue(socket, out SimStack.Sockets.AddressFamily family) ? family : null;

        /// <summary>The socket of a call that needs one.</summary>
        private string Using(string? socket, SourcePosition position)
        {
            if (socket is not null)
            {
                return _last = Check(socket, position);
            }

            if (_last is null)
            {
                _errors.Add(position, $"the program on `{host}` has no socket yet; begin with `socket`, `connect` or `bind`");
            }

            return _last ??= Unnamed(FirstSocket);
        }

        private string Named(ScriptNode value, string? socket)
        {
            string? name = value.IsNull ? null : _values.Text(value, "socket");
            return Using(name ?? socket, value.Position);
        }

        private string Check(string name, SourcePosition position)
        {
            if (!known.Contains(name) && name != _last && name is not (FirstSocket or FirstConnection or FirstDatagramSocket))
            {
                _errors.Add(position, $"unknown socket `{name}` on `{host}`" + Suggestions.For(name, known, "sockets"));
            }

            taken.Add(name);
            return name;
        }
    }

    private CallExpectation? CallExpectation(ScriptNode node)
    {
        if (node.Kind == NodeKind.Scalar)
        {
            if (NumberCondition.TryParse(node.Text, out NumberCondition result))
            {
                return new CallExpectation { Result = result, Position = node.Position };
            }

            return ErrorNumber(node) is { } errno ? new CallExpectation { Error = errno, Position = node.Position } : null;
        }

        if (MapReader.Open(node, Shapes.CallExpectation, _errors, "expect") is not { } map)
        {
            return null;
        }

        return new CallExpectation
        {
            Result = map.Condition("result"),
            Error = map.Find("errno") is { } error ? ErrorNumber(error) : null,
            At = map.Time("at"),
            Took = map.Time("took"),
            Text = map.Text("text"),
            Status = map.Condition("status"),
            Ping = Ping(map),
            From = map.Find("from") is { } from ? Sender(from) : null,
            Sha256 = Sha256(map),
            Position = node.Position,
        };
    }

    private static PingExpectation? Ping(MapReader map)
    {
        string[] keys = ["sent", "received", "min", "avg", "max"];
        return !keys.Any(map.Has) ? null : new PingExpectation
        {
            Sent = map.Condition("sent"),
            Received = map.Condition("received"),
            Minimum = map.Time("min"),
            Average = map.Time("avg"),
            Maximum = map.Time("max"),
        };
    }

    private SimStack.Sockets.Errno? ErrorNumber(ScriptNode node)
    {
        string text = _values.Text(node, "errno") ?? "OK";
        if (Enum.TryParse(text, out SimStack.Sockets.Errno errno) && char.IsAsciiLetterUpper(text[0]))
        {
            return errno;
        }

        _errors.Add(node.Position, $"unknown errno `{text}`" + Suggestions.For(text, Enum.GetNames<SimStack.Sockets.Errno>(), "names"));
        return null;
    }

    private string? Sha256(MapReader map)
    {
        string? text = map.Text("sha256");
        if (text is not null && (text.Length != 64 || !text.All(char.IsAsciiHexDigit)))
        {
            _values.Wrong(map.Find("sha256")!, "sha256", "64 hex digits");
        }

        return text?.ToLowerInvariant();
    }
}
