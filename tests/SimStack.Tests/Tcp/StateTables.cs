using SimStack.Tcp;
using SimStack.Wire;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;
using static SimStack.Tests.Tcp.StateTables.Marks;
using S = SimStack.Tcp.TcpState;

namespace SimStack.Tests.Tcp;

/// <summary>
/// RFC 9293 §3.10.7 as tables: for every state what arrives, what is answered, and the state after it. In the rows <c>p</c> is where the
/// state begins: RCV.NXT, SND.NXT, SND.UNA. Rows by Linux are that system's departures, with the RFC's way beside them.
/// </summary>
internal static class StateTables
{
    public static IReadOnlyList<StateRow> Of(S state) => state switch
    {
        S.Closed => Tag(S.Closed, Closed()),
        S.Listen => Tag(S.Listen, Listen()),
        S.SynSent => Tag(S.SynSent, SynSent()),
        S.SynReceived => [.. Tag(S.SynReceived, SynReceived()), .. Tag(S.SynReceived, SynReceivedSimultaneously(), simultaneous: true)],
        S.Established => Tag(S.Established, [.. Synchronized(S.Established), .. Established()]),
        S.FinWait1 => Tag(S.FinWait1, [.. Synchronized(S.FinWait1), .. FinWait1()]),
        S.FinWait2 => Tag(S.FinWait2, [.. Synchronized(S.FinWait2), .. FinWait2()]),
        S.CloseWait => Tag(S.CloseWait, [.. Synchronized(S.CloseWait), .. AfterFin(S.CloseWait)]),
        S.Closing => Tag(S.Closing, [.. Synchronized(S.Closing), .. AfterFin(S.Closing), .. ClosingOnly()]),
        S.LastAck => Tag(S.LastAck, [.. Synchronized(S.LastAck), .. AfterFin(S.LastAck), .. LastAckOnly()]),
        _ => Tag(S.TimeWait, TimeWait()),
    };

    public static IEnumerable<StateRow> All => Enum.GetValues<S>().SelectMany(Of);

    // §3.10.7.1: RST for anything but RST; its numbers come from the segment's ACK, or from what it occupies.
    private static StateRow[] Closed() =>
    [
        new("SYN", _ => Syn(Irs), _ => RstAck(0, Irs + 1), S.Closed),
        new("SYN with data", _ => Syn(Irs) with { Length = 10 }, _ => RstAck(0, Irs + 11), S.Closed),
        new("SYN,ACK", _ => SynAck(Irs, 777), _ => Rst(777), S.Closed),
        new("ACK", _ => Ack(Irs, 777), _ => Rst(777), S.Closed),
        new("data", _ => Data(Irs, 777, 10), _ => Rst(777), S.Closed),
        new("data without ACK", _ => Bare(TcpFlags.Psh, Irs) with { Length = 10 }, _ => RstAck(0, Irs + 10), S.Closed),
        new("FIN", _ => Fin(Irs, 777), _ => Rst(777), S.Closed),
        new("FIN without ACK", _ => Bare(TcpFlags.Fin, Irs), _ => RstAck(0, Irs + 1), S.Closed),
        new("no control bit at all", _ => Bare(TcpFlags.None, Irs), _ => RstAck(0, Irs), S.Closed),
        new("RST", _ => Rst(Irs), _ => null, S.Closed),
        new("RST,ACK", _ => RstAck(Irs, 777), _ => null, S.Closed),
    ];

    // §3.10.7.2: RST ignored, ACK reset, SYN taken, the rest dropped.
    private static StateRow[] Listen() =>
    [
        new("RST", _ => Rst(Irs), _ => null, S.Listen),
        new("RST,ACK", _ => RstAck(Irs, 777), _ => null, S.Listen),
        new("RST,SYN", _ => Syn(Irs).With(TcpFlags.Rst), _ => null, S.Listen),
        new("ACK", _ => Ack(Irs, 777), _ => Rst(777), S.Listen),
        new("SYN,ACK", _ => SynAck(Irs, 777), _ => Rst(777), S.Listen),
        new("FIN", _ => Fin(Irs, 777), _ => Rst(777), S.Listen),
        new("data", _ => Data(Irs, 777, 10), _ => Rst(777), S.Listen),
        new("SYN", _ => Syn(Irs), _ => SynAck(Iss, Irs + 1), S.SynReceived),
        new("SYN with data, which the peer will send again", _ => Syn(Irs) with { Length = 10 }, _ => SynAck(Iss, Irs + 1), S.SynReceived),
        new("SYN with URG", _ => Syn(Irs).Urgent(1), _ => SynAck(Iss, Irs + 1), S.SynReceived),
        new("SYN,FIN", _ => Syn(Irs).With(TcpFlags.Fin), _ => null, S.Listen, By.Linux),
        new("SYN,FIN", _ => Syn(Irs).With(TcpFlags.Fin), _ => SynAck(Iss, Irs + 1), S.SynReceived, By.Rfc9293),
        new("FIN without ACK", _ => Bare(TcpFlags.Fin, Irs), _ => null, S.Listen),
        new("data without ACK", _ => Bare(TcpFlags.Psh, Irs) with { Length = 10 }, _ => null, S.Listen),
        new("no control bit at all", _ => Bare(TcpFlags.None, Irs), _ => null, S.Listen),
    ];

