using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>The rules that excuse a mutant that survives, and which of them it needs.</summary>
internal static class Excuses
{
    public static readonly Excuse NoEffect = new(
        "no observable effect",
        "Without the inbound packet every packet, its time, every call's result and time and the whole TCP_INFO at each code block are the same.",
        "the two runs, compared");

    public static readonly Excuse FirstSequence = new(
        "first sequence number", "The first SYN or SYN-ACK of a connection says what the script calls the initial sequence number.",
        "run_packet.c, handle_connect_for_script_packet, do_outbound_script_packet");

    public static readonly Excuse TimestampValue = new(
        "TS val without a tick", "TS val is compared only with --tcp_ts_tick_usecs.", "run_packet.c, verify_outbound_tcp_option");

    public static readonly Excuse FirstTimestamp = new(
        "first TS val", "A connection's first TS val says where the peer's clock is in the script.", "run_packet.c, map_outbound_live_packet");

    public static readonly Excuse TimestampEcho = new(
        "TS ecr", "An outbound TS ecr is never compared.", "run_packet.c, verify_outbound_tcp_option");

    public static readonly Excuse Descriptor = new(
        "descriptor", "The number of a new descriptor is the script's own; here no later line uses it.", "run_system_call.c, end_syscall with CHECK_FD");

    public static readonly Excuse UnreadPacket = new(
        "packet that no line reads", "A packet is looked at only when an outbound line asks for the next one; after it none does.",
        "run_packet.c, sniff_outbound_live_packet");

    public static readonly Excuse AfterTheEnd = new(
        "after the last event", "What would leave after the script's last event is not waited for.", "run.c, run_script");

    public static readonly Excuse EmptyPart = new(
        "empty part",
        "Packets are joined until they have the length of the line: one without data just before is then a part, where all but FIN, PSH and CWR is alike.",
        "run_packet.c, do_outbound_script_packet, verify_packet_fragments");

    public static readonly Excuse Carried = new(
        "ACK carried",
        "Without the line the script goes on before the acknowledgement leaves, and what leaves meanwhile carries it.",
        "RFC 9293 3.8.6.3; the run itself");

    public static readonly Excuse SentAgain = new(
        "sent again", "The machine does send the packet again, a retransmission, when the second of the two lines expects it.", "the run itself");

    public static readonly Excuse OtherSocket = new(
        "other socket", "Packets of other sockets than the one under test are not looked at.", "run_packet.c, find_socket_for_live_packet");

    public static readonly Excuse Window = new(
        "window not written", "An outbound window is compared only where the line writes one.", "run_packet.c, verify_tcp");

    public static readonly Excuse AnyOptions = new(
        "<...>", "With <...> options are not compared.", "run_packet.c, verify_outbound_live_tcp_options");

    public static readonly Excuse IpNotWritten = new(
        "IP header not written", "ECN, TOS, TTL and flow label are compared only where the line writes them.",
        "run_packet.c, verify_outbound_live_tos, verify_outbound_live_ttl_or_hl");

    public static readonly Excuse Tolerance = new("tolerance", "A packet or a call may be early or late by the tolerance.", "run.c, verify_time");

    public static readonly Excuse Late = new(
        "late timer", "A timer that would send a packet too soon may be late by 10 ms, a tick of the slowest kernels.", "kernel/time/timer.c");

    public static readonly Excuse Joined = new(
        "joined", "Several packets may stand for one line.", "run_packet.c, do_outbound_script_packet");

    public static readonly Excuse NotAsked = new(
        "TCP_INFO not asked for", "Of TCP_INFO only what a code block's statements name decides anything.", "code.c, code_execute");

    public static readonly Excuse StillTrue = new(
        "assertion holds", "An inequality or a mask holds for the changed value as well: no equality compares it.", "code.c, code_execute");

    public static readonly Excuse AnyResult = new("result ...", "A result that is written ... is not compared.", "run_system_call.c, end_syscall");

    public static readonly Excuse Failed = new(
        "failed call", "A call that fails leaves the message as the script has it, which is then compared with itself.", "run_system_call.c, syscall_recvmsg");

