using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What a segment in flight is known by.</summary>
[Flags]
internal enum SentFlags : ushort
{
    None = 0,
    Syn = 1,
    Fin = 2,
    Push = 4,

    /// <summary>Taken for lost (TCPCB_LOST); stays when it is sent again.</summary>
    Lost = 8,

    /// <summary>Sent more than once: gives no RTT sample (Karn; RFC 6298 §3; TCPCB_EVER_RETRANS).</summary>
    Retransmitted = 16,

    /// <summary>A retransmission of it is in flight (TCPCB_SACKED_RETRANS).</summary>
    RetransmissionInFlight = 32,

    /// <summary>The next segment is of the same offload packet.</summary>
    Followed = 64,

    /// <summary>MSG_EOR: nothing behind it joins it when it is sent again.</summary>
    EndOfRecord = 128,

    /// <summary>The peer has it, by a SACK block (TCPCB_SACKED_ACKED).</summary>
    Sacked = 256,
}

/// <summary>One segment that was sent and is not acknowledged in full.</summary>
internal struct SentSegment
{
    /// <summary>When it was last sent.</summary>
    public Instant SentAt;

    /// <summary>Its first sequence number.</summary>
    public SequenceNumber Seq;

    /// <summary>Bytes of data and one for each of SYN and FIN.</summary>
    public int Length;

    /// <summary>
    /// Positions in the ring. Of a listed segment, its neighbours in the list by time of sending. Of a SACKed one, <see cref="Next"/> is a
    /// position behind it up to which everything is SACKed.
    /// </summary>
    public int Next, Previous;

    public SentFlags Flags;

    /// <summary>For the delivery rate.</summary>
    public DeliveryStamp Stamp;

    /// <summary>In the list by time of sending. The ring's own.</summary>
    public bool Listed;

    /// <summary>The how-manieth transmission it was last sent by: time alone does not tell what left first. The ring's own.</summary>
    public uint Order;

    public readonly SequenceNumber End => Seq + Length;

    public readonly bool Has(SentFlags any) => (Flags & any) != 0;
}