    // §3.10.7.3.
    private static StateRow[] SynSent() =>
    [
        new("ACK of nothing", _ => Ack(Irs, Iss), _ => Rst(Iss), S.SynSent),
        new("ACK of what was never sent", _ => Ack(Irs, Iss + 2), _ => Rst(Iss + 2), S.SynSent),
        new("SYN,ACK of nothing", _ => SynAck(Irs, Iss), _ => Rst(Iss), S.SynSent),
        new("SYN,ACK of what was never sent", _ => SynAck(Irs, Iss + 2), _ => Rst(Iss + 2), S.SynSent),
        new("good ACK without SYN", _ => Ack(Irs, Iss + 1), _ => null, S.SynSent),
        new("FIN with a good ACK", _ => Fin(Irs, Iss + 1), _ => null, S.SynSent),
        new("data with a good ACK", _ => Data(Irs, Iss + 1, 5), _ => null, S.SynSent),
        new("RST without ACK", _ => Rst(Irs), _ => null, S.SynSent),
        new("RST of nothing", _ => RstAck(Irs, Iss), _ => null, S.SynSent),
        new("RST of what was never sent", _ => RstAck(Irs, Iss + 2), _ => null, S.SynSent),
        new("RST with a good ACK", _ => RstAck(0, Iss + 1), _ => null, S.Closed),
        new("RST,SYN with a good ACK", _ => SynAck(Irs, Iss + 1).With(TcpFlags.Rst), _ => null, S.Closed),
        new("SYN,ACK", _ => SynAck(Irs, Iss + 1), _ => Ack(Iss + 1, Irs + 1), S.Established),
        new("SYN,ACK with data", _ => SynAck(Irs, Iss + 1) with { Length = 5 }, _ => Ack(Iss + 1, Irs + 1), S.Established, By.Rfc9293),
        new("SYN,ACK,FIN", _ => SynAck(Irs, Iss + 1).With(TcpFlags.Fin), _ => Ack(Iss + 1, Irs + 1), S.CloseWait, By.Rfc9293),
        new("SYN: simultaneous open", _ => Syn(Irs), _ => SynAck(Iss, Irs + 1), S.SynReceived),
        new("no SYN, no ACK", _ => Bare(TcpFlags.Psh, Irs) with { Length = 3 }, _ => null, S.SynSent),
    ];

