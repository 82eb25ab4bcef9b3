namespace SimStack.Tcp.FastOpen;

/// <summary>What a connection that uses Fast Open knows of it (RFC 7413), on either side; others have none.</summary>
internal sealed class FastOpenState
{
    /// <summary>Passive: the handshake that is still under way, or null.</summary>
    public FastOpenRequest? Request { get; set; }

    /// <summary>Opened by a SYN that was let in at once.</summary>
    public bool IsChild { get; init; }

    /// <summary>shutdown(2) came before the handshake was complete: the FIN waits for that (Linux: tcp_shutdown).</summary>
    public bool ShutdownWaits { get; set; }

    /// <summary>Active: connect(2) was called, the SYN waits for the first write (TCP_FASTOPEN_CONNECT).</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Active: the SYN was connect(2)'s, with TCP_FASTOPEN_CONNECT and no cookie.</summary>
    public bool KeepsRequest { get; set; }

    /// <summary>The option of the first SYN; not of those that follow.</summary>
    public FastOpenCookie Cookie { get; set; }

    /// <summary>What bounds the SYN's data: the peer's MSS as it was cached, or what the path leaves; bytes.</summary>
    public int PeerMss { get; set; }

    /// <summary>The SYN may have data: there was a cookie, or none is needed.</summary>
    public bool BoundsSynData { get; set; }

    /// <summary>Linux's syn_fastopen: the SYN had the option.</summary>
    public bool SentOption { get; set; }

    /// <summary>syn_data: the SYN had data.</summary>
    public bool SentData { get; set; }

    /// <summary>syn_data_acked: the SYN's data was acknowledged by the SYN-ACK, or taken.</summary>
    public bool DataTaken { get; set; }

    /// <summary>syn_fastopen_ch: after a pause for a black hole, data on this connection shows that the way is free.</summary>
    public bool ProvesWay { get; set; }

    /// <summary>The writer sleeps and has more: its data will carry the ACK of the SYN-ACK (Linux: sk_write_pending).</summary>
    public bool WriterWaits { get; set; }

    /// <summary>tcpi_fastopen_client_fail: why an active one came to nothing.</summary>
    public FastOpenFailure Failure { get; set; }
}

/// <summary>Linux's enum tcp_fastopen_client_fail.</summary>
internal enum FastOpenFailure : byte
{
    /// <summary>TFO_STATUS_UNSPEC</summary>
    None,

    /// <summary>TFO_COOKIE_UNAVAILABLE</summary>
    CookieUnavailable,

    /// <summary>TFO_DATA_NOT_ACKED</summary>
    DataNotAcknowledged,

    /// <summary>TFO_SYN_RETRANSMITTED</summary>
    SynRetransmitted,
}
