namespace SimNet.Scripting.Schema;

/// <summary>The shapes of applications: steps that are more than one call.</summary>
internal static partial class Shapes
{
    /// <summary>Their words. A property: the order in which the files of this class are initialised is nobody's promise.</summary>
    private static ShapeKey[] ApplicationWords =>
    [
        new("http-server", "integer:1..65535|endpoint|#http-server-arguments", "Starts an HTTP/1.1 server; goes on once it listens."),
        new("http-get", "string|#http-get-arguments", "Makes an HTTP/1.1 request and reads the response: http://HOST/path."),
        new("ping", "string|#ping-arguments", "Sends echo requests and waits for what becomes of them."),
        new("echo", "integer:1..65535|endpoint|#echo-arguments", "Starts a server that sends back what comes (RFC 862); default port 7."),
        new("discard", "integer:1..65535|endpoint|#discard-arguments", "Starts a server that reads and forgets (RFC 863); default port 9."),
        new("source", "integer:1..65535|endpoint|#source-arguments", "Starts a server that sends a generated pattern to whoever connects; default port 19."),
    ];

    private static ShapeKey[] ServerKeys =>
    [
        new("port", "integer:1..65535|endpoint", "Port, or ADDRESS:PORT."),
        new("socket", "string", "Name of its listening socket, for setsockopt before and close later."),
        new("backlog", "integer:-1..2147483647", "Of its listening socket; default 128."),
    ];

    private static ShapeKey Protocol => new("protocol", "enum:tcp,udp", "Default: tcp.");

    private static ShapeKey[] ContentKeys =>
    [
        new("text", "string", "Text, as UTF-8; with a size it is repeated."),
        new("hex", "string", "Bytes as hex digits; spaces do not count."),
        new("size", "size", "So many bytes, of the text or of a generated pattern."),
    ];

    public static readonly Shape HttpServerArguments = new("http-server-arguments", "An HTTP/1.1 server in full.",
    [
        .. ServerKeys,
        new("resources", "map:#http-resource", "What it serves, by path; default: a short text under /."),
        new("think", "duration", "From the end of a request to its answer."),
        new("timeout", "duration", "How long it waits for a whole request; default: without end."),
        new("close-delay", "duration", "From the client's end of file to the server's own close."),
    ]);

    public static readonly Shape HttpResource = new("http-resource", "What an HTTP server serves under a path. Short form: a text.",
    [
        .. ContentKeys,
        new("status", "integer:200..599", "Status code; default 200."),
        new("type", "string", "Content-Type; default text/plain."),
        new("headers", "map:string", "Field lines; one of the server's own name takes its place."),
        new("framing", "enum:length,chunked,close", "How the end is told: Content-Length (default), chunks, or the end of the connection."),
        new("chunk", "size", "Bytes of a chunk; default 4KiB."),
        new("think", "duration", "From the end of a request to its answer."),
    ])
    {
        Short = "string",
    };

    public static readonly Shape HttpGetArguments = new("http-get-arguments", "An HTTP/1.1 request in full.",
    [
        new("url", "string", "http://HOST:PORT/path?query; HOST is a host, a name of `names`, or an address.", Required: true),
        new("socket", "string", "Its socket; default: the one used last, and one of its own if there is none."),
        new("method", "string", "Default GET."),
        new("headers", "map:string", "Field lines; one of the client's own name takes its place."),
        .. ContentKeys,
        new("keep-alive", "boolean", "True: the connection stays open for the next request; default: closed after the response."),
        new("timeout", "duration", "How long it waits for the response; default: without end."),
    ]);

    public static readonly Shape EchoArguments = new("echo-arguments", "An echo server in full.", [.. ServerKeys, Protocol]);

    public static readonly Shape DiscardArguments = new("discard-arguments", "A discard server in full.", [.. ServerKeys, Protocol]);

    public static readonly Shape SourceArguments = new("source-arguments", "A source in full; without size and for it sends without end.",
    [
        .. ServerKeys,
        new("size", "size", "Bytes on each connection."),
        new("for", "duration", "How long it sends on each connection."),
    ]);

    public static readonly Shape PingArguments = new("ping-arguments", "ping in full.",
        new("to", "string", "A host, a name, or an address.", Required: true),
        new("count", "integer:1..65535", "How many requests; default 4."),
        new("interval", "duration", "From one to the next; default 1s."),
        new("size", "size", "Bytes behind the ICMP header; default 56."),
        new("ttl", "integer:1..255", "Time to live, or hop limit; default: the host's."),
        new("timeout", "duration", "How long each answer is waited for; default 10s."),
        new("id", "integer:1..65535", "Identifier; default: a free one."),
        new("sequence", "integer:0..65535", "Sequence number of the first request; default 1."));

    private static Shape[] Applications => [HttpServerArguments, HttpResource, HttpGetArguments, PingArguments, EchoArguments, DiscardArguments, SourceArguments];
}