    private static StateRow[] SynReceived() =>
    [
        new("the SYN again", _ => Syn(Irs).Mss(1460), _ => SynAck(Iss, Irs + 1), S.SynReceived),
        new("ACK", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.Established),
        new("ACK of nothing", p => Ack(p.RcvNxt, Iss), _ => Rst(Iss), S.SynReceived),
        new("ACK of what was never sent", p => Ack(p.RcvNxt, p.SndNxt + 1), p => Rst(p.SndNxt + 1), S.SynReceived),
        new("ACK left of the window", p => Ack(p.RcvNxt - 1, p.SndNxt), Acknowledge, S.SynReceived),
        new("ACK right of the window", p => Ack(p.Right, p.SndNxt), Acknowledge, S.SynReceived),
        new("ACK within the window", p => Ack(p.RcvNxt + 10, p.SndNxt), _ => null, S.Established),
        new("SYN,ACK with the SYN's number", p => SynAck(Irs, p.SndNxt), Acknowledge, S.SynReceived),
        new("data", p => Data(p.RcvNxt, p.SndNxt, 10), p => Ack(p.SndNxt, p.RcvNxt + 10), S.Established) { Delayed = true },
        new("FIN", p => Fin(p.RcvNxt, p.SndNxt), p => Ack(p.SndNxt, p.RcvNxt + 1), S.CloseWait) { Delayed = true },
        new("data and FIN", p => Fin(p.RcvNxt, p.SndNxt) with { Length = 10 }, p => Ack(p.SndNxt, p.RcvNxt + 11), S.CloseWait) { Delayed = true },
        new("data without ACK", p => Bare(TcpFlags.Psh, p.RcvNxt) with { Length = 10 }, _ => null, S.SynReceived),
        new("FIN without ACK", p => Bare(TcpFlags.Fin, p.RcvNxt), _ => null, S.SynReceived),
        new("RST", p => Rst(p.RcvNxt), _ => null, S.Listen),
        new("RST in the window", p => Rst(p.RcvNxt + 1), Acknowledge, S.SynReceived),
        new("RST left of the window", p => Rst(p.RcvNxt - 1), _ => null, S.SynReceived),
        new("RST right of the window", p => Rst(p.Right + 1), _ => null, S.SynReceived),
        new("RST with a foreign ACK", p => RstAck(p.RcvNxt, p.SndNxt + 7), _ => null, S.Listen),
        new("foreign ACK out of the window", p => Ack(p.RcvNxt - 1, p.SndNxt + 7), p => Rst(p.SndNxt + 7), S.SynReceived, By.Linux),
        new("foreign ACK out of the window", p => Ack(p.RcvNxt - 1, p.SndNxt + 7), Acknowledge, S.SynReceived, By.Rfc9293),
        new("SYN in the window", p => Syn(p.RcvNxt + 5), p => RstAck(0, p.RcvNxt + 6), S.Listen, By.Linux),
        new("SYN in the window", p => Syn(p.RcvNxt + 5), _ => null, S.Listen, By.Rfc9293),
        new("SYN left of the window", p => Syn(p.RcvNxt - 50), Acknowledge, S.SynReceived),
    ];

    private static StateRow[] SynReceivedSimultaneously() =>
    [
        new("ACK", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.Established),
        new("the crossing SYN,ACK", p => SynAck(Irs, p.SndNxt), Acknowledge, S.Established, By.Linux),
        new("the crossing SYN,ACK", p => SynAck(Irs, p.SndNxt), _ => null, S.Established, By.Rfc9293),
        new("ACK of nothing", p => Ack(p.RcvNxt, Iss), _ => Rst(Iss), S.SynReceived),
        new("ACK of what was never sent", p => Ack(p.RcvNxt, p.SndNxt + 1), p => Rst(p.SndNxt + 1), S.SynReceived),
        new("ACK left of the window", p => Ack(p.RcvNxt - 1, p.SndNxt), Acknowledge, S.SynReceived),
        new("RST", p => Rst(p.RcvNxt), _ => null, S.Closed),
        new("RST in the window", p => Rst(p.RcvNxt + 1), Acknowledge, S.SynReceived),
        new("RST left of the window", p => Rst(p.RcvNxt - 1), _ => null, S.SynReceived),
        new("SYN in the window", p => Syn(p.RcvNxt + 5), Acknowledge, S.SynReceived),
        new("the SYN again", _ => Syn(Irs), Acknowledge, S.SynReceived),
        new("data without ACK", p => Bare(TcpFlags.Psh, p.RcvNxt) with { Length = 10 }, _ => null, S.SynReceived),
        new("data", p => Data(p.RcvNxt, p.SndNxt, 10), p => Ack(p.SndNxt, p.RcvNxt + 10), S.Established) { Delayed = true },
        new("FIN", p => Fin(p.RcvNxt, p.SndNxt), p => Ack(p.SndNxt, p.RcvNxt + 1), S.CloseWait) { Delayed = true },
    ];

