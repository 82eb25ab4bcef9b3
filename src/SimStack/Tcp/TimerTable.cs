namespace SimStack.Tcp;

/// <summary>What the retransmission deadline stands for.</summary>
internal enum RetransmissionKind : byte
{
    None,

    /// <summary>RFC 6298: the oldest segment was not acknowledged in time.</summary>
    Timeout,

    /// <summary>RFC 8985 §7: no ACK for two round trips.</summary>
    LossProbe,

    /// <summary>RFC 8985 §6.2, step 5: what may only be reordered has waited long enough.</summary>
    Reordering,

    /// <summary>RFC 9293 §3.8.6.1: the window is closed and there is something to send.</summary>
    Persist,
}

/// <summary>The deadlines of one connection, one for each named timer. <see cref="Instant.Never"/> where not armed.</summary>
internal struct TimerTable
{
    public Instant Retransmission;
    public Instant DelayedAck;

    /// <summary>Keep-alive while synchronized; the life of an orphan in FIN-WAIT-2.</summary>
    public Instant KeepAlive;
    public RetransmissionKind Kind;

    public readonly Instant Earliest => Instant.Min(Retransmission, Instant.Min(DelayedAck, KeepAlive));

    public void Clear()
    {
        Retransmission = DelayedAck = KeepAlive = Instant.Never;
        Kind = RetransmissionKind.None;
    }
}
