namespace SimNet.Scripting.Schema;

/// <summary>The shapes of everything but statements and expectations.</summary>
internal static partial class Shapes
{
    public static readonly Shape Scenario = new("scenario", "A simulated network, what its hosts do, and what must come out.",
        new("name", "string", "Short name; output files are named after it. Default: the file's name."),
        new("title", "string", "One line for lists."),
        new("description", "string", "What the scenario shows, in prose."),
        new("seed", "integer:0..9223372036854775807", "Root of all randomness; default 1."),
        new("start", "timestamp", "Date and time of the first instant, UTC, up to nanoseconds: 2014-11-20T14:52:19.772673Z."),
        new("profile", "string", "Behaviour of every host that names no profile of its own; default linux."),
        new("limits", "#limits", "Where an endless run is stopped."),
        new("hosts", "map:#host", "The hosts by name.", Required: true),
        new("routers", "map:#host", "The routers by name: hosts that forward, with routes of their own."),
        new("names", "map:string|string[]", "Names as DNS would give them, such as example.org: 172.67.149.132; values are addresses or hosts."),
        new("switches", "string[]|map:#switch", "Learning switches: [sw1], or by name with what they are like."),
        new("bridges", "string[]|map:#bridge", "Ports to a real network, as ends of links: [outside]; `sim bridge` puts devices behind them."),
        new("links", "#link[]", "The links between hosts' interfaces."),
        new("faults", "#fault[]", "Scripted faults, such as: drop the 2nd SYN."),
        new("applications", "map:#application", "What the programs on each host do: socket calls, in order."),
        new("expect", "#expectation[]", "What must come out; each is a verdict of the run."),
        new("capture", "string", "Where the capture is taken: HOST, HOST.INTERFACE, SWITCH.PORT or BRIDGE. Default: the last host's first interface."),
        new("tables", "#table[]", "Socket tables to print after the ladder."),
        new("variables", "map:any", "Values by names of yours; ${name} in the script stands for one."),
        new("sweep", "#sweep", "Runs the script for every combination of some values, and prints a table of what was measured."));

    public static readonly Shape Limits = new("limits", "Limits that stop an endless run with an error.",
        new("time", "duration", "Virtual time; default 1h."),
        new("events", "integer:1..9223372036854775807", "Events; default 500000."));

    public static readonly Shape Host = new("host", "A simulated host. Short form: its address with prefix length.",
        new("address", "string", "Address with prefix length: 10.0.0.1/24 or 2001:db8::1/64."),
        new("addresses", "string[]", "Several addresses of the one interface."),
        new("mac", "string", "Ethernet address: 02:00:00:00:00:01. Default: by the host's place in the script."),
        new("mtu", "integer:68..65535", "Largest IP packet of the interface in bytes; default 1500."),
        new("queue", "enum:fq,pfifo,bfifo|#interface-queue", "What orders and paces packets before the link; default: nothing, the link takes them at once."),
        new("interfaces", "map:#interface", "Several interfaces by name, in place of address, mac and mtu."),
        new("profile", "string", "Which system the host behaves like: linux, linux26, windows, freebsd, rfc9293."),
        new("sysctls", "map:any", "Kernel settings by name, such as net.ipv4.tcp_syn_retries: 3."),
        new("gateway", "string", "The default router: its name, or its address."),
        new("routes", "#route[]", "Further routes."),
        new("neighbours", "enum:cold,warm|map:string", "ARP cache at the start: cold (ARP is seen), warm (all hosts known), or address: mac."),
        new("processing-delay", "duration", "From a frame's arrival to the stack's handling of it."),
        new("wakeup-delay", "duration", "From a socket's readiness to the return of the call that waits for it."),
        new("busy", "string[]", "Times since the start, one behind the other, at which no call that waits for a socket returns: [10.2ms..10.9ms, 20ms..21ms]."),
        new("call-time", "duration", "How long a read or write lasts that has something to do; segments that arrive meanwhile wait in the socket's backlog."),
        new("slow-calls", "string[]", "Times since the start, one behind the other, at which such a read or write lasts to the end of the time: [10.2ms..10.3ms]."),
        new("timestamps", "#timestamps", "The clock behind TCP timestamps."))
    {
        Short = "string",
    };

    public static readonly Shape Interface = new("interface", "An Ethernet interface. Short form: its address with prefix length.",
        new("address", "string", "Address with prefix length."),
        new("addresses", "string[]", "Several addresses."),
        new("mac", "string", "Ethernet address."),
        new("mtu", "integer:68..65535", "Largest IP packet in bytes; default 1500."),
        new("queue", "enum:fq,pfifo,bfifo|#interface-queue", "What orders and paces packets before the link; default: nothing."))
    {
        Short = "string",
    };

