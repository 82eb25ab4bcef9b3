namespace SimNet.Scripting.Schema;

/// <summary>The shapes of link models and scripted faults.</summary>
internal static partial class Shapes
{
    private const string Codepoint = "enum:not-ECT,ECT(0),ECT(1),CE";
    private const string Shift = "string";

    public static readonly Shape Jitter = new("jitter", "How delays differ from packet to packet.",
        new("uniform", "duration", "Evenly from nothing to this is added."),
        new("normal", "duration", "Normally about the delay, with this standard deviation."),
        new("pareto", "duration", "Pareto with shape 3 about the delay, with this standard deviation: rarely very late."),
        new("pareto-normal", "duration", "A quarter normal, three quarters Pareto."),
        new("reorders", "boolean", "true: packets may overtake; default false: they arrive in order."))
    {
        OneOf = ["uniform", "normal", "pareto", "pareto-normal"],
    };

    public static readonly Shape Loss = new("loss", "Losses in bursts.",
        new ShapeKey("gilbert-elliott", "#gilbert-elliott", "A good and a bad state of the line.", Required: true));

    public static readonly Shape GilbertElliott = new("gilbert-elliott", "A line with two states, as tc netem loss gemodel has it.",
        new("p", "probability", "From the good to the bad state, for each frame.", Required: true),
        new("r", "probability", "From the bad to the good state, for each frame.", Required: true),
        new("good", "probability", "Probability of loss in the good state; default 0%."),
        new("bad", "probability", "Probability of loss in the bad state; default 100%."));

    public static readonly Shape CoDel = new("codel", "Controlled delay (RFC 8289).",
        new("target", "duration", "How long packets may wait; default 5ms."),
        new("interval", "duration", "About the longest usual round trip; default 100ms."),
        new("ecn", "boolean", "ECN-capable packets are marked rather than dropped; default true."));

    public static readonly Shape Red = new("red", "Random early detection, as tc qdisc red has it.",
        new("min", "integer:1..1000000", "Below so many packets on average nothing happens.", Required: true),
        new("max", "integer:2..1000000", "From so many on it happens to every packet.", Required: true),
        new("probability", "probability", "Just below `max`; default 10%."),
        new("weight", "integer:0..16", "A packet's share in the average is 1/2^so-many; default 9."),
        new("ecn", "boolean", "ECN-capable packets are marked rather than dropped; default true."));

    public static readonly Shape Switch = new("switch", "A learning switch.",
        new("ports", "integer:1..1024", "How many ports; default: as many as are linked."),
        new("ageing", "duration", "An address that was not seen for so long is forgotten; default 300s."),
        new("table-size", "integer:1..1000000", "Addresses kept at most; default 8192."),
        new("delay", "duration", "From a frame's arrival to its leaving for a port's link; default 0."));

    public static readonly Shape Bridge = new("bridge", "A port to a real network.",
        new("device", "string", "The machine's device behind it when `sim bridge` names none: tap0."),
        new("offload", "boolean", "Checksums and the cutting of long TCP packets are left to whoever is last, as `sim bridge tap --offload` does; default false."));

    public static readonly Shape Fault = new("fault", "A scripted fault.",
        new("name", "string", "Its random stream hangs on this; default: its place in the list."),
        new("on", "string", "A direction of a link: client->server.", Required: true),
        new("match", "#match", "Which frames; default: all."),
        new("at", "duration", "For inject: at this time, with reference to the last frame that matched before."),
        new("do", "#action", "drop, duplicate, corrupt, swap, or delay with a duration: delay 50ms; or one of them in full.", Required: true));