    /// <summary>In the order of the legend.</summary>
    public static readonly Excuse[] All =
    [
        NoEffect, FirstSequence, TimestampValue, FirstTimestamp, TimestampEcho, Descriptor, UnreadPacket, AfterTheEnd, EmptyPart, Carried, SentAgain, OtherSocket, Window, AnyOptions, IpNotWritten, Tolerance, Late,
        Joined, NotAsked, StillTrue, AnyResult, Failed,
    ];

    /// <summary>The rules that a survivor needs; none where nothing excuses it.</summary>
    public static IReadOnlyCollection<Excuse> For(MutationSubject subject, Mutant mutant, MutationSubject changed) => mutant.Kind switch
    {
        MutationKind.InboundDeleted => OfInbound(subject, mutant, changed),
        MutationKind.SequenceNumber when IsFirstSyn(subject, mutant.Index) => [FirstSequence],
        MutationKind.OptionValue when mutant.Field == "TS ecr" => [TimestampEcho],
        MutationKind.OptionValue when mutant.Field == "TS val" && subject.Settings.TimestampTolerance is null => [TimestampValue],
        MutationKind.OptionValue when mutant.Field == "TS val" && IsFirstTimestamp(subject, mutant.Index) => [FirstTimestamp],
        MutationKind.Time when IsLate(subject, mutant, changed) => [Late],
        MutationKind.CallAnswer when subject.Script.Events[mutant.Index] is SystemCallEvent { Call.Error: not null } => [Failed],
        MutationKind.CallResult when IsUnusedDescriptor(subject, mutant) => [Descriptor],
        MutationKind.OutboundDeleted => OfDeleted(subject, mutant, changed),
        MutationKind.OutboundDoubled when IsSentAgain(mutant, changed) => [SentAgain],
        MutationKind.CodeConstant when mutant.Field is "mask" or "unequal" || IsValueOfInexact(subject, mutant.Field) => [StillTrue],
        _ => [],
    };

    // No SYN of the same connection was read before.
    private static bool IsFirstSyn(MutationSubject subject, int index)
    {
        LivePacket read = subject.ReadBy(index)[0];
        return IsSyn(read) && !subject.Trace.Read.Any(r => subject.IndexOf(r.Line) < index && IsSyn(r.Packet) && Unread.Ports(r.Packet) == Unread.Ports(read));
    }

    private static bool IsSyn(LivePacket packet) => PacketImage.Parse(packet.Bytes) is { IsTcp: true } image && image.Has(TcpFlags.Syn);

    private static bool IsLate(MutationSubject subject, Mutant mutant, MutationSubject changed) =>
        subject.ReadBy(mutant.Index) is { Count: > 0 } before && changed.ReadBy(mutant.Index) is { Count: > 0 } after
        && after[^1].Time > before[^1].Time && after[^1].Time - before[^1].Time <= Duration.FromMilliseconds(10);

    // No packet of the same connection with timestamps was read before.
    private static bool IsFirstTimestamp(MutationSubject subject, int index)
    {
        (ushort, ushort) ports = Unread.Ports(subject.ReadBy(index)[0]);
        return !subject.Trace.Read.Any(r => subject.IndexOf(r.Line) < index && Unread.Ports(r.Packet) == ports
            && ((TcpSpec)r.Line.Packet.Transport).Options?.Any(o => o is TimestampOption) == true);
    }

    private static bool IsUnusedDescriptor(MutationSubject subject, Mutant mutant)
    {
        if (subject.Script.Events[mutant.Index] is not SystemCallEvent
            {
                Call: { Name: "socket" or "accept" or "accept4" or "epoll_create" or "epoll_create1" or "open", Result: IntegerExpression result },
            })
        {
            return false;
        }

        bool isNumber = mutant.Script.Events[mutant.Index] is SystemCallEvent { Call.Result: IntegerExpression { Value: >= 0 } };
        return isNumber && !subject.Script.Events.Skip(mutant.Index + 1).OfType<SystemCallEvent>().Any(c => Uses(c.Call, result.Value));
    }