    /// <summary>What holds from ESTABLISHED to LAST-ACK: the checks of §3.10.7.4 up to the fifth, as far as they drop.</summary>
    private static StateRow[] Synchronized(S s) =>
    [
        new("ACK left of the window", p => Ack(p.RcvNxt - 1, p.SndNxt), Acknowledge, s),
        new("ACK at the window's right edge", p => Ack(p.Right, p.Una), _ => null, s, By.Linux),
        new("ACK at the window's right edge", p => Ack(p.Right, p.Una), Acknowledge, s, By.Rfc9293),
        new("ACK right of the window", p => Ack(p.Right + 1, p.SndNxt), Acknowledge, s),
        new("data left of the window", p => Data(p.RcvNxt - 11, p.SndNxt, 10), Acknowledge, s),
        new("data right of the window", p => Data(p.Right + 1, p.SndNxt, 10), Acknowledge, s),
        new("FIN right of the window", p => Fin(p.Right + 1, p.SndNxt), Acknowledge, s),
        new("RST", p => Rst(p.RcvNxt), _ => null, S.Closed),
        new("RST,ACK", p => RstAck(p.RcvNxt, p.SndNxt), _ => null, S.Closed),
        new("RST with data", p => Rst(p.RcvNxt) with { Length = 8 }, _ => null, S.Closed),
        new("RST in the window", p => Rst(p.RcvNxt + 1), Acknowledge, s),
        new("RST left of the window", p => Rst(p.RcvNxt - 1), _ => null, s is S.CloseWait or S.Closing or S.LastAck ? S.Closed : s, By.Linux),
        new("RST left of the window", p => Rst(p.RcvNxt - 1), _ => null, s, By.Rfc9293),
        new("RST far left of the window", p => Rst(p.RcvNxt - 2), _ => null, s),
        new("RST right of the window", p => Rst(p.Right + 1), _ => null, s),
        new("SYN in the window", p => Syn(p.RcvNxt + 5), Acknowledge, s),
        new("SYN out of the window", p => Syn(p.RcvNxt - 500), Acknowledge, s),
        new("the old SYN again", _ => Syn(Irs), Acknowledge, s),
        new("SYN,ACK", p => SynAck(p.RcvNxt, p.SndNxt), Acknowledge, s),
        new("data without ACK", p => Bare(TcpFlags.Psh, p.RcvNxt) with { Length = 10 }, _ => null, s),
        new("FIN without ACK", p => Bare(TcpFlags.Fin, p.RcvNxt), _ => null, s),
        new("no control bit at all", p => Bare(TcpFlags.None, p.RcvNxt), _ => null, s),
        new("old ACK", p => Ack(p.RcvNxt, p.Una - 1), _ => null, s, By.Rfc9293),

        // Linux believes none for what was never sent: in FIN-WAIT-2 the FIN was.
        new("old ACK", p => Ack(p.RcvNxt, p.Una - 1), p => s is S.FinWait2 ? null : Acknowledge(p), s, By.Linux),
        new("the ACK again", p => Ack(p.RcvNxt, p.Una), _ => null, s),
        new("ACK of what was never sent", p => Ack(p.RcvNxt, p.SndNxt + 1), Acknowledge, s),
        new("ACK as old as the largest window", p => Ack(p.RcvNxt, p.Una - 65_535), _ => null, s, By.Rfc9293),
        new("ACK older than the largest window", p => Ack(p.RcvNxt, p.Una - 65_536), Acknowledge, s),
    ];

    private static StateRow[] Established() =>
    [
        .. Receiving(S.Established),
        new("FIN", p => Fin(p.RcvNxt, p.SndNxt), p => Ack(p.SndNxt, p.RcvNxt + 1), S.CloseWait) { Delayed = true },
        new("data and FIN", p => Fin(p.RcvNxt, p.SndNxt) with { Length = 10 }, p => Ack(p.SndNxt, p.RcvNxt + 11), S.CloseWait) { Delayed = true },
        new("FIN and ACK of what was never sent", p => Fin(p.RcvNxt, p.SndNxt + 1), Acknowledge, S.Established),
    ];

    private static StateRow[] FinWait1() =>
    [
        .. Receiving(S.FinWait1),
        new("ACK of our FIN", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.FinWait2),
        new("ACK of our FIN with data", p => Data(p.RcvNxt, p.SndNxt, 10), p => Ack(p.SndNxt, p.RcvNxt + 10), S.FinWait2) { Delayed = true },
        new("FIN", p => Fin(p.RcvNxt, p.Una), p => Ack(p.SndNxt, p.RcvNxt + 1), S.Closing),
        new("data and FIN", p => Fin(p.RcvNxt, p.Una) with { Length = 10 }, p => Ack(p.SndNxt, p.RcvNxt + 11), S.Closing),
        new("FIN and ACK of our FIN", p => Fin(p.RcvNxt, p.SndNxt), p => Ack(p.SndNxt, p.RcvNxt + 1), S.TimeWait),
        new("data, FIN and ACK of our FIN", p => Fin(p.RcvNxt, p.SndNxt) with { Length = 10 }, p => Ack(p.SndNxt, p.RcvNxt + 11), S.TimeWait),
    ];

