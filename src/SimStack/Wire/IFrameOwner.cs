namespace SimStack.Wire;

/// <summary>Whose packets wait in the queue of an interface (Linux: skb->sk), as far as a queue discipline wants to know.</summary>
internal interface IFrameOwner
{
    /// <summary>Tells the owners of one host apart, an even number; 0: it has many peers, and its packets are sorted by their addresses.</summary>
    long FlowKey { get; }

    /// <summary>Bytes per second that packets without a time of departure leave by; long.MaxValue: no limit (Linux: sk_pacing_rate).</summary>
    long PacingRate { get; }

    /// <summary>SO_PRIORITY.</summary>
    int Priority { get; }

    /// <summary>A frame of a packet waits in the queue.</summary>
    /// <param name="memory">Its <see cref="Frame.Memory"/>.</param>
    void PacketQueued(int memory);

    /// <summary>A packet left the queue, or was dropped there (Linux: the skb's destructor).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="memory">What <see cref="Frame.Memory"/> of its frames was in all.</param>
    void PacketLeft(Instant now, int memory);
}
