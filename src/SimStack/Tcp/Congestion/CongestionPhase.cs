namespace SimStack.Tcp.Congestion;

/// <summary>Where loss recovery stands, by Linux's names (TCP_CA_*).</summary>
internal enum CongestionPhase : byte
{
    /// <summary>Nothing unusual.</summary>
    Open,

    /// <summary>Duplicate ACKs came, fewer than the threshold.</summary>
    Disorder,

    /// <summary>The window is being reduced for an ECN echo or local congestion, without a loss.</summary>
    Cwr,

    /// <summary>Fast retransmit happened; until everything then outstanding is acknowledged.</summary>
    Recovery,

    /// <summary>A retransmission timeout happened; until everything then outstanding is acknowledged.</summary>
    Loss,
}