    private static StateRow[] FinWait2() =>
    [
        .. Receiving(S.FinWait2),
        new("FIN", p => Fin(p.RcvNxt, p.SndNxt), p => Ack(p.SndNxt, p.RcvNxt + 1), S.TimeWait),
        new("data and FIN", p => Fin(p.RcvNxt, p.SndNxt) with { Length = 10 }, p => Ack(p.SndNxt, p.RcvNxt + 11), S.TimeWait),
    ];

    /// <summary>Text and FINs that do not end the state, in the three states where the user still receives.</summary>
    private static StateRow[] Receiving(S s) =>
    [
        new("data", p => Data(p.RcvNxt, p.Una, 10), p => Ack(p.SndNxt, p.RcvNxt + 10), s) { Delayed = true },
        new("data of which a part is old", p => Data(p.RcvNxt - 5, p.Una, 10), p => Ack(p.SndNxt, p.RcvNxt + 5), s) { Delayed = true },
        new("data out of order", p => Data(p.RcvNxt + 10, p.Una, 10), Acknowledge, s),
        new("FIN out of order", p => Fin(p.RcvNxt + 10, p.Una), Acknowledge, s),
        new("urgent data", p => Data(p.RcvNxt, p.Una, 10).Urgent(10), p => Ack(p.SndNxt, p.RcvNxt + 10), s) { Delayed = true },
        new("URG without data", p => Ack(p.RcvNxt, p.Una).Urgent(1), _ => null, s),
    ];

    /// <summary>CLOSE-WAIT, CLOSING and LAST-ACK: text, FIN and URG behind the FIN are ignored; the FIN itself is acknowledged again.</summary>
    private static StateRow[] AfterFin(S s) =>
    [
        new("the FIN again", p => Fin(p.RcvNxt - 1, p.Una), Acknowledge, s),
        new("another FIN", p => Fin(p.RcvNxt, p.Una), _ => null, s),
        new("data behind the FIN", p => Data(p.RcvNxt, p.Una, 10), _ => null, s),
        new("URG behind the FIN", p => Ack(p.RcvNxt, p.Una).Urgent(1), _ => null, s),
    ];

    private static StateRow[] ClosingOnly() =>
    [
        new("ACK of our FIN", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.TimeWait),
        new("data behind the FIN with ACK of our FIN", p => Data(p.RcvNxt, p.SndNxt, 10), _ => null, S.TimeWait),
    ];

    private static StateRow[] LastAckOnly() =>
    [
        new("ACK of our FIN", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.Closed),
    ];

    private static StateRow[] TimeWait() =>
    [
        new("the FIN again", p => Fin(p.RcvNxt - 1, p.SndNxt), Acknowledge, S.TimeWait),
        new("ACK", p => Ack(p.RcvNxt, p.SndNxt), _ => null, S.TimeWait),
        new("ACK left of the window", p => Ack(p.RcvNxt - 1, p.SndNxt), Acknowledge, S.TimeWait),
        new("ACK right of the window", p => Ack(p.Right + 1, p.SndNxt), Acknowledge, S.TimeWait),
        new("old data", p => Data(p.RcvNxt - 10, p.SndNxt, 9), Acknowledge, S.TimeWait),
        new("RST", p => Rst(p.RcvNxt), _ => null, S.Closed),
        new("RST left of the window", p => Rst(p.RcvNxt - 1), _ => null, S.TimeWait),
        new("RST right of the window", p => Rst(p.Right + 1), _ => null, S.TimeWait),
        new("old SYN", p => Syn(p.RcvNxt - 50), Acknowledge, S.TimeWait),
        new("SYN,ACK", p => SynAck(p.RcvNxt + 50, p.SndNxt), Acknowledge, S.TimeWait),
        new("new SYN, for a port that still listens", p => Syn(p.RcvNxt + 50), p => SynAck(p.SndNxt + 65_537, p.RcvNxt + 51), S.SynReceived),
    ];

    private static List<StateRow> Tag(S from, StateRow[] rows, bool simultaneous = false) =>
        [.. rows.Select(r => r with { From = from, Simultaneous = simultaneous })];

    /// <summary>The reply to what is not acceptable: <c>&lt;SEQ=SND.NXT&gt;&lt;ACK=RCV.NXT&gt;&lt;CTL=ACK&gt;</c>.</summary>
    internal static class Marks
    {
        public static SegmentPattern? Acknowledge(Reach.Point p) => Ack(p.SndNxt, p.RcvNxt);
    }
}
