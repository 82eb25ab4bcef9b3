namespace SimNet.Scripting.Schema;

/// <summary>The shapes of programs.</summary>
internal static partial class Shapes
{
    /// <summary>The words of statements; each statement has exactly one of them.</summary>
    public static readonly ShapeKey[] StatementWords =
    [
        new("socket", "string|#socket-arguments", "Opens a socket under this name; beside another call: the socket it is for."),
        new("setsockopt", "map:integer:-2147483648..2147483647|name", "Sets options: {TCP_NODELAY: 1, SO_RCVBUF: 65536, TCP_CONGESTION: reno}."),
        new("getsockopt", "string", "Reads an option: SO_ERROR."),
        new("isn", "integer:0..4294967295", "Initial sequence number of the socket, or of the first connection it accepts."),
        new("bind", "integer:0..65535|endpoint|#bind-arguments", "Port, or ADDRESS:PORT."),
        new("listen", "integer:-1..2147483647", "Backlog."),
        new("accept", "string|#accept-arguments", "Takes a connection; gives it this name."),
        new("connect", "endpoint|#connect-arguments", "HOST:PORT or ADDRESS:PORT; opens a socket if there is none."),
        new("write", "string|#write-arguments", "Writes text, hex bytes, or a generated pattern of a size."),
        new("send", "string|#write-arguments", "The same as write."),
        new("read", "enum:until-eof|size|#read-arguments", "One read of at most so many bytes, or until-eof."),
        new("recv", "enum:until-eof|size|#read-arguments", "The same as read."),
        new("shutdown", "enum:read,write,both", "Ends one direction or both."),
        new("close", "string", "Closes the socket of this name, or the last one used."),
        new("abort", "string", "Closes with RST."),
        new("sleep", "duration", "Waits so long."),
        new("at", "duration", "Waits for this time since the start."),
        new("repeat", "#repeat-arguments", "Does statements several times."),
        new("signal", "string", "Lets programs go on that wait for this word."),
        new("sysctl", "map:any", "Changes kernel settings of the host from here on: {net.ipv4.tcp_fastopen: 3}."),
        new("wait-for", "string", "Waits until some program has signalled this word."),
        .. KeyWords,
        .. DatagramWords,
        .. ApplicationWords,
    ];

    /// <summary>True for the word of an application.</summary>
    public static bool IsApplication(string word) => ApplicationWords.Any(w => w.Name == word);

    public static readonly Shape Application = new("application", "The program of a host, as a list of statements; or several by name.")
    {
        Short = "#statement[]",
        OtherKeys = "#statement[]",
    };

    public static readonly Shape Statement = new("statement", "One step: a call, and what belongs to it. Calls without arguments: just the word.",
    [
        .. StatementWords,
        new("label", "string", "Name that expectations refer to."),
        new("nonblocking", "boolean", "One try instead of waiting."),
        new("expect", "#call-expectation", "What the call must give."),
    ])
    {
        Short = "enum:socket,accept,read,recv,recvfrom,close,abort,echo,discard",
        OneOf = [.. StatementWords.Where(w => w.Name != "socket").Select(w => w.Name)],
    };

    public static readonly Shape SocketArguments = new("socket-arguments", "socket in full.",
        new("name", "string", "Name for later statements."),
        new("type", "enum:tcp,udp", "Default: tcp."),
        new("family", "enum:ipv4,ipv6", "Default: as the address of the later bind or connect."));

    public static readonly Shape AcceptArguments = new("accept-arguments", "accept in full.",
        new("socket", "string", "The listening socket; default: the one that listened last."),
        new("as", "string", "Name of the connection."));

    public static readonly Shape ConnectArguments = new("connect-arguments", "connect in full.",
        new("socket", "string", "The socket."),
        new("to", "endpoint", "HOST:PORT or ADDRESS:PORT.", Required: true));

    public static readonly Shape BindArguments = new("bind-arguments", "bind in full.",
        new("socket", "string", "The socket."),
        new("to", "integer:0..65535|endpoint", "Port, or ADDRESS:PORT.", Required: true));

    public static readonly Shape WriteArguments = new("write-arguments", "write in full; one of text, hex and size.",
        new("socket", "string", "The socket."),
        new("text", "string", "Text, as UTF-8."),
        new("hex", "string", "Bytes as hex digits; spaces do not count."),
        new("size", "size", "So many bytes of a generated pattern."),
        new("chunk", "size", "At most so many bytes per call."),
        new("to", "endpoint", "HOST:PORT or ADDRESS:PORT, with MSG_FASTOPEN: the SYN goes there with the data; opens a socket if there is none."),
        new("flags", "enum:MSG_OOB,MSG_MORE,MSG_DONTWAIT,MSG_FASTOPEN|string[]", "Flags of send."))
    {
        OneOf = ["text", "hex", "size"],
    };

    public static readonly Shape ReadArguments = new("read-arguments", "read in full.",
        new("socket", "string", "The socket."),
        new("bytes", "size", "One call with a buffer of so many bytes; default 64KiB."),
        new("exactly", "size", "Until exactly so many bytes are there."),
        new("until-eof", "boolean", "Until the peer's end of file."),
        new("flags", "enum:MSG_OOB,MSG_PEEK,MSG_DONTWAIT|string[]", "Flags of recv."));

    public static readonly Shape RepeatArguments = new("repeat-arguments", "A loop.",
        new("times", "integer:1..1000000", "How often.", Required: true),
        new("do", "#statement[]", "What.", Required: true));

    public static readonly Shape CallExpectation = new("call-expectation", "What a call gives. Short form: the result, or the errno.",
        new("result", "number-condition", "The value returned: 0 or a number of bytes; also >0, 2..4."),
        new("errno", "string", "ECONNREFUSED and the like; OK for success."),
        new("at", "duration", "When it returns, since the start."),
        new("took", "duration", "How long it takes."),
        new("within", "duration", "Tolerance of all times here."),
        new("text", "string", "What was read, as text."),
        new("sha256", "string", "SHA-256 of what was read, in hex."),
        new("from", "string", "Of recvfrom: who sent the datagram, HOST or HOST:PORT."),
        new("status", "number-condition", "Of http-get: the status of the response."),
        new("sent", "number-condition", "Of ping: the number of requests."),
        new("received", "number-condition", "Of ping: the number of replies."),
        new("min", "duration", "Of ping: the shortest round trip."),
        new("avg", "duration", "Of ping: the mean round trip."),
        new("max", "duration", "Of ping: the longest round trip."))
    {
        Short = "string|integer",
    };
}
