using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>What setsockopt(2) set; the defaults are shared by all sockets that set nothing.</summary>
internal sealed record SocketOptions
{
    public static readonly SocketOptions Default = new();

    /// <summary>SO_REUSEADDR and SO_REUSEPORT.</summary>
    public PortSharing Sharing { get; init; }

    /// <summary>Bytes as getsockopt tells them (doubled); 0: by sysctl.</summary>
    public int ReceiveBuffer { get; init; }

    public int SendBuffer { get; init; }

    /// <summary>SO_RCVLOWAT in bytes; 0 as 1.</summary>
    public int ReceiveLowWater { get; init; }

    /// <summary>Bytes of receive buffer that SO_RCVLOWAT asked for (tcp_set_rcvlowat).</summary>
    public int LowWaterBuffer { get; init; }

    /// <summary>SO_PEEK_OFF; negative: off.</summary>
    public int PeekOffset { get; init; } = -1;

    public bool KeepAlive { get; init; }

    public int LingerSeconds { get; init; } = -1;

    public bool InlineUrgent { get; init; }

    public bool NoDelay { get; init; }

    public bool Cork { get; init; }

    public bool ReportUnread { get; init; }

    public bool Zerocopy { get; init; }

    public TimestampingFlags Timestamping { get; init; }

    /// <summary>SO_TIMESTAMP or SO_TIMESTAMPNS.</summary>
    public ArrivalTimesKind ArrivalTimes { get; init; }

    /// <summary>Bytes; 0: by sysctl.</summary>
    public uint NotSentLowWater { get; init; }

    public int MaximumSegment { get; init; }

    public int KeepAliveIdle { get; init; }

    public int KeepAliveInterval { get; init; }

    public int KeepAliveCount { get; init; }

    public int SynCount { get; init; }

    public bool ThinLinearTimeouts { get; init; }

    public int FinWait2Seconds { get; init; }

    public int UserTimeoutMilliseconds { get; init; }

    public int WindowClamp { get; init; }

    public int TypeOfService { get; init; }

    public int TimeToLive { get; init; }

    public bool ReceiveErrors { get; init; }

    /// <summary>IP_MINTTL.</summary>
    public byte LeastTimeToLive { get; init; }

    /// <summary>IPV6_MINHOPCOUNT.</summary>
    public byte LeastHopLimit { get; init; }

    /// <summary>IPV6_TCLASS: what <see cref="TypeOfService"/> is for IPv4.</summary>
    public int TrafficClass { get; init; }

    /// <summary>IPV6_UNICAST_HOPS; 0: as <see cref="TimeToLive"/>.</summary>
    public int HopLimit { get; init; }

    /// <summary>IP_MTU_DISCOVER; null: by net.ipv4.ip_no_pmtu_disc.</summary>
    public PathMtuDiscovery? PathMtuDiscovery { get; init; }

    /// <summary>IP_FREEBIND: an address that is not the host's may be bound.</summary>
    public bool FreeBind { get; init; }

    /// <summary>IP_BIND_ADDRESS_NO_PORT.</summary>
    public bool BindAddressNoPort { get; init; }

    /// <summary>IP_LOCAL_PORT_RANGE: the first port in the low half, the last in the high one, 0 for that of the host.</summary>
    public uint LocalPortRange { get; init; }

    /// <summary>IP_OPTIONS, of an active open.</summary>
    public IpOptions? IpOptions { get; init; }

    /// <summary>TOS or traffic class of packets of that version.</summary>
    public byte TrafficClassFor(bool v4) => (byte)(v4 ? TypeOfService : TrafficClass);

    /// <summary>Time to live or hop limit of packets of that version.</summary>
    public byte TimeToLiveFor(bool v4, int usual) => (byte)(!v4 && HopLimit > 0 ? HopLimit : TimeToLive > 0 ? TimeToLive : usual);

    /// <summary>The least time to live or hop limit of segments of that version.</summary>
    public byte LeastTimeToLiveFor(bool v4) => v4 ? LeastTimeToLive : LeastHopLimit;

    /// <summary>SO_MAX_PACING_RATE in bytes per second; long.MaxValue: no limit.</summary>
    public long MaxPacingRate { get; init; } = long.MaxValue;

    /// <summary>SO_PRIORITY, or what IP_TOS made of it.</summary>
    public int Priority { get; init; }

    /// <summary>TCP_FASTOPEN_CONNECT: connect(2) waits for the first write.</summary>
    public bool FastOpenConnect { get; init; }

    /// <summary>TCP_FASTOPEN_NO_COOKIE, on either side.</summary>
    public bool FastOpenNoCookie { get; init; }

    /// <summary>TCP_DEFER_ACCEPT as SYN-ACK timeouts (rskq_defer_accept); 0: off.</summary>
    public byte DeferAccept { get; init; }

    /// <summary>TCP_SAVE_SYN: 0, 1 or 2.</summary>
    public byte SaveSyn { get; init; }

    /// <summary>TCP_RTO_MIN_US, TCP_RTO_MAX_MS, TCP_DELACK_MAX_US and TCP_TX_DELAY; null: as the host has them.</summary>
    public TimerLimits? Timers { get; init; }

    /// <summary>IPV6_AUTOFLOWLABEL; null: by net.ipv6.auto_flowlabels.</summary>
    public bool? AutoFlowLabel { get; init; }

    /// <summary>SO_TXREHASH; null: by net.core.txrehash.</summary>
    public bool? TxRehash { get; init; }

    /// <summary>TCP_CONGESTION by name; null: the host's.</summary>
    public string? CongestionControl { get; init; }
}
