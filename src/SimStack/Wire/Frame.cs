namespace SimStack.Wire;

/// <summary>
/// One Ethernet frame in a pooled buffer. Whoever holds it owns it: pass it on, or give it back with
/// <see cref="FramePool.Return"/>; never both.
/// </summary>
public sealed class Frame
{
    internal Frame(int capacity) => Buffer = GC.AllocateUninitializedArray<byte>(capacity);

    /// <summary>The bytes; only the first <see cref="Length"/> belong to the frame.</summary>
    public byte[] Buffer { get; }

    /// <summary>Length in bytes, Ethernet header included, frame check sequence not.</summary>
    public int Length { get; set; }

    public Span<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>For whoever holds the frame: a link keeps the instant of arrival here.</summary>
    public Instant Due { get; set; }

    /// <summary>For whoever holds the frame: what a link noted about it; 0 when it comes from the pool.</summary>
    public int Note { get; set; }

    /// <summary>
    /// The next frame of the interface carries on the same offload packet: one that the host handed down as a whole, to be cut into segments
    /// by its network card (generic segmentation offload). False for the last frame of such a packet, for a segment that stands alone, and
    /// when the frame comes from the pool.
    /// </summary>
    public bool GroupFollows { get; set; }

    /// <summary>Number of the frame among those its pool handed out; observers use it to follow one frame.</summary>
    public long Id { get; internal set; }

    internal Frame? NextFree { get; set; }
}
