using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What a segment in flight is known by.</summary>
[Flags]
internal enum SentFlags : byte
{
    None = 0,
    Syn = 1,
    Fin = 2,
    Push = 4,

    /// <summary>Taken for lost and not sent again yet.</summary>
    Lost = 8,

    /// <summary>Sent more than once: gives no RTT sample (Karn; RFC 6298 §3).</summary>
    Retransmitted = 16,

    /// <summary>A retransmission of it is in flight.</summary>
    RetransmissionInFlight = 32,

    /// <summary>The next segment is of the same offload packet.</summary>
    Followed = 64,

    /// <summary>MSG_EOR: nothing behind it joins it when it is sent again.</summary>
    EndOfRecord = 128,
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

    public SentFlags Flags;

    public readonly SequenceNumber End => Seq + Length;
}
