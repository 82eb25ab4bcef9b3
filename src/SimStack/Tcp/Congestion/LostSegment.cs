using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>A segment that is taken for lost.</summary>
internal readonly ref struct LostSegment
{
    /// <summary>Its sequence numbers: the first, and the one behind it.</summary>
    public SequenceNumber Seq { get; init; }
    public SequenceNumber End { get; init; }

    /// <summary>Of when it was sent last.</summary>
    public DeliveryStamp Stamp { get; init; }
}
