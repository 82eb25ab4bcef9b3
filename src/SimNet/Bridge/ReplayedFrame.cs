using SimStack;

namespace SimNet.Bridge;

/// <summary>A frame that left through a bridge port.</summary>
/// <param name="Time">When.</param>
/// <param name="Port">The port's name.</param>
/// <param name="Bytes">The frame, Ethernet header first.</param>
public sealed record ReplayedFrame(Instant Time, string Port, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes of data in each of the segments that it stands for, up to 65,535; 0: it is one frame on the wire, too.</summary>
    public int SegmentSize { get; init; }
}
