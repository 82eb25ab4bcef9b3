using SimStack.Ip;

namespace SimNet.Scripting.Model;

/// <summary>A step that is more than one socket call: a server that goes on beside the program, or a client's whole exchange.</summary>
public abstract record ApplicationStatement : Statement;

/// <summary>
/// An HTTP/1.1 server (RFC 9112). The step returns once it listens; the server goes on until its listening socket is closed.
/// </summary>
/// <param name="Local">Where it listens.</param>
/// <param name="Backlog">Of its listening socket.</param>
/// <param name="Resources">What it serves.</param>
/// <param name="Think">From the end of a request to the answer.</param>
/// <param name="Timeout">How long it waits for a whole request; zero: without end.</param>
public sealed record HttpServerStatement(
    IpEndpoint Local, int Backlog, IReadOnlyList<HttpResource> Resources, Duration Think, Duration Timeout) : ApplicationStatement
{
    /// <summary>From the client's end of file to the server's own close, as of a program that is busy.</summary>
    public Duration CloseDelay { get; init; }

    public override string Word => "http-server";

    /// <inheritdoc/>
    public override string Describe() => Call($"http-server({Local})");
}

/// <summary>What an HTTP server serves under a path.</summary>
/// <param name="Path">From the first slash on, without query.</param>
/// <param name="Status">Status code.</param>
/// <param name="Headers">Field lines in order, before the server's own; one of the same name takes its place.</param>
/// <param name="Body">The content.</param>
/// <param name="Framing">How its end is told.</param>
/// <param name="Chunk">Bytes of a chunk at most.</param>
/// <param name="Think">From the end of a request to the answer; null: the server's.</param>
public sealed record HttpResource(
    string Path, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, Content Body, HttpFraming Framing, int Chunk, Duration? Think);

/// <summary>How the end of a response's content is told (RFC 9112 §6).</summary>
public enum HttpFraming
{
    /// <summary>Content-Length.</summary>
    Length,

    /// <summary>Transfer-Encoding: chunked.</summary>
    Chunked,

    /// <summary>The end of the connection.</summary>
    Close,
}

/// <summary>Bytes that an application sends: given, or generated.</summary>
/// <param name="Data">Given bytes; with a size they are repeated.</param>
/// <param name="Size">Bytes in total when generated; 0: just <paramref name="Data"/>.</param>
public sealed record Content(ReadOnlyMemory<byte> Data, long Size)
{
    /// <summary>Bytes in total.</summary>
    public long Length => Size > 0 ? Size : Data.Length;
}

/// <summary>
/// An HTTP/1.1 request and its response. Its socket is connected if it is not yet, and closed afterwards unless it is kept.
/// The result is the number of bytes of the content.
/// </summary>
/// <param name="Remote">The server.</param>
/// <param name="Host">As the Host field names it.</param>
/// <param name="Target">The request target: a path with its query.</param>
/// <param name="Method">GET, HEAD…</param>
/// <param name="Headers">Field lines in order; one of the same name takes the place of the client's own.</param>
/// <param name="Body">Content of the request.</param>
/// <param name="KeepAlive">The connection stays open for further requests.</param>
/// <param name="Timeout">How long it waits for the response; zero: without end.</param>
public sealed record HttpGetStatement(
    IpEndpoint Remote,
    string Host,
    string Target,
    string Method,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    Content? Body,
    bool KeepAlive,
    Duration Timeout) : ApplicationStatement
{
    public override string Word => "http-get";

    /// <inheritdoc/>
    public override string Describe() => Call($"http {Method} {Host}{Target}");
}

/// <summary>The small services of RFC 862 and RFC 863, and their counterpart that sends.</summary>
public enum StreamService
{
    /// <summary>Sends back what comes.</summary>
    Echo,

    /// <summary>Reads and forgets what comes.</summary>
    Discard,

    /// <summary>Sends to everyone who connects.</summary>
    Source,
}

/// <summary>
/// A server that treats every connection alike. The step returns once it listens; the server goes on until its listening socket is closed.
/// </summary>
/// <param name="Service">What it does.</param>
/// <param name="Local">Where it listens.</param>
/// <param name="Backlog">Of its listening socket.</param>
/// <param name="Size">Of a source: bytes per connection; 0: without end, or as long as <paramref name="For"/> says.</param>
/// <param name="For">Of a source: how long it sends on a connection; zero: until the size is reached.</param>
public sealed record StreamServerStatement(StreamService Service, IpEndpoint Local, int Backlog, long Size, Duration For) : ApplicationStatement
{
    /// <summary>True: over UDP; false: over TCP.</summary>
    public bool IsDatagram { get; init; }

    public override string Word => Service switch
    {
        StreamService.Echo => "echo",
        StreamService.Discard => "discard",
        _ => "source",
    };

    /// <inheritdoc/>
    public override string Describe() => Call($"{Word}({Local})");
}

/// <summary>
/// Echo requests as ping(8) sends them. The result is the number of replies; an error of the first request that could not even be sent is the
/// call's error.
/// </summary>
/// <param name="Destination">Who is asked.</param>
/// <param name="Count">How many requests.</param>
/// <param name="Interval">From one request to the next.</param>
/// <param name="Size">Bytes behind the ICMP header.</param>
/// <param name="TimeToLive">Of the requests; 0: the host's default.</param>
/// <param name="Timeout">How long each answer is waited for.</param>
/// <param name="Identifier">Of the requests; 0: a free one.</param>
/// <param name="Sequence">Of the first request.</param>
public sealed record PingStatement(
    IpAddress Destination, int Count, Duration Interval, int Size, byte TimeToLive, Duration Timeout, ushort Identifier, ushort Sequence) : ApplicationStatement
{
    public override string Word => "ping";

    /// <inheritdoc/>
    public override string Describe() => Call($"ping({Destination}) × {Count}");
}

/// <summary>What must come of a ping, besides the number of replies.</summary>
public sealed record PingExpectation
{
    /// <summary>Requests sent.</summary>
    public NumberCondition? Sent { get; init; }

    /// <summary>Replies received.</summary>
    public NumberCondition? Received { get; init; }

    /// <summary>The shortest round trip.</summary>
    public TimeCondition? Minimum { get; init; }

    /// <summary>The mean round trip.</summary>
    public TimeCondition? Average { get; init; }

    /// <summary>The longest round trip.</summary>
    public TimeCondition? Maximum { get; init; }
}
