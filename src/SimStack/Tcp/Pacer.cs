namespace SimStack.Tcp;

/// <summary>Who spaces the packets of a connection (Linux: enum sk_pacing).</summary>
internal enum PacingStatus : byte
{
    None,

    /// <summary>The connection itself, by a timer: it was asked for, and no fair queue is below.</summary>
    Needed,

    /// <summary>A fair queue, by the times of departure that packets carry.</summary>
    FairQueue,
}

/// <summary>What a connection has when its packets are paced, or wait in a queue below TCP; made at the first need.</summary>
internal sealed class Pacer
{
    public PacingStatus Status;

    /// <summary>SO_MAX_PACING_RATE in bytes per second.</summary>
    public long MostRate = long.MaxValue;

    /// <summary>What bounds the rate in force: a limit that was raised holds from the next ACK on only.</summary>
    public long Ceiling = long.MaxValue;

    /// <summary>When the connection looks for something to send again.</summary>
    public Instant Due = Instant.Never;

    /// <summary>Memory of packets in the queue below (Linux: sk_wmem_alloc).</summary>
    public int Queued;

    /// <summary>More waits to be sent as soon as a packet has left the queue below (Linux: TSQ_THROTTLED).</summary>
    public bool Throttled;
}
