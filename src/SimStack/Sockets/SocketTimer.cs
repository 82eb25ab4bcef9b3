namespace SimStack.Sockets;

/// <summary>Which timer of a socket runs, in Linux's numbers (idiag_timer of linux/inet_diag.h).</summary>
public enum SocketTimerKind
{
    /// <summary>None.</summary>
    Off,

    /// <summary>Retransmission, tail loss probe or RACK's reordering timer; of a SYN queue's entry that of its SYN-ACK.</summary>
    On,

    /// <summary>Keep-alive.</summary>
    KeepAlive,

    /// <summary>2MSL, or the end of an orphan in FIN-WAIT-2.</summary>
    TimeWait,

    /// <summary>Window probes.</summary>
    Persist,
}

/// <summary>The timer that <c>ss -o</c> shows of a TCP socket; delayed ACKs are not among them.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Remaining">How long it still runs; 0 when it is due.</param>
/// <param name="Retransmissions">How often it went off in vain: retransmissions, or probes not answered.</param>
public readonly record struct SocketTimer(SocketTimerKind Kind, Duration Remaining, int Retransmissions)
{
    internal static Duration Left(Instant now, Instant deadline) => deadline > now ? deadline - now : Duration.Zero;
}
