namespace SimNet.Scripting.Schema;

/// <summary>The shapes of expectations.</summary>
internal static partial class Shapes
{
    public static readonly ShapeKey[] ExpectationWords =
    [
        new("segments", "#segments", "Exactly these TCP segments, in order, as the capture point sees them."),
        new("segments-include", "#segments", "These TCP segments in this order; others may stand between them."),
        new("states", "#states", "The states a connection goes through."),
        new("queue", "#queue-expectation", "A listening socket's queues."),
        new("sockets", "#sockets-expectation", "A host's socket table as printed."),
        new("call", "#call-result", "The result of a labelled statement."),
        new("counters", "#counters", "A host's counters, by nstat's names."),
        new("tcp-info", "#tcp-info", "A connection's TCP_INFO at a time."),
        new("delivered", "#delivered", "What a host's programs read in total."),
        new("retransmissions", "#host-count", "Segments sent again."),
        new("drops", "number-condition", "Frames that links dropped."),
    ];

    public static readonly Shape Expectation = new("expectation", "Something that must come out: exactly one of the kinds.",
        [.. ExpectationWords, new("text", "string", "The verdict's text, in place of one made from the expectation.")])
    {
        OneOf = [.. ExpectationWords.Select(w => w.Name)],
    };

    public static readonly Shape Segments = new("segments", "A dialogue. Short form: the list.",
        new("point", "string", "HOST or HOST.INTERFACE; default: the scenario's capture point."),
        new("list", "#segment[]", "The segments.", Required: true))
    {
        Short = "#segment[]",
    };

    public static readonly Shape Segment = new("segment", "One segment; what is not said is not looked at.",
        new("from", "string", "The sending host."),
        new("flags", "string", "Flags: SYN, SYN ACK, FIN ACK; PSH counts only where it is said."),
        new("seq", "integer:0..4294967295", "First sequence number, relative to the sender's SYN (which is 0)."),
        new("ack", "integer:0..4294967295", "Acknowledgement number, relative to the other side's SYN."),
        new("len", "number-condition", "Bytes of data."),
        new("win", "integer:0..65535", "The window field, not scaled."),
        new("options", "string", "Options as tcpdump prints them: mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7."),
        new("absolute-seq", "integer:0..4294967295", "First sequence number as on the wire."),
        new("absolute-ack", "integer:0..4294967295", "Acknowledgement number as on the wire."),
        new("at", "duration", "When the point sees it, since the start."),
        new("within", "duration", "Tolerance of at."));

    public static readonly Shape States = new("states", "The states of one connection; one of path and reach.",
        new("host", "string", "On which host.", Required: true),
        new("connection", "integer:1..1000000000", "Which one there, counted from 1, listening sockets aside; default 1."),
        new("path", "#state[]", "All states, in order."),
        new("reach", "#state[]", "These states in this order; others may stand between them."))
    {
        OneOf = ["path", "reach"],
    };

    public static readonly Shape State = new("state", "A state and when it is reached. Short form: its name.",
        new("state", "string", "As RFC 9293 writes it: SYN-RECEIVED.", Required: true),
        new("at", "duration", "When, since the start."),
        new("within", "duration", "Tolerance of at."))
    {
        Short = "string",
    };

    public static readonly Shape QueueExpectation = new("queue-expectation", "A listening socket's queues at a time.",
        new("host", "string", "On which host.", Required: true),
        new("port", "integer:1..65535", "The listening port.", Required: true),
        new("at", "duration", "When; default: at the end."),
        new("syn", "number-condition", "Entries in the SYN (incomplete) queue."),
        new("accept", "number-condition", "Entries in the accept (complete) queue."));

    public static readonly Shape SocketsExpectation = new("sockets-expectation", "A socket table at a time.",
        new("host", "string", "Whose.", Required: true),
        new("at", "duration", "When; default: at the end."),
        new("form", "enum:netstat,ss", "Like Windows' netstat -na, or Linux' ss -tan; default ss."),
        new("table", "string", "The rows, a line each; the number of spaces does not count.", Required: true));

    public static readonly Shape CallResult = new("call-result", "The result of a labelled statement.",
        new("label", "string", "The statement's label.", Required: true),
        new("expect", "#call-expectation", "What it gives.", Required: true));

    public static readonly Shape Counters = new("counters", "Counters of a host, such as TcpRetransSegs: 0.",
        new("host", "string", "Whose.", Required: true),
        new("at", "duration", "When; default: at the end."))
    {
        OtherKeys = "number-condition",
    };

    public static readonly Shape TcpInfo = new("tcp-info", "A connection's TCP_INFO, such as tcpi_snd_cwnd: 10..20.",
        new("host", "string", "On which host.", Required: true),
        new("connection", "integer:1..1000000000", "Which one there, counted from 1; default 1."),
        new("at", "duration", "When; default: at the end."))
    {
        OtherKeys = "number-condition",
    };

    public static readonly Shape Delivered = new("delivered", "What a host's programs read in total.",
        new("to", "string", "The reading host.", Required: true),
        new("from", "string", "The writing host."),
        new("bytes", "size|number-condition", "How many bytes."),
        new("intact", "boolean", "True: exactly what was written on the other side, by SHA-256."),
        new("sha256", "string", "Its SHA-256 in hex."));

    public static readonly Shape HostCount = new("host-count", "A number of segments. Short form: of all hosts together.",
        new("host", "string", "Of which host.", Required: true),
        new("count", "number-condition", "How many: 0, >0, 2..4.", Required: true))
    {
        Short = "number-condition",
    };
}
