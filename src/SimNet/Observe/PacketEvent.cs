using SimNet.Capture;
using SimStack;

namespace SimNet.Observe;

/// <summary>A packet at a point of the network.</summary>
/// <param name="Time">When.</param>
/// <param name="Point">Where.</param>
/// <param name="Direction">At an interface: received by or sent by it; at a link's direction: entering (inbound) or leaving
/// (outbound).</param>
/// <param name="Fate">What became of it there.</param>
/// <param name="Reason">Why it was dropped.</param>
/// <param name="Effects">What the link does to it.</param>
/// <param name="Due">For a packet that was sent or queued: when it will arrive; else <see cref="Instant.Never"/>.</param>
/// <param name="FrameId">Number of the frame, the same from the sender's interface to the receiver's; a link's copies have
/// their own.</param>
/// <param name="Bytes">The frame, Ethernet header first: a copy that belongs to the observer.</param>
public readonly record struct PacketEvent(
    Instant Time,
    CapturePoint Point,
    CaptureDirection Direction,
    PacketFate Fate,
    DropReason Reason,
    LinkEffects Effects,
    Instant Due,
    long FrameId,
    ReadOnlyMemory<byte> Bytes);
