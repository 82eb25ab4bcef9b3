using SimStack;

namespace SimNet.Links;

/// <summary>
/// Controlled delay (RFC 8289): once packets have waited longer than the target for an interval, one is marked "congestion experienced", or
/// dropped when it is not ECN-capable; and while that does not help others follow, ever closer together.
/// </summary>
/// <param name="Target">How long packets may wait; 5 ms is usual. More than 0.</param>
/// <param name="Interval">About the longest usual round trip; 100 ms is usual. More than 0.</param>
public sealed record CoDel(Duration Target, Duration Interval)
{
    /// <summary>False: ECN-capable packets are dropped too.</summary>
    public bool MarksEcn { get; init; } = true;
}
