using SimNet.Random;

namespace SimNet.Links;

/// <summary>
/// Random early detection (Floyd and Jacobson 1993; RFC 3168 §5), as <c>tc qdisc red</c> has it: the longer the queue is on average, the
/// likelier a packet is marked "congestion experienced", or dropped when it is not ECN-capable.
/// </summary>
/// <param name="MinPackets">Below so many packets on average nothing happens to any; at least 1.</param>
/// <param name="MaxPackets">From so many on it happens to each; more than <paramref name="MinPackets"/>.</param>
public sealed record RandomEarlyDetection(int MinPackets, int MaxPackets)
{
    /// <summary>The probability just below <see cref="MaxPackets"/>.</summary>
    public Probability MaxProbability { get; init; } = Probability.FromPercent(10);

    /// <summary>A packet that arrives has a share of 1/2^so-many in the average; 0 (the queue as it is) to 16.</summary>
    public int WeightShift { get; init; } = 9;

    /// <summary>False: ECN-capable packets are dropped too.</summary>
    public bool MarksEcn { get; init; } = true;
}
