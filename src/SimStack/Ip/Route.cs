namespace SimStack.Ip;

/// <summary>One line of the routing table.</summary>
/// <param name="Prefix">Destinations; bits behind the prefix are ignored.</param>
/// <param name="PrefixLength">0 to 32 for IPv4, 0 to 128 for IPv6.</param>
/// <param name="NextHop">The router; null when the destinations are on the link themselves.</param>
/// <param name="Interface">Where to send.</param>
/// <param name="Metric">The smallest is used among equal prefixes.</param>
public sealed record Route(IpAddress Prefix, int PrefixLength, IpAddress? NextHop, NetworkInterface Interface, int Metric = 0)
{
    /// <summary>Whether packets are sent at all; the interface of the other types is <c>lo</c>.</summary>
    public RouteType Type { get; init; }

    /// <summary>The source address for what goes this way; null = selected.</summary>
    public IpAddress? PreferredSource { get; init; }

    /// <summary>Path MTU in bytes; 0 = the interface's.</summary>
    public int Mtu { get; init; }

    /// <summary><c>mtu lock</c>: routers' word that it is too much is not heard, and IPv4 packets go without DF.</summary>
    public bool IsMtuLocked { get; init; }

    /// <summary>The MSS to advertise in bytes; 0 = from the MTU.</summary>
    public int AdvMss { get; init; }

    /// <summary><c>features ecn</c>: connections that go this way ask for ECN, and grant it (RFC 3168), whatever tcp_ecn says.</summary>
    public bool Ecn { get; init; }

    /// <summary>Initial congestion window in segments; 0 = the profile's.</summary>
    public int InitCwnd { get; init; }

    /// <summary>Initial receive window in segments; 0 = the profile's.</summary>
    public int InitRwnd { get; init; }

    /// <summary><c>fastopen_no_cookie</c>: Fast Open on this route needs no cookie, on either side (ip-route(8)).</summary>
    public bool FastOpenNoCookie { get; init; }

    /// <summary><c>congctl</c>: the congestion control of connections that go this way; null = the socket's.</summary>
    public string? CongestionControl { get; init; }

    /// <summary><c>congctl lock</c>: the socket can't choose another (TCP_CONGESTION tells EPERM).</summary>
    public bool IsCongestionControlLocked { get; init; }

    /// <summary><c>rtt</c>, <c>rttvar</c>, <c>ssthresh</c>, <c>cwnd</c>, <c>reordering</c>; null = none of them.</summary>
    public RouteTcpMetrics? TcpMetrics { get; init; }
}
