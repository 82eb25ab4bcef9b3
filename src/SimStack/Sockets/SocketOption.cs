namespace SimStack.Sockets;

/// <summary>
/// Socket options by Linux's names (socket(7), tcp(7), ip(7)). Values are ints as for setsockopt, in the units given.
/// </summary>
public enum SocketOption
{
    /// <summary>0 or 1: the address and port may be shared with others that set it, as long as none of them listens.</summary>
    SO_REUSEADDR,

    /// <summary>
    /// 0 or 1: the address and port may be shared with others that set it, listening ones too; connections and datagrams are spread over them by a
    /// hash of the 4-tuple. TCP and UDP.
    /// </summary>
    SO_REUSEPORT,

    /// <summary>Bytes; doubled as Linux does, at least 2304, at most 2 × net.core.rmem_max.</summary>
    SO_RCVBUF,

    /// <summary>Bytes; doubled as Linux does, at least 4608, at most 2 × net.core.wmem_max.</summary>
    SO_SNDBUF,

    /// <summary>As SO_RCVBUF without the limit of net.core.rmem_max.</summary>
    SO_RCVBUFFORCE,

    /// <summary>As SO_SNDBUF without the limit of net.core.wmem_max.</summary>
    SO_SNDBUFFORCE,

    /// <summary>
    /// Bytes that a reader waits for, and poll: 1 unless set, at most half of SO_RCVBUF, or of tcp_rmem's maximum where that was not set;
    /// the buffer grows to hold them. TCP.
    /// </summary>
    SO_RCVLOWAT,

    /// <summary>0 or 1.</summary>
    SO_KEEPALIVE,

    /// <summary>Seconds to linger; -1 switches it off; 0 makes close send RST.</summary>
    SO_LINGER,

    /// <summary>0 or 1: urgent data stays in the stream.</summary>
    SO_OOBINLINE,

    /// <summary>0 or 1: MSG_ZEROCOPY counts, and its calls are told of in the error queue; TCP.</summary>
    SO_ZEROCOPY,

    /// <summary>Which times of what is sent are told in the error queue (<see cref="TimestampingFlags"/>); TCP.</summary>
    SO_TIMESTAMPING,

    /// <summary>0 or 1: receiving tells when the last byte arrived (<see cref="TcpSocket.ArrivedAt"/>), in microseconds; TCP.</summary>
    SO_TIMESTAMP,

    /// <summary>0 or 1: as <see cref="SO_TIMESTAMP"/>, in nanoseconds; the one that was set last holds.</summary>
    SO_TIMESTAMPNS,

    /// <summary>Bytes per second that packets are paced to at most, as an unsigned number; -1: no limit.</summary>
    SO_MAX_PACING_RATE,

    /// <summary>By its lowest four bits the band of a queue that packets go to (skb->priority); IP_TOS sets it too.</summary>
    SO_PRIORITY,

    /// <summary>Read only: the pending error, cleared by reading.</summary>
    SO_ERROR,

    /// <summary>0 or 1: no Nagle algorithm.</summary>
    TCP_NODELAY,

    /// <summary>0 or 1: only full segments leave until uncorked, at most 200 ms.</summary>
    TCP_CORK,

    /// <summary>Bytes not sent below half of which a socket is writable; 0: by net.ipv4.tcp_notsent_lowat. As an unsigned number.</summary>
    TCP_NOTSENT_LOWAT,

    /// <summary>Bytes behind the first unread one where MSG_PEEK begins; each peek moves it on, each receive back. Negative: off.</summary>
    SO_PEEK_OFF,

    /// <summary>0 or 1: every receive tells how much is left to read (<see cref="TcpSocket.Unread"/>).</summary>
    TCP_INQ,

    /// <summary>Bytes, 88 to 32767: MSS to announce and to bound segments by.</summary>
    TCP_MAXSEG,

    /// <summary>Seconds, 1 to 32767.</summary>
    TCP_KEEPIDLE,

    /// <summary>Seconds, 1 to 32767.</summary>
    TCP_KEEPINTVL,

    /// <summary>Probes, 1 to 127.</summary>
    TCP_KEEPCNT,

    /// <summary>SYN retransmissions, 1 to 127.</summary>
    TCP_SYNCNT,

    /// <summary>1: a stream with fewer than four segments in flight doubles its RTO only from the seventh timeout on; Linux's
    /// tcp_thin_linear_timeouts for one socket.</summary>
    TCP_THIN_LINEAR_TIMEOUTS,

    /// <summary>Seconds in FIN-WAIT-2 once closed; -1: none at all.</summary>
    TCP_LINGER2,

    /// <summary>1: acknowledge at once; 0: delay acknowledgements.</summary>
    TCP_QUICKACK,

    /// <summary>Milliseconds that data may stay unacknowledged; 0: by tcp_retries2.</summary>
    TCP_USER_TIMEOUT,

    /// <summary>Bytes: the largest window to advertise; 0: no clamp.</summary>
    TCP_WINDOW_CLAMP,

