namespace SimStack.Tcp.Congestion;

/// <summary>What BBR is doing (Linux: enum bbr_mode).</summary>
internal enum BbrMode : byte
{
    /// <summary>Fills the pipe, at 2.89 times the bandwidth seen.</summary>
    Startup,

    /// <summary>Lets the queue run empty that this made.</summary>
    Drain,

    /// <summary>Cycles around the bandwidth.</summary>
    ProbeBandwidth,

    /// <summary>Keeps four segments in flight, to see the RTT of the empty path.</summary>
    ProbeRtt,
}