    private static bool Uses(SystemCallSpec call, long descriptor)
    {
        return call.Name switch
        {
            "poll" => call.Arguments[0] is ListExpression list && list.Items.OfType<PollDescriptorExpression>().Any(p => Is(p.Descriptor)),
            "epoll_ctl" => Is(call.Arguments[0]) || Is(call.Arguments[2]),
            "epoll_wait" => Is(call.Arguments[0])
                || (call.Arguments[1] is EpollEventExpression { Member: EpollDataMember.Descriptor } epoll && Is(epoll.Data)),
            "sendfile" => Is(call.Arguments[0]) || Is(call.Arguments[1]),
            "splice" => Is(call.Arguments[0]) || Is(call.Arguments[2]),
            "socket" => false,
            _ => call.Arguments.Count > 0 && Is(call.Arguments[0]),
        };

        bool Is(Expression expression) => expression is IntegerExpression number && number.Value == descriptor;
    }

    private static Excuse[] OfDeleted(MutationSubject subject, Mutant mutant, MutationSubject changed)
    {
        LivePacket gone = subject.ReadBy(mutant.Index)[0];
        List<Unread> before = Unread.Of(subject.Trace);
        List<Unread> after = Unread.Of(changed.Trace);
        bool isLast = !subject.Script.Events.Skip(mutant.Index + 1).Any(IsOutbound);
        if (after.Count(u => u.IsLast) > before.Count(u => u.IsLast))
        {
            return [UnreadPacket];
        }

        if (after.Count(u => u.IsOther) > before.Count(u => u.IsOther))
        {
            return [OtherSocket];
        }

        if (isLast && changed.Trace.End < gone.Time)
        {
            return [AfterTheEnd];
        }

        // The next line read it as its first part; all parts together have the data that this line read before.
        int next = mutant.Index + 1;
        while (next < subject.Script.Events.Count && !IsOutbound(subject.Script.Events[next]))
        {
            next++;
        }

        if (next == subject.Script.Events.Count || !PacketImage.Parse(gone.Bytes)!.Payload.IsEmpty)
        {
            return [];
        }

        IReadOnlyList<LivePacket> parts = changed.ReadBy(next - 1);
        return parts.Count > 1 && parts[0].Time == gone.Time && parts.Count == subject.ReadBy(next).Count + 1 ? [EmptyPart]
            : IsCarried(gone, parts) ? [Carried]
            : [];
    }

    // An acknowledgement alone, and what left before its time acknowledges the same.
    private static bool IsCarried(LivePacket gone, IReadOnlyList<LivePacket> instead) =>
        PacketImage.Parse(gone.Bytes) is { IsTcp: true } alone && !alone.Has(TcpFlags.Syn) && !alone.Has(TcpFlags.Fin) && !alone.Has(TcpFlags.Rst)
        && instead.Count > 0 && instead[0].Time < gone.Time
        && PacketImage.Parse(instead[0].Bytes) is { IsTcp: true } carrier && carrier.Acknowledgment == alone.Acknowledgment;

    // Both lines hold: each read a packet of its own.
    private static bool IsSentAgain(Mutant mutant, MutationSubject changed) =>
        changed.ReadBy(mutant.Index) is [var one] && changed.ReadBy(mutant.Index + 1) is [var other] && one.Time < other.Time;

    private static bool IsOutbound(ScriptEvent line) => line is PacketEvent { Packet.Direction: PacketDirection.Outbound };

    // A name that no code block compares exactly.
    private static bool IsValueOfInexact(MutationSubject subject, string field) =>
        field.StartsWith("value of ", StringComparison.Ordinal)
        && !subject.Script.Events.OfType<CodeEvent>().Any(c => CodeMutations.NamesComparedExactly(c.Code.Text).Contains(field["value of ".Length..]));

    /// <summary>Everything in which the two runs differ has its rule; nothing else may differ.</summary>
    private static IReadOnlyCollection<Excuse> OfInbound(MutationSubject subject, Mutant mutant, MutationSubject changed)
    {
        SortedSet<Excuse> found = new(Comparer<Excuse>.Create((a, b) => Array.IndexOf(All, a) - Array.IndexOf(All, b)));
        bool explained = new RunComparison(subject, mutant, changed).Explain(found);
        return !explained ? [] : found.Count == 0 ? [NoEffect] : found;
    }
}
