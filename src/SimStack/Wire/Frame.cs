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

    /// <summary>
    /// Bytes of data in each of the TCP segments, the last one perhaps apart, that became this one packet on their way in, or that it will be cut
    /// into on its way out (Linux's gso_size: receive and segmentation offload), up to 65,535 bytes long. Its checksum is not to be looked at: those of the
    /// segments were verified, or will be computed. 0: the frame is as it is on the wire.
    /// </summary>
    public int SegmentSize { get; set; }

    /// <summary>Number of the frame among those its pool handed out; observers use it to follow one frame.</summary>
    public long Id { get; internal set; }

    internal Frame? NextFree { get; set; }

    // What follows is set for interfaces with a queue discipline only, together with the owner.
    private FrameTicket? _ticket;

    private FrameTicket Ticket => _ticket ??= new FrameTicket();

    /// <summary>Who sent it; null for what no socket did.</summary>
    internal IFrameOwner? Owner
    {
        get => _ticket?.Owner;
        set => Ticket.Owner = value;
    }

    /// <summary>Not to leave before (Linux: skb->tstamp); <see cref="Instant.Zero"/> without such a time.</summary>
    internal Instant Departure
    {
        get => _ticket?.Departure ?? Instant.Zero;
        set => Ticket.Departure = value;
    }

    /// <summary>What the owner is told that left.</summary>
    internal int Memory
    {
        get => _ticket?.Memory ?? 0;
        set => Ticket.Memory = value;
    }

    /// <summary>The owner's next frame belongs to the same packet, whether or not the interface cuts packets itself.</summary>
    internal bool PartFollows
    {
        get => _ticket is { PartFollows: true };
        set => Ticket.PartFollows = value;
    }

    /// <summary>The next frame of the same packet.</summary>
    internal Frame? NextPart
    {
        get => _ticket?.NextPart;
        set => Ticket.NextPart = value;
    }

    /// <summary>The next packet of a queue; in the first frame of a packet.</summary>
    internal Frame? NextPacket
    {
        get => _ticket?.NextPacket;
        set => Ticket.NextPacket = value;
    }

    /// <summary>Bytes of all frames of the packet; in its first frame.</summary>
    internal int PacketLength
    {
        get => _ticket?.PacketLength ?? 0;
        set => Ticket.PacketLength = value;
    }

    /// <summary>The band of a discipline with bands that the packet was counted in; in its first frame.</summary>
    internal byte Band
    {
        get => _ticket?.Band ?? 0;
        set => Ticket.Band = value;
    }

    internal void Disown()
    {
        if (_ticket is { } ticket)
        {
            (ticket.Owner, ticket.Departure, ticket.Memory, ticket.PartFollows) = (null, Instant.Zero, 0, false);
            (ticket.NextPart, ticket.NextPacket) = (null, null);
        }
    }
}
