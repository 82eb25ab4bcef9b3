namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>One line of the timeline: a time and what happens or is expected then.</summary>
/// <param name="Position">Of the time.</param>
/// <param name="EndLine">The line of the event's last character, counted from 1.</param>
/// <param name="Time">When.</param>
internal abstract record ScriptEvent(SourcePosition Position, int EndLine, EventTime Time) : SyntaxNode(Position);

/// <summary>A packet that is injected (<c>&lt;</c>) or expected (<c>&gt;</c>).</summary>
internal sealed record PacketEvent(SourcePosition Position, int EndLine, EventTime Time, PacketSpec Packet)
    : ScriptEvent(Position, EndLine, Time);

/// <summary>A system call and what it shall return. Whether it blocks says <see cref="EventTime.BlockingEnd"/>.</summary>
internal sealed record SystemCallEvent(SourcePosition Position, int EndLine, EventTime Time, SystemCallSpec Call)
    : ScriptEvent(Position, EndLine, Time);

/// <summary>A command in backquotes.</summary>
internal sealed record CommandEvent(SourcePosition Position, int EndLine, EventTime Time, SourceText Command)
    : ScriptEvent(Position, EndLine, Time);

/// <summary>A code block, <c>%{ … }%</c>.</summary>
internal sealed record CodeEvent(SourcePosition Position, int EndLine, EventTime Time, SourceText Code)
    : ScriptEvent(Position, EndLine, Time);

/// <summary>How an event's time is written.</summary>
internal enum EventTimeKind
{
    /// <summary><c>0.1</c>: since the script's beginning.</summary>
    Absolute,

    /// <summary><c>+0.1</c>: since the previous event.</summary>
    Relative,

    /// <summary><c>*</c>: at any time; outbound packets only.</summary>
    Any,

    /// <summary><c>0.1~0.2</c>: between two times since the script's beginning; outbound packets only.</summary>
    AbsoluteRange,

    /// <summary><c>+0.1~+0.2</c>: between two times since the previous event; outbound packets only.</summary>
    RelativeRange,
}

/// <summary>When an event happens or is expected. Times are exact to the nanosecond and never negative.</summary>
/// <param name="Position">Of the plus sign, asterisk or first digit.</param>
/// <param name="Kind">What <see cref="Start"/> and <see cref="End"/> count from.</param>
/// <param name="Start">The time, or the earliest one of a range; zero for <see cref="EventTimeKind.Any"/>.</param>
/// <param name="End">The latest time of a range, not before <see cref="Start"/>; otherwise null.</param>
/// <param name="BlockingEnd">
/// For a system call that blocks, <c>+0...0.2</c>: when it shall return, counted from the same instant as <see cref="Start"/>, not from the
/// call's beginning. Not before <see cref="Start"/>. Null for all else.
/// </param>
internal sealed record EventTime(SourcePosition Position, EventTimeKind Kind, Duration Start, Duration? End, Duration? BlockingEnd)
    : SyntaxNode(Position)
{
    /// <summary>True when the time counts from the previous event.</summary>
    public bool IsRelative => Kind is EventTimeKind.Relative or EventTimeKind.RelativeRange;

    /// <summary>True for the two kinds with an <see cref="End"/>.</summary>
    public bool IsRange => Kind is EventTimeKind.AbsoluteRange or EventTimeKind.RelativeRange;
}