    public static readonly Shape Match = new("match", "Which frames a fault is for; all that is said must hold.",
        new("flags", "string|#flags", "TCP flags that are set: SYN (not SYN ACK), SYN ACK, FIN; ACK alone is a pure acknowledgement."),
        new("payload", "boolean", "Only TCP segments (or what protocol says) with data (true) or without (false)."),
        new("payload-length", "number-condition", "Only with so many bytes of data."),
        new("contains", "string", "Only with this text in the data."),
        new("contains-hex", "string", "Only with these bytes in the data."),
        new("nth", "integer:1..1000000000|integer:1..1000000000[]", "Only these of the matching frames, counted from 1."),
        new("every", "integer:1..1000000000", "Only each so-manieth of the matching frames."),
        new("probability", "probability", "Only with this probability."),
        new("protocol", "enum:tcp,udp,icmp,icmpv6,arp,ndp", "Only this protocol; icmp is both versions, neighbour discovery included."),
        new("source", "string", "Only from this address, or the first one of this host."),
        new("destination", "string", "Only to this address, or the first one of this host."),
        new("source-port", "integer:1..65535", "Only from this port."),
        new("destination-port", "integer:1..65535", "Only to this port."),
        new("seq", "number-condition", "Only with this sequence number, counted from the SYN, which is 0."),
        new("ack", "number-condition", "Only with this acknowledgement number, counted from the other side's SYN."),
        new("absolute-seq", "number-condition", "Only with this sequence number as on the wire."),
        new("absolute-ack", "number-condition", "Only with this acknowledgement number as on the wire."),
        new("retransmission", "boolean", "Only segments that begin in sequence space that passed before (true), or only others."),
        new("icmp-type", "integer:0..255", "Only ICMP or ICMPv6 messages of this type."),
        new("icmp-code", "integer:0..255", "Only ICMP or ICMPv6 messages with this code."),
        new("ecn", Codepoint, "Only with this ECN codepoint."),
        new("dscp", "integer:0..63", "Only with this DSCP."),
        new("ttl", "number-condition", "Only with this time to live or hop limit."),
        new("fragment", "boolean", "Only IP fragments (true), or only whole packets."),
        new("ip-id", "integer:0..4294967295", "Only with this IP identification."),
        new("after", "duration", "Not before this time."),
        new("before", "duration", "Not at or after this time."));

    public static readonly Shape Flags = new("flags", "TCP flags, exactly.",
        new("set", "string", "All of these are set."),
        new("clear", "string", "None of these is set."));

    public static readonly Shape Action = new("action", "What happens to a frame.",
        new("delay", "duration", "It arrives that much later; others may overtake it."),
        new("duplicate", "integer:1..1000|#duplicate", "So many copies follow it."),
        new("corrupt", "#corrupt", "Bits of it change."),
        new("mark", Codepoint, "Its ECN codepoint changes."),
        new("set", "#set", "Fields of it change."),
        new("swap", "duration", "It waits for the next frame on which this rule acts, or so long, and arrives behind that one."),
        new("inject", "#injection|#injection[]", "Packets appear around it."),
        new("replace", "#injection|#injection[]", "It is lost, and packets appear in its place."))
    {
        Short = "string",
        OneOf = ["delay", "duplicate", "corrupt", "mark", "set", "swap", "inject", "replace"],
    };

    public static readonly Shape Duplicate = new("duplicate", "duplicate in full.",
        new("copies", "integer:1..1000", "How many; default 1."),
        new("spacing", "duration", "From the frame to the first copy and on to the next; default 0."));

    public static readonly Shape Corrupt = new("corrupt", "corrupt in full. Without byte: a random bit of the data.",
        new("in", "enum:ethernet,ip,transport,data", "Where bytes count from; default data."),
        new("byte", "integer:0..65535", "Which byte, from 0."),
        new("bits", "integer:1..255", "Which bits of the byte flip: 0x80 is the first; default 0x01."),
        new("checksums", "enum:wrong,mended", "mended: the receiver cannot notice; default wrong."));

