namespace SimStack.Ip;

/// <summary>
/// What a route says of connections in advance (ip-route(8); Linux: RTAX_RTT and others): where <see cref="Host.TcpMetrics"/> begins for a
/// destination behind it. As in Linux 6.18 that takes a connection that was closed: it is the next one that heeds them. Zero for what is not
/// said.
/// </summary>
public sealed record RouteTcpMetrics
{
    /// <summary><c>rtt</c></summary>
    public Duration Rtt { get; init; }

    /// <summary><c>rttvar</c></summary>
    public Duration RttVar { get; init; }

    /// <summary><c>ssthresh</c> in segments.</summary>
    public int Ssthresh { get; init; }

    /// <summary><c>cwnd</c> in segments; locked the congestion window is never larger.</summary>
    public int Cwnd { get; init; }

    /// <summary><c>reordering</c> in segments.</summary>
    public int Reordering { get; init; }

    /// <summary>Those that are locked.</summary>
    public TcpMetricLocks Locks { get; init; }
}
