using SimStack.Tcp.Listen;

namespace SimStack.Tcp.FastOpen;

/// <summary>
/// The handshake of a connection that a SYN opened before it was complete: kept until the SYN-ACK is acknowledged or the connection ends
/// (Linux: tcp_sock's fastopen_rsk).
/// </summary>
internal sealed class FastOpenRequest(SynQueueEntry entry, FastOpenQueue queue)
{
    /// <summary>What the SYN-ACK is made from.</summary>
    public SynQueueEntry Entry => entry;

    /// <summary>The user has the connection.</summary>
    public bool IsAccepted { get; set; }

    /// <summary>The handshake is over.</summary>
    public void End(Instant now, bool reset) => queue.Remove(now, keeps: reset && IsAccepted && !entry.Listener.IsClosed);
}
