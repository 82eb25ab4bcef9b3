using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Model;

/// <summary>One program on a host: statements run one after the other, beginning with the run.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Name"><c>main</c> unless the script names it.</param>
/// <param name="Statements">In order.</param>
public sealed record TaskDefinition(string Host, string Name, IReadOnlyList<Statement> Statements);

/// <summary>One step of a program.</summary>
public abstract record Statement
{
    /// <summary>The word that the script uses: <c>connect</c>.</summary>
    public abstract string Word { get; }

    /// <summary>The socket's name; null: the one used last in the program.</summary>
    public string? Socket { get; init; }

    /// <summary>Name that expectations refer to.</summary>
    public string? Label { get; init; }

    /// <summary>One try instead of waiting.</summary>
    public bool Nonblocking { get; init; }

    /// <summary>What the call must give.</summary>
    public CallExpectation? Expect { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }

    /// <summary>The call as verdicts and results show it: <c>connect(10.0.0.2:80)</c>.</summary>
    public virtual string Describe() => Word + "()";

    /// <summary>A call with its argument, whatever the machine's culture.</summary>
    protected static string Call(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>What a call must return and when.</summary>
public sealed record CallExpectation
{
    /// <summary>The value: 0, or a number of bytes.</summary>
    public NumberCondition? Result { get; init; }

    /// <summary>The errno; <see cref="Errno.OK"/> for success.</summary>
    public Errno? Error { get; init; }

    /// <summary>When it returns, since the start.</summary>
    public TimeCondition? At { get; init; }

    /// <summary>How long it takes.</summary>
    public TimeCondition? Took { get; init; }

    /// <summary>What was read, as text.</summary>
    public string? Text { get; init; }

    /// <summary>SHA-256 of what was read, in lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Who sent the datagram; port 0: from any port.</summary>
    public IpEndpoint? From { get; init; }

    /// <summary>What a ping must give.</summary>
    public PingExpectation? Ping { get; init; }

    /// <summary>The status of an HTTP response.</summary>
    public NumberCondition? Status { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>A time with a tolerance.</summary>
/// <param name="Value">Since the start, or a length.</param>
/// <param name="Within">Allowed difference to either side.</param>
public readonly record struct TimeCondition(Duration Value, Duration Within)
{
    /// <summary>True when <paramref name="actual"/> is near enough.</summary>
    public bool Holds(Duration actual)
    {
        Duration difference = actual - Value;
        return (difference.Nanoseconds < 0 ? -difference : difference) <= Within;
    }

    /// <summary><c>1.5s ± 0.001s</c>.</summary>
    public override string ToString() => Within == Duration.Zero ? $"{Value}" : $"{Value} ± {Within}";
}

/// <summary>socket(2).</summary>
/// <param name="Name">Name for the program's later statements.</param>
/// <param name="Family">Null: as the address of the later bind or connect.</param>
public sealed record SocketStatement(string Name, AddressFamily? Family) : Statement
{
    /// <summary>True: UDP; false: TCP.</summary>
    public bool IsDatagram { get; init; }

    public override string Word => "socket";
}

/// <summary>Changes settings of the host while it runs, as its administrator would.</summary>
/// <param name="Settings">In order.</param>
public sealed record SysctlStatement(IReadOnlyList<SysctlSetting> Settings) : Statement
{
    public override string Word => "sysctl";
}

/// <summary>setsockopt(2), one option after the other.</summary>
/// <param name="Options">In order.</param>
public sealed record SetOptionStatement(IReadOnlyList<KeyValuePair<SocketOption, int>> Options) : Statement
{
    public override string Word => "setsockopt";

    /// <summary>TCP_CONGESTION, the one option that is a name: Linux's of a congestion control. It is set after the others; null: not at all.</summary>
    public string? CongestionControl { get; init; }

    /// <inheritdoc/>
    public override string Describe() => Call($"setsockopt({string.Join(", ", Texts())})");

    private IEnumerable<string> Texts()
    {
        IEnumerable<string> numbers = Options.Select(o => Call($"{o.Key}={o.Value}"));
        return CongestionControl is { } name ? numbers.Append($"TCP_CONGESTION={name}") : numbers;
    }
}

/// <summary>getsockopt(2).</summary>
/// <param name="Option">The option.</param>
public sealed record GetOptionStatement(SocketOption Option) : Statement
{
    public override string Word => "getsockopt";

    /// <inheritdoc/>
    public override string Describe() => Call($"getsockopt({Option})");
}

/// <summary>Sets the initial send sequence number of the socket, or of the first connection it accepts.</summary>
/// <param name="Value">ISS.</param>
public sealed record InitialSequenceStatement(uint Value) : Statement
{
    public override string Word => "isn";

    /// <inheritdoc/>
    public override string Describe() => Call($"isn({Value})");
}

/// <summary>bind(2).</summary>
/// <param name="Endpoint">Unspecified address: any.</param>
public sealed record BindStatement(IpEndpoint Endpoint) : Statement
{
    public override string Word => "bind";

    /// <inheritdoc/>
    public override string Describe() => Call($"bind({Endpoint})");
}

/// <summary>listen(2).</summary>
/// <param name="Backlog">As given.</param>
public sealed record ListenStatement(int Backlog) : Statement
{
    public override string Word => "listen";

    /// <inheritdoc/>
    public override string Describe() => Call($"listen({Backlog})");
}

/// <summary>accept(2).</summary>
/// <param name="Name">Name of the accepted connection.</param>
public sealed record AcceptStatement(string Name) : Statement
{
    public override string Word => "accept";
}

/// <summary>connect(2).</summary>
/// <param name="Remote">Whereto.</param>
public sealed record ConnectStatement(IpEndpoint Remote) : Statement
{
    public override string Word => "connect";

    /// <inheritdoc/>
    public override string Describe() => Call($"connect({Remote})");
}

/// <summary>write(2) or send(2), repeated until everything is taken.</summary>
/// <param name="Data">The bytes; empty when <paramref name="Size"/> is used.</param>
/// <param name="Size">Bytes of the generated pattern; 0 when <paramref name="Data"/> is used.</param>
/// <param name="Chunk">Bytes per call at most; 0: all in one.</param>
/// <param name="Flags">Of send.</param>
public sealed record WriteStatement(byte[] Data, long Size, int Chunk, MessageFlags Flags) : Statement
{
    /// <summary>Where a connection is opened to, with the data in its SYN (MSG_FASTOPEN); null: the socket is connected.</summary>
    public IpEndpoint? To { get; init; }

    public override string Word => "write";

    /// <inheritdoc/>
    public override string Describe() => To is { } to ? Call($"sendto({Length}, {to})") : Call($"write({Length})");

    /// <summary>Bytes in total.</summary>
    public long Length => Size > 0 ? Size : Data.Length;
}

/// <summary>How long a read goes on.</summary>
public enum ReadMode
{
    /// <summary>One call.</summary>
    Once,

    /// <summary>Until exactly so many bytes are there.</summary>
    Exactly,

    /// <summary>Until the peer's end of file.</summary>
    UntilEof,
}

/// <summary>read(2) or recv(2).</summary>
/// <param name="Mode">How long it goes on.</param>
/// <param name="Bytes">The buffer of one call, or the exact count.</param>
/// <param name="Flags">Of recv.</param>
public sealed record ReadStatement(ReadMode Mode, long Bytes, MessageFlags Flags) : Statement
{
    public override string Word => "read";

    /// <inheritdoc/>
    public override string Describe() => Mode switch
    {
        ReadMode.UntilEof => "read(until eof)",
        ReadMode.Exactly => Call($"read(exactly {Bytes})"),
        _ => Call($"read({Bytes})"),
    };
}

/// <summary>shutdown(2).</summary>
/// <param name="How">Which direction.</param>
public sealed record ShutdownStatement(ShutdownHow How) : Statement
{
    public override string Word => "shutdown";

    /// <inheritdoc/>
    public override string Describe() => Call($"shutdown({How})");
}

/// <summary>close(2).</summary>
public sealed record CloseStatement : Statement
{
    public override string Word => "close";
}

/// <summary>Closes with RST (RFC 9293 §3.10.5).</summary>
public sealed record AbortStatement : Statement
{
    public override string Word => "abort";
}

/// <summary>Waits.</summary>
/// <param name="Length">How long.</param>
public sealed record SleepStatement(Duration Length) : Statement
{
    public override string Word => "sleep";
}

/// <summary>Waits for a time since the start.</summary>
/// <param name="Time">A time that has passed is an error in the run's verdicts.</param>
public sealed record AtStatement(Duration Time) : Statement
{
    public override string Word => "at";
}

/// <summary>Does statements several times.</summary>
/// <param name="Times">How often.</param>
/// <param name="Body">What.</param>
public sealed record RepeatStatement(int Times, IReadOnlyList<Statement> Body) : Statement
{
    public override string Word => "repeat";
}

/// <summary>Lets programs go on that wait for it.</summary>
/// <param name="Name">Of the event.</param>
public sealed record SignalStatement(string Name) : Statement
{
    public override string Word => "signal";
}

/// <summary>Waits until some program has signalled.</summary>
/// <param name="Name">Of the event.</param>
public sealed record WaitForStatement(string Name) : Statement
{
    public override string Word => "wait-for";
}