    public static readonly Shape InterfaceQueue = new("interface-queue", "A queue discipline by the names of tc. Short form: its kind.",
        new("kind", "enum:fq,pfifo,bfifo", "fq: a queue for each connection, which paces; pfifo, bfifo: first in, first out.", Required: true),
        new("limit", "size", "Packets that wait at most (bfifo: bytes); default 10000 for fq, 1000 for pfifo, as many full packets for bfifo."),
        new("flow-limit", "integer:0..1000000000", "fq: packets of one connection that wait at most; default 100."),
        new("quantum", "integer:1..1048576", "fq: bytes of one turn; default two full packets."),
        new("initial-quantum", "integer:0..2147483647", "fq: bytes of a new connection's first turn; default ten full packets."),
        new("maxrate", "rate", "fq: of any connection; default no limit."),
        new("pacing", "boolean", "fq: false heeds no rates and times of departure."),
        new("refill-delay", "duration", "fq: idle for longer means a whole quantum; default 40ms."),
        new("low-rate-threshold", "rate", "fq: slower connections are paced packet by packet; default 550kbit."),
        new("timer-slack", "duration", "fq: how late packets leave; default 10us."),
        new("ce-threshold", "duration", "fq: what leaves later than it could have by more than this is marked CE; default never."),
        new("horizon", "duration", "fq: how far ahead a time of departure may lie; default 10s."),
        new("horizon-drop", "boolean", "fq: true drops what is to leave beyond the horizon, false sends it at the horizon; default true."))
    {
        Short = "enum:fq,pfifo,bfifo",
    };

    public static readonly Shape Route = new("route", "A route.",
        new("to", "string", "Destination network: 10.1.0.0/16.", Required: true),
        new("via", "string", "The next hop: a router's name, or an address."),
        new("type", "enum:unicast,unreachable,prohibit,blackhole", "In place of via: how packets are refused."));

    public static readonly Shape Timestamps = new("timestamps", "A clock of 1 ms ticks (RFC 7323).",
        new("offset", "integer:0..4294967295", "Its value when the run starts.", Required: true),
        new("phase", "duration", "How long ago the current tick began when the run starts; less than 1ms."));

    private static readonly ShapeKey[] DirectionKeys =
    [
        new("up", "boolean", "false: nothing gets through, and what is on its way is lost."),
        new("rate", "rate", "Sending rate: 10Mbit. Default: no limit."),
        new("delay", "duration", "Propagation delay: 5ms."),
        new("jitter", "duration|#jitter", "Greatest random addition to the delay; or a distribution: {normal: 1ms}."),
        new("loss", "probability|#loss", "Probability that a frame is lost: 2%; or losses in bursts."),
        new("reorder", "probability|#reorder", "Probability that a frame is held back so that later ones overtake it."),
        new("duplicate", "probability", "Probability that a frame arrives twice."),
        new("corrupt", "probability", "Probability that one bit of a frame is flipped."),
        new("mtu", "integer:68..65535", "Largest IP packet in bytes; larger ones are dropped."),
        new("queue", "#queue", "How much may wait for the rate."),
    ];

    public static readonly Shape Direction = new("direction", "One direction of a link, or what changes in it.", DirectionKeys);

    public static readonly Shape Link = new("link", "A full-duplex link. Settings hold for both directions, unless under a->b.",
    [
        new("between", "string[]", "The two ends, each HOST, HOST.INTERFACE, SWITCH, SWITCH.PORT or BRIDGE.", Required: true),
        .. DirectionKeys,
        new("carrier", "boolean", "true: the ends see when the link goes down, as with a cable that is pulled out; default false."),
        new("changes", "#change[]", "What changes during the run."),
    ])
    {
        OtherKeys = "#direction",
        OtherPattern = "->",
    };

    public static readonly Shape Change = new("change", "A change of a link during the run.",
        [new("at", "duration", "When, since the start.", Required: true), .. DirectionKeys])
    {
        OtherKeys = "#direction",
        OtherPattern = "->",
    };

    public static readonly Shape Reorder = new("reorder", "Reordering in full.",
        new("probability", "probability", "Of being held back.", Required: true),
        new("delay", "duration", "For how long; default 1ms."));

    public static readonly Shape Queue = new("queue", "A queue's limit. Short form: in packets.",
        new("packets", "integer:1..1000000000", "In packets."),
        new("bytes", "size", "In bytes."),
        new("mark-above", "integer:0..1000000000", "ECN-capable packets are marked CE when more than so many wait."),
        new("codel", "#codel", "Controlled delay (RFC 8289): marks or drops when packets wait too long for too long."),
        new("red", "#red", "Random early detection: marks or drops at random, by the queue's average length."))
    {
        Short = "integer:1..1000000000",
    };

    public static readonly Shape Table = new("table", "A socket table, or counters, to print.",
        new("host", "string", "Whose.", Required: true),
        new("at", "duration", "When; default: at the end."),
        new("form", "enum:netstat,ss,ss-tino,nstat",
            "Like Windows' netstat -na, Linux' ss -tan, ss -tinoa with TCP_INFO and timers, or nstat -a with the counters; default ss."));

    /// <summary>Every shape, the root first.</summary>
    public static IReadOnlyList<Shape> All =>
    [
        Scenario, Limits, Host, Interface, InterfaceQueue, Route, Timestamps, Link, Direction, Change, Reorder, Queue, Table, Application, Statement,
        SocketArguments, AcceptArguments, ConnectArguments, BindArguments, WriteArguments, ReadArguments, RepeatArguments, .. Keys, .. Datagrams, .. Applications, CallExpectation,
        Expectation, Segments, Segment, States, State, QueueExpectation, SocketsExpectation, Delivered, CallResult, Counters, TcpInfo, HostCount,
        .. SweepShapes,
        .. Faults,
    ];
}
