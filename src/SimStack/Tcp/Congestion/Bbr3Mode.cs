namespace SimStack.Tcp.Congestion;

/// <summary>The states of BBRv3 (draft-ietf-ccwg-bbr, State Transition Diagram).</summary>
internal enum Bbr3Mode : byte
{
    /// <summary>Doubles the rate each round until the pipe is full.</summary>
    Startup,

    /// <summary>Lets the queue run empty that this made.</summary>
    Drain,

    /// <summary>Slower than the network: leaves room for others.</summary>
    ProbeBandwidthDown,

    /// <summary>As fast as the network.</summary>
    ProbeBandwidthCruise,

    /// <summary>As fast as the network, with all in flight that it is known to hold.</summary>
    ProbeBandwidthRefill,

    /// <summary>Faster, to see whether there is more.</summary>
    ProbeBandwidthUp,

    /// <summary>Half of the bandwidth-delay product in flight, to see the RTT of the empty path.</summary>
    ProbeRtt,
}
