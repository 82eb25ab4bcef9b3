namespace SimStack.Sockets;

/// <summary>
/// TCP_INFO: the inside of a connection as getsockopt(2) tells it on Linux, the names those of <c>struct tcp_info</c> (linux/tcp.h). What the
/// stack can't tell truly is not there: such a name is known (<see cref="IsKnown"/>) and has no value (<see cref="TryGet"/>).
/// </summary>
public readonly partial record struct TcpInfo
{
    /// <summary>Linux's number of the state: TCP_ESTABLISHED 1 … TCP_CLOSE 7 … TCP_LISTEN 10, TCP_CLOSING 11.</summary>
    public int State { get; init; }

    /// <summary>TCP_CA_Open 0, TCP_CA_Disorder 1, TCP_CA_CWR 2, TCP_CA_Recovery 3, TCP_CA_Loss 4.</summary>
    public int CaState { get; init; }

    /// <summary>Timeouts of the oldest segment in a row.</summary>
    public int Retransmits { get; init; }

    /// <summary>Window probes or keep-alive probes that were not answered.</summary>
    public int Probes { get; init; }

    /// <summary>Doublings of the RTO in force.</summary>
    public int Backoff { get; init; }

    /// <summary>
    /// TCPI_OPT_TIMESTAMPS 1, TCPI_OPT_SACK 2, TCPI_OPT_WSCALE 4, TCPI_OPT_ECN 8: what both ends agreed on. TCPI_OPT_ECN_SEEN 16: an
    /// ECN-capable packet arrived; TCPI_OPT_SYN_DATA 32: the SYN's data was taken; TCPI_OPT_TFO_CHILD 128: opened by a SYN with a good cookie.
    /// </summary>
    public int Options { get; init; }

    /// <summary>The shift of the peer's window.</summary>
    public int SndWscale { get; init; }

    /// <summary>The shift of the own window.</summary>
    public int RcvWscale { get; init; }

    /// <summary>Retransmission timeout, backoff included, in microseconds.</summary>
    public long Rto { get; init; }

    /// <summary>The delay of a delayed ACK as it is estimated, in microseconds.</summary>
    public long Ato { get; init; }

    /// <summary>Bytes of data in a full segment that is sent.</summary>
    public int SndMss { get; init; }

    /// <summary>Bytes of data in a full segment that is received, as it is estimated.</summary>
    public int RcvMss { get; init; }

    /// <summary>Segments sent and not acknowledged; of a listening socket the connections that wait for accept.</summary>
    public int Unacked { get; init; }

    /// <summary>Segments that arrived ahead of others by what the peer's ACKs tell; of a listening socket the backlog.</summary>
    public int Sacked { get; init; }

    /// <summary>Segments that are taken for lost.</summary>
    public int Lost { get; init; }

    /// <summary>Segments that were sent again and are not acknowledged.</summary>
    public int Retrans { get; init; }

    /// <summary>0: Linux does not use it any more.</summary>
    public int Fackets { get; init; }

    /// <summary>Milliseconds since data was sent; since the connection was established, if none ever was.</summary>
    public long LastDataSent { get; init; }

    /// <summary>0: Linux does not remember it.</summary>
    public long LastAckSent { get; init; }

    /// <summary>Milliseconds since data was received; since the connection was established, if none ever was.</summary>
    public long LastDataRecv { get; init; }

    /// <summary>Milliseconds since an acceptable ACK was received.</summary>
    public long LastAckRecv { get; init; }

    /// <summary>Path MTU in bytes.</summary>
    public int Pmtu { get; init; }

    /// <summary>Bytes that the receive window may grow to for now.</summary>
    public int RcvSsthresh { get; init; }

    /// <summary>The round trip as the receiver sees it, in microseconds; 0: not measured.</summary>
    public long RcvRtt { get; init; }

    /// <summary>Bytes: the most that was read in a round trip, by which the receive buffer grows.</summary>
    public int RcvSpace { get; init; }

    /// <summary>Smoothed round trip time in microseconds; 0 before the first sample.</summary>
    public long Rtt { get; init; }

    /// <summary>Mean deviation of the round trip time in microseconds.</summary>
    public long Rttvar { get; init; }

    /// <summary>Slow start threshold in segments; 2,147,483,647 (TCP_INFINITE_SSTHRESH) until the first loss.</summary>
    public int SndSsthresh { get; init; }

    /// <summary>Congestion window in segments.</summary>
    public int SndCwnd { get; init; }

    /// <summary>The MSS that was announced, less the room for timestamps, in bytes.</summary>
    public int Advmss { get; init; }

    /// <summary>Duplicate ACKs, or segments, by which the network is taken to reorder.</summary>
    public int Reordering { get; init; }

    /// <summary>Segments that were sent again since the connection began.</summary>
    public long TotalRetrans { get; init; }

    /// <summary>The rate by which offload packets are sized, in bytes per second: a multiple of window by round trip.</summary>
    public long PacingRate { get; init; }

    /// <summary>SO_MAX_PACING_RATE in bytes per second; Linux's ~0 without one, here 9,223,372,036,854,775,807.</summary>
    public long MaxPacingRate { get; init; }

    /// <summary>Bytes per second that the network delivered lately; 0: not measured (tcpi_delivery_rate).</summary>
    public long DeliveryRate { get; init; }

    /// <summary>1: that was as much as the application gave (tcpi_delivery_rate_app_limited).</summary>
    public int DeliveryRateAppLimited { get; init; }

    /// <summary>Sequence numbers that the peer acknowledged: bytes, and one for a FIN and for the SYN of an active open.</summary>
    public long BytesAcked { get; init; }

    /// <summary>Sequence numbers received in order: bytes, and one for a FIN.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Segments sent, those without data among them.</summary>
    public long SegsOut { get; init; }

    /// <summary>Segments received, those without data among them.</summary>
    public long SegsIn { get; init; }

    /// <summary>Bytes written and not sent yet.</summary>
    public long NotsentBytes { get; init; }

    /// <summary>The least round trip time of the last 300 s in microseconds; 4,294,967,295 before the first sample.</summary>
    public long MinRtt { get; init; }

    /// <summary>Segments with data received.</summary>
    public long DataSegsIn { get; init; }

    /// <summary>Segments with data sent.</summary>
    public long DataSegsOut { get; init; }

    /// <summary>Microseconds with data to send or unacknowledged.</summary>
    public long BusyTime { get; init; }

    /// <summary>Microseconds of <see cref="BusyTime"/> in which the peer's window held data back.</summary>
    public long RwndLimited { get; init; }

    /// <summary>Microseconds of <see cref="BusyTime"/> in which the send buffer was too small.</summary>
    public long SndbufLimited { get; init; }

    /// <summary>Segments that the peer is known to have, the SYN or SYN-ACK among them.</summary>
    public long Delivered { get; init; }

    /// <summary>
    /// Of <see cref="Delivered"/> those that arrived marked, by what the peer's ECE (RFC 3168) or ACE (RFC 9768) told.
    /// </summary>
    public long DeliveredCe { get; init; }

    /// <summary>
    /// Why Fast Open as a client came to nothing: 0 no reason, 1 there was no cookie, 2 the SYN-ACK did not acknowledge the data, 3 the SYN was
    /// sent again (enum tcp_fastopen_client_fail).
    /// </summary>
    public int FastopenClientFail { get; init; }

    /// <summary>Bytes of data sent, those sent again among them.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of data sent again.</summary>
    public long BytesRetrans { get; init; }

    /// <summary>Segments that the peer received twice, by its D-SACKs.</summary>
    public long DsackDups { get; init; }

    /// <summary>How often the network was seen to reorder.</summary>
    public long ReordSeen { get; init; }

    /// <summary>Segments with data that came ahead of others.</summary>
    public long RcvOoopack { get; init; }

    /// <summary>Segments that arrived marked CE.</summary>
    public long ReceivedCe { get; init; }

    /// <summary>Bytes of data that arrived ECT(1).</summary>
    public long ReceivedE1Bytes { get; init; }

    /// <summary>Bytes of data that arrived ECT(0).</summary>
    public long ReceivedE0Bytes { get; init; }

    /// <summary>Bytes of data that arrived marked CE.</summary>
    public long ReceivedCeBytes { get; init; }

    /// <summary>Bytes of data that the peer got ECT(1), by its AccECN option (RFC 9768 §3.2.3).</summary>
    public long DeliveredE1Bytes { get; init; }

    /// <summary>Bytes of data that the peer got ECT(0), by its AccECN option.</summary>
    public long DeliveredE0Bytes { get; init; }

    /// <summary>Bytes of data that the peer got marked CE, by its AccECN option.</summary>
    public long DeliveredCeBytes { get; init; }

    /// <summary>TCPI_ECN_MODE_DISABLED 0, TCPI_ECN_MODE_RFC3168 1, TCPI_ECN_MODE_ACCECN 2, TCPI_ECN_MODE_PENDING 3 (Linux 7.0).</summary>
    public int EcnMode { get; init; }

    /// <summary>TCP_ACCECN_OPT_NOT_SEEN 0, _EMPTY_SEEN 1, _COUNTER_SEEN 2, _FAIL_SEEN 3 (Linux 7.0).</summary>
    public int AccurateEcnOptionSeen { get; init; }

    /// <summary>
    /// Bits: TCP_ACCECN_ACE_FAIL_SEND 1, TCP_ACCECN_ACE_FAIL_RECV 2, TCP_ACCECN_OPT_FAIL_SEND 4, TCP_ACCECN_OPT_FAIL_RECV 8 (Linux 7.0).
    /// </summary>
    public int AccurateEcnFailures { get; init; }

    /// <summary>The peer's window in bytes.</summary>
    public long SndWnd { get; init; }

    /// <summary>The own window in bytes.</summary>
    public long RcvWnd { get; init; }

    /// <summary>Retransmission timeouts since the connection began.</summary>
    public long TotalRto { get; init; }

    /// <summary>How often one or more timeouts in a row began.</summary>
    public long TotalRtoRecoveries { get; init; }

    /// <summary>Milliseconds between such a beginning and recovery's end, of all of them, one that goes on included.</summary>
    public long TotalRtoTime { get; init; }

    /// <summary>How often another path was asked for by another hash of the connection, as Linux does with each timeout.</summary>
    public long Rehash { get; init; }
}
