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

    // What follows is set for interfaces with a queue discipline only, together with the owner.

    /// <summary>Who sent it; null for what no socket did.</summary>
    internal IFrameOwner? Owner { get; set; }

    /// <summary>Not to leave before (Linux: skb->tstamp); <see cref="Instant.Zero"/> without such a time.</summary>
    internal Instant Departure { get; set; }

    /// <summary>What the owner is told that left.</summary>
    internal int Memory { get; set; }

    /// <summary>The owner's next frame belongs to the same packet, whether or not the interface cuts packets itself.</summary>
    internal bool PartFollows { get; set; }

    /// <summary>The next frame of the same packet.</summary>
    internal Frame? NextPart { get; set; }

    /// <summary>The next packet of a queue; in the first frame of a packet.</summary>
    internal Frame? NextPacket { get; set; }

    /// <summary>Bytes of all frames of the packet; in its first frame.</summary>
    internal int PacketLength { get; set; }

    /// <summary>The band of a discipline with bands that the packet was counted in; in its first frame.</summary>
    internal byte Band { get; set; }

    internal void Disown()
    {
        (Owner, Departure, Memory, PartFollows) = (null, Instant.Zero, 0, false);
        (NextPart, NextPacket) = (null, null);
    }
}
