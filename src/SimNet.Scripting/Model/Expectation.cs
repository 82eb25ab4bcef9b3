using SimStack.Tcp;

namespace SimNet.Scripting.Model;

/// <summary>Something that must come out of a run.</summary>
public abstract record Expectation
{
    /// <summary>One line for the verdict; from the script, or made from the expectation.</summary>
    public required string Text { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>TCP segments as the capture point sees them, in order.</summary>
/// <param name="Point">Where.</param>
/// <param name="Complete">True: these and no others; false: these in this order, others between them.</param>
/// <param name="Segments">In order.</param>
public sealed record SegmentsExpectation(InterfaceName Point, bool Complete, IReadOnlyList<ExpectedSegment> Segments) : Expectation;

/// <summary>One segment. What is null is not looked at.</summary>
public sealed record ExpectedSegment
{
    /// <summary>Sending host.</summary>
    public string? From { get; init; }

    /// <summary>Flags, exactly; PSH counts only where it is said.</summary>
    public TcpFlags? Flags { get; init; }

    /// <summary>First sequence number relative to the sender's SYN (SYN is 0).</summary>
    public long? Seq { get; init; }

    /// <summary>Acknowledgement number relative to the other side's SYN.</summary>
    public long? Ack { get; init; }

    /// <summary>Bytes of data.</summary>
    public NumberCondition? Length { get; init; }

    /// <summary>The window field, unscaled.</summary>
    public int? Window { get; init; }

    /// <summary>Options as tcpdump prints them.</summary>
    public string? Options { get; init; }

    /// <summary>Absolute first sequence number.</summary>
    public uint? AbsoluteSeq { get; init; }

    /// <summary>Absolute acknowledgement number.</summary>
    public uint? AbsoluteAck { get; init; }

    /// <summary>Time at the point since the start.</summary>
    public TimeCondition? At { get; init; }

    /// <summary>Where the script says so.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>The states that a connection goes through.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Connection">Which one there, counted from 1 among connections (listening sockets aside).</param>
/// <param name="Complete">True: this whole path; false: these in this order, others between them.</param>
/// <param name="Path">In order.</param>
public sealed record StatesExpectation(string Host, int Connection, bool Complete, IReadOnlyList<ExpectedState> Path) : Expectation;

/// <summary>A state, and when it is reached.</summary>
/// <param name="State">The state.</param>
/// <param name="At">Null: any time.</param>
public readonly record struct ExpectedState(TcpState State, TimeCondition? At);

/// <summary>A listening socket's queues at a moment.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Port">Its port.</param>
/// <param name="At">When; null for the end of the run.</param>
/// <param name="Syn">Entries in the SYN queue.</param>
/// <param name="Accept">Entries in the accept queue.</param>
public sealed record QueueExpectation(string Host, int Port, Duration? At, NumberCondition? Syn, NumberCondition? Accept) : Expectation;

/// <summary>A host's socket table at a moment, as printed.</summary>
/// <param name="Host">Whose.</param>
/// <param name="At">When; null for the end of the run.</param>
/// <param name="Form">In which form.</param>
/// <param name="Lines">The rows; spaces at the ends and their number between columns do not count.</param>
public sealed record SocketTableExpectation(string Host, Duration? At, TableForm Form, IReadOnlyList<string> Lines) : Expectation;

/// <summary>The result of a labelled statement.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Expected">What must come out.</param>
public sealed record CallResultExpectation(string Label, CallExpectation Expected) : Expectation;

/// <summary>A host's counters at a moment.</summary>
/// <param name="Host">Whose.</param>
/// <param name="At">When; null for the end of the run.</param>
/// <param name="Counters">nstat names.</param>
public sealed record CountersExpectation(string Host, Duration? At, IReadOnlyList<KeyValuePair<string, NumberCondition>> Counters) : Expectation;

/// <summary>A connection's TCP_INFO at a moment, at which it must be there.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Connection">Which one there, counted from 1 among connections (listening sockets aside).</param>
/// <param name="At">When; null for the end of the run.</param>
/// <param name="Fields">Names of linux/tcp.h: <c>tcpi_snd_cwnd</c>.</param>
public sealed record TcpInfoExpectation(
    string Host, int Connection, Duration? At, IReadOnlyList<KeyValuePair<string, NumberCondition>> Fields) : Expectation;

/// <summary>What a host's programs read in total.</summary>
/// <param name="To">The reading host.</param>
/// <param name="From">The writing host; null when nothing is compared with it.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Intact">True: exactly what <paramref name="From"/> wrote, by SHA-256.</param>
/// <param name="Sha256">By SHA-256, in lower-case hex.</param>
public sealed record DeliveredExpectation(string To, string? From, NumberCondition? Bytes, bool Intact, string? Sha256) : Expectation;

/// <summary>Data, SYN and FIN segments sent again.</summary>
/// <param name="Host">By whom; null: by anyone.</param>
/// <param name="Count">How many.</param>
public sealed record RetransmissionsExpectation(string? Host, NumberCondition Count) : Expectation;

/// <summary>Frames that links dropped, for whatever reason.</summary>
/// <param name="Count">How many.</param>
public sealed record DropsExpectation(NumberCondition Count) : Expectation;