    /// <summary>
    /// Connections that a SYN with a good cookie opened and whose handshake is not complete, at most; 0: no Fast Open. At most net.core.somaxconn.
    /// </summary>
    TCP_FASTOPEN,

    /// <summary>0 or 1: connect waits for the first write if a cookie is known, so that its data goes with the SYN (RFC 7413).</summary>
    TCP_FASTOPEN_CONNECT,

    /// <summary>0 or 1: Fast Open goes without cookies, as client and as server.</summary>
    TCP_FASTOPEN_NO_COOKIE,

    /// <summary>
    /// Seconds that a listening socket waits for data after the handshake before it has a connection; kept as a number of SYN-ACK timeouts, so
    /// that what is read back is 1, 3, 7, 15, …; 0: not at all. A connecting socket lets the last ACK of the handshake wait for data instead.
    /// </summary>
    TCP_DEFER_ACCEPT,

    /// <summary>
    /// The headers of the SYN are kept for <see cref="TcpSocket.TakeSavedSyn"/>; of a listening socket. 0: not; 1: IP and TCP; 2: the link's too.
    /// </summary>
    TCP_SAVE_SYN,

    /// <summary>1000 to 120000: the longest retransmission timeout in milliseconds instead of net.ipv4.tcp_rto_max_ms.</summary>
    TCP_RTO_MAX_MS,

    /// <summary>
    /// More than one tick of the timers (4 ms unless sim.timer_hz says otherwise) to 200000: the shortest retransmission timeout in
    /// microseconds instead of net.ipv4.tcp_rto_min_us, rounded up to ticks.
    /// </summary>
    TCP_RTO_MIN_US,

    /// <summary>More than one tick of the timers to 200000: how long an ACK is delayed at most, in microseconds, rounded up to ticks.</summary>
    TCP_DELACK_MAX_US,

    /// <summary>
    /// 0 to 268435455: microseconds that a fair queue keeps every packet longer. A connection's round-trip time is taken to change by as much at
    /// once. Another queue discipline delays nothing.
    /// </summary>
    TCP_TX_DELAY,

    /// <summary>DSCP and ECN byte of outgoing IPv4 packets; TCP keeps the two bits of ECN for itself.</summary>
    IP_TOS,

    /// <summary>1 to 255, or -1 for the default of the host; the hop limit too.</summary>
    IP_TTL,

    /// <summary>0 to 255: segments of IPv4 with a smaller time to live are dropped (RFC 5082); TCP.</summary>
    IP_MINTTL,

    /// <summary>0 or 1: datagrams may go to broadcast addresses.</summary>
    SO_BROADCAST,

    /// <summary>0 to 255: time to live of multicast datagrams; 1 unless set.</summary>
    IP_MULTICAST_TTL,

    /// <summary>0 or 1: multicast datagrams come back to this host's own sockets; 1 unless set.</summary>
    IP_MULTICAST_LOOP,

    /// <summary>0 or 1: every ICMP error is reported at once and kept for <see cref="DatagramSocket.ReceiveError"/>.</summary>
    IP_RECVERR,

    /// <summary>IP_PMTUDISC_DONT 0, WANT 1, DO 2, PROBE 3, INTERFACE 4, OMIT 5 (<see cref="PathMtuDiscovery"/>).</summary>
    IP_MTU_DISCOVER,

    /// <summary>Read only: the path MTU in bytes of a connected socket.</summary>
    IP_MTU,

    /// <summary>0 or 1: an AF_INET6 socket that takes no IPv4.</summary>
    IPV6_V6ONLY,

    /// <summary>0 or 1: an address may be bound that is not the host's.</summary>
    IP_FREEBIND,

    /// <summary>0 or 1: bind(2) with port 0 takes the address alone, and connect chooses the port by both ends; TCP.</summary>
    IP_BIND_ADDRESS_NO_PORT,

    /// <summary>
    /// The first port in the low 16 bits and the last in the high ones, for ports that the host chooses; 0 for either leaves that of
    /// net.ipv4.ip_local_port_range, and so does what lies outside of it. TCP.
    /// </summary>
    IP_LOCAL_PORT_RANGE,

    /// <summary>0 to 255, or -1 for 0: traffic class of outgoing IPv6 packets; TCP keeps the two bits of ECN for itself.</summary>
    IPV6_TCLASS,

    /// <summary>1 to 255, or -1 for the default: hop limit of outgoing IPv6 packets.</summary>
    IPV6_UNICAST_HOPS,

    /// <summary>0 or 1: the flow label of IPv6 packets is a hash of the connection, whatever net.ipv6.auto_flowlabels 1 or 2 says; TCP.</summary>
    IPV6_AUTOFLOWLABEL,

    /// <summary>0 or 1, or -1 for net.core.txrehash: a timeout changes the hash, and with it the flow label; TCP.</summary>
    SO_TXREHASH,

    /// <summary>0 to 255: segments of IPv6 with a smaller hop limit are dropped (RFC 5082); TCP.</summary>
    IPV6_MINHOPCOUNT,
}