    public static readonly Shape Set = new("set", "What changes in a frame; checksums are mended.",
        new("ecn", Codepoint, "ECN codepoint."),
        new("dscp", "integer:0..63", "DSCP."),
        new("ttl", "integer:0..255", "Time to live or hop limit."),
        new("window", "integer:0..65535", "TCP's window field, not scaled."),
        new("mss", "integer:0..65535", "Value of the maximum segment size option, where there is one."),
        new("strip", "string[]", "TCP options that become NOPs: mss, wscale, sack-permitted, sack, timestamps."),
        new("flags", "#flags", "TCP flags to set and to clear."),
        new("seq", Shift, "Sequence number: +1 or -1 and the like."),
        new("ack", Shift, "Acknowledgement number: +1 or -1 and the like."),
        new("checksums", "enum:mended,wrong", "wrong: they stay as they were; default mended."));

    public static readonly Shape Injection = new("injection", "A packet that is made. What is not said follows from the matched one.",
        new("tcp", "string|#injected-segment", "A TCP segment; in short its flags: RST."),
        new("udp", "string|#injected-data", "A UDP datagram; in short its text."),
        new("icmp", "#injected-icmp", "An ICMP or ICMPv6 message that quotes the matched packet."),
        new("packet", "string", "The bytes of an IP packet, as hex."),
        new("frame", "string", "The bytes of a whole frame, Ethernet header first, as hex."),
        new("to", "enum:receiver,sender", "Which way it goes; default: receiver, of icmp sender."),
        new("when", "enum:before,after", "At the instant at which the matched one arrives, before or behind it; default after."),
        new("delay", "duration", "So much later than that."),
        new("source", "string", "Address it claims to come from, or a host."),
        new("destination", "string", "Address it goes to, or a host."),
        new("source-port", "integer:1..65535", "TCP or UDP source port."),
        new("destination-port", "integer:1..65535", "TCP or UDP destination port."),
        new("ttl", "integer:1..255", "Time to live or hop limit; default 64."),
        new("checksum", "enum:right,wrong", "That of TCP, UDP or ICMP; default right."))
    {
        OneOf = ["tcp", "udp", "icmp", "packet", "frame"],
    };

    public static readonly Shape InjectedSegment = new("injected-segment", "A TCP segment.",
        new("flags", "string", "Its flags.", Required: true),
        new("seq", "string", "+5, -5: from the matched segment's (towards its sender: from its ack); 5: from the SYN. Default +0."),
        new("ack", "string", "+5, -5: from the matched segment's (towards its sender: from its end); 5: from the other SYN. Default +0."),
        new("absolute-seq", "integer:0..4294967295", "The sequence number as on the wire."),
        new("absolute-ack", "integer:0..4294967295", "The acknowledgement number as on the wire."),
        new("window", "integer:0..65535", "The window field; default: the matched segment's."),
        new("options", "enum:none,copy", "copy: those of the matched segment; default none."),
        new("text", "string", "Data, as text."),
        new("hex", "string", "Data, as hex."));

    public static readonly Shape InjectedData = new("injected-data", "Data of a UDP datagram.",
        new("text", "string", "As text."),
        new("hex", "string", "As hex."));

    public static readonly Shape InjectedIcmp = new("injected-icmp", "An ICMP message.",
        new("type", "integer:0..255", "Its type.", Required: true),
        new("code", "integer:0..255", "Its code; default 0."),
        new("mtu", "integer:0..4294967295", "Next hop's MTU, for `fragmentation needed` and `packet too big`."),
        new("quote-seq", Shift, "+1000 or -1000: so much the sequence number in the quoted segment is off."),
        new("hex", "string", "Body in place of the quoted packet, as hex."));

    private static IReadOnlyList<Shape> Faults =>
    [
        Switch, Bridge, Jitter, Loss, GilbertElliott, CoDel, Red, Fault, Match, Flags, Action, Duplicate, Corrupt, Set, Injection, InjectedSegment, InjectedData, InjectedIcmp,
    ];
}
