using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Model;

/// <summary>A scenario run many times: every combination of the axes' values, each measured.</summary>
/// <param name="Axes">What varies; the last varies fastest, and goes across the table.</param>
/// <param name="Measures">What is measured in each run.</param>
/// <param name="Expectations">What must come out of some of the runs.</param>
public sealed record SweepDefinition(
    IReadOnlyList<SweepAxis> Axes, IReadOnlyList<SweepMeasure> Measures, IReadOnlyList<SweepExpectation> Expectations)
{
    /// <summary>The most runs that a sweep may have.</summary>
    public const int MostCells = 10_000;

    /// <summary>How many runs there are.</summary>
    public long CellCount => Axes.Aggregate(1L, (product, axis) => Math.Min(product * axis.Values.Count, long.MaxValue / 65_536));
}

/// <summary>One thing that varies.</summary>
/// <param name="Name">Heading: a variable's name, or the path.</param>
/// <param name="Path">As <c>--set</c> takes it.</param>
/// <param name="Values">As they are written in the script.</param>
/// <param name="Position">Where the script says so.</param>
public sealed record SweepAxis(string Name, string Path, IReadOnlyList<string> Values, SourcePosition Position);

/// <summary>A measure with its name.</summary>
/// <param name="Name">Heading.</param>
/// <param name="Measure">What is measured.</param>
public sealed record SweepMeasure(string Name, Measure Measure);

/// <summary>What measures must be in the runs where some axes have certain values.</summary>
/// <param name="Where">Axis and value; other axes may have any.</param>
/// <param name="Wanted">Measure and number.</param>
/// <param name="Text">For the verdict.</param>
/// <param name="Position">Where the script says so.</param>
public sealed record SweepExpectation(
    IReadOnlyList<KeyValuePair<string, string>> Where, IReadOnlyList<KeyValuePair<string, NumberCondition>> Wanted, string Text, SourcePosition Position);

/// <summary>One number, time or text taken from a run.</summary>
public abstract record Measure;

/// <summary>Rows of a host's socket table.</summary>
/// <param name="Host">Whose.</param>
/// <param name="State">Only in this state.</param>
/// <param name="Port">Only with this local port.</param>
/// <param name="At">When; null: at the end.</param>
public sealed record SocketsMeasure(string Host, TcpState? State, int? Port, Duration? At) : Measure;

/// <summary>Connections that came into a state, at any time.</summary>
/// <param name="Host">On this host; null: on all.</param>
/// <param name="State">The state.</param>
/// <param name="From">Only from this one.</param>
public sealed record ConnectionsMeasure(string? Host, TcpState State, TcpState? From) : Measure;

/// <summary>When a connection came into a state, in seconds.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Connection">Which one, from 1.</param>
/// <param name="State">The state.</param>
public sealed record ReachedMeasure(string Host, int Connection, TcpState State) : Measure;

/// <summary>Socket calls with a certain outcome.</summary>
/// <param name="Host">Made on this host; null: on all.</param>
/// <param name="Word">The call, such as <c>connect</c>.</param>
/// <param name="Error">Its errno; null: those that have not returned.</param>
public sealed record CallsMeasure(string? Host, string Word, Errno? Error) : Measure;

/// <summary>What a labelled call gave.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Value">Result, time taken or time of return.</param>
public sealed record CallMeasure(string Label, CallValue Value) : Measure;

/// <summary>Which value of a call.</summary>
public enum CallValue
{
    /// <summary>What it returned, or its errno.</summary>
    Result,

    /// <summary>Seconds from call to return.</summary>
    Took,

    /// <summary>Second of its return.</summary>
    At,
}

/// <summary>A counter at the end.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Name">By nstat's name.</param>
public sealed record CounterMeasure(string Host, string Name) : Measure;

/// <summary>Segments sent again.</summary>
/// <param name="Host">By this host; null: by all.</param>
public sealed record RetransmissionsMeasure(string? Host) : Measure;

/// <summary>Bytes that a host's programs read.</summary>
/// <param name="Host">Whose.</param>
public sealed record DeliveredMeasure(string Host) : Measure;

/// <summary>Frames that links dropped.</summary>
public sealed record DropsMeasure : Measure;
