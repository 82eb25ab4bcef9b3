namespace SimStack.Tcp.Metrics;

/// <summary>What a connection leaves behind when it closes.</summary>
internal readonly struct ConnectionMetrics
{
    /// <summary>Eight times SRTT and four times the mean deviation, in microseconds.</summary>
    public int SmoothedRtt8 { get; init; }
    public int Deviation4 { get; init; }

    /// <summary>Segments.</summary>
    public int Window { get; init; }
    public int Threshold { get; init; }
    public int Reordering { get; init; }

    /// <summary>Nothing was lost or marked yet (tcp_in_initial_slowstart).</summary>
    public bool IsInInitialSlowStart => Threshold == int.MaxValue;

    /// <summary>In congestion avoidance, without a loss being mended: the window says something of the path.</summary>
    public bool IsSteady { get; init; }
}
