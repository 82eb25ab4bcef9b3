using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>What a receiver that echoes CE marks one by one wants of its ACKs (RFC 8257 §3.2; Linux: dctcp_ece_ack_update).</summary>
internal struct EcnEchoOrder
{
    /// <summary>ACKs carry ECE from now on, or do not.</summary>
    public bool Echo;

    /// <summary>The mark changed: what arrived is acknowledged at once.</summary>
    public bool AckNow;

    /// <summary>And before that what arrived with the other mark: an ACK for <see cref="FirstAck"/>, with ECE if <see cref="FirstEcho"/>.</summary>
    public bool AckFirst;
    public bool FirstEcho;
    public SequenceNumber FirstAck;
}
