namespace SimNet.Scripting.Schema;

/// <summary>The shapes of sweeps.</summary>
internal static partial class Shapes
{
    public static readonly Shape Sweep = new("sweep", "Runs the script once for every combination of the axes' values, and prints what was measured.",
        new("axes", "map:any[]", "Variables, or paths as --set takes them, with their values; the last varies fastest.", Required: true),
        new("measure", "map:#measure", "What is measured in each run, by a name of yours.", Required: true),
        new("expect", "#sweep-expectation[]", "What measures must be."));

    public static readonly ShapeKey[] MeasureWords =
    [
        new("sockets", "#sockets-measure", "Rows of a host's socket table."),
        new("connections", "#connections-measure", "Connections that came into a state, at any time."),
        new("reached", "#reached-measure", "When a connection came into a state, in seconds."),
        new("calls", "#calls-measure", "Socket calls with a certain outcome."),
        new("call", "#call-measure", "What a labelled call gave."),
        new("counter", "#counter-measure", "A counter at the end."),
        new("retransmissions", "string", "Segments sent again by a host, or by `all`."),
        new("delivered", "string", "Bytes that a host's programs read."),
        new("drops", "enum:all", "Frames that links dropped."),
    ];

    public static readonly Shape Measure = new("measure", "What is measured: exactly one of the kinds.", MeasureWords)
    {
        OneOf = [.. MeasureWords.Select(w => w.Name)],
    };

    public static readonly Shape SocketsMeasure = new("sockets-measure", "Rows of a host's socket table; all that is said must hold.",
        new("host", "string", "Whose.", Required: true),
        new("state", "string", "Only in this state, as RFC 9293 writes it."),
        new("port", "integer:1..65535", "Only with this local port."),
        new("at", "duration", "When; default: at the end."));

    public static readonly Shape ConnectionsMeasure = new("connections-measure", "Connections that came into a state, at any time.",
        new("host", "string", "On this host; default: on all."),
        new("state", "string", "The state, as RFC 9293 writes it.", Required: true),
        new("from", "string", "Only those that came from this state."));

    public static readonly Shape ReachedMeasure = new("reached-measure", "When a connection came into a state, in seconds.",
        new("host", "string", "On which host.", Required: true),
        new("connection", "integer:1..1000000000", "Which one there, counted from 1, listening sockets aside; default 1."),
        new("state", "string", "The state, as RFC 9293 writes it.", Required: true));

    public static readonly Shape CallsMeasure = new("calls-measure", "Socket calls with a certain outcome.",
        new("host", "string", "Made on this host; default: on all."),
        new("call", "string", "Which call: connect, accept, read, write, send, recv.", Required: true),
        new("errno", "string", "Its errno: OK, ECONNREFUSED; without it: those that have not returned."));

    public static readonly Shape CallMeasure = new("call-measure", "What a labelled call gave.",
        new("label", "string", "Its label.", Required: true),
        new("value", "enum:result,took,at", "What it returned, or its errno; how many seconds it took; the second of its return. Default: result."));

    public static readonly Shape CounterMeasure = new("counter-measure", "A counter at the end.",
        new("host", "string", "Whose.", Required: true),
        new("name", "string", "By nstat's name.", Required: true));

    public static readonly Shape SweepExpectation = new("sweep-expectation", "Axes with a value each (others may have any), and measures with the number they must be.",
        new ShapeKey("text", "string", "The verdict's text, in place of one made from the expectation."))
    {
        OtherKeys = "any",
    };

    private static Shape[] SweepShapes =>
        [Sweep, Measure, SocketsMeasure, ConnectionsMeasure, ReachedMeasure, CallsMeasure, CallMeasure, CounterMeasure, SweepExpectation];
}
