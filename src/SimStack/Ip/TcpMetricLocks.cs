namespace SimStack.Ip;

/// <summary>Which metrics of a route are <c>lock</c>ed: connections neither change them in what a host remembers nor average them.</summary>
[Flags]
public enum TcpMetricLocks
{
    None = 0,

    /// <summary><c>rtt lock</c></summary>
    Rtt = 1,

    /// <summary><c>rttvar lock</c></summary>
    RttVar = 2,

    /// <summary><c>ssthresh lock</c></summary>
    Ssthresh = 4,

    /// <summary><c>cwnd lock</c></summary>
    Cwnd = 8,

    /// <summary><c>reordering lock</c></summary>
    Reordering = 16,
}
