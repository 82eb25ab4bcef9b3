using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>One ACK's delivery rate sample (Linux: struct rate_sample; draft-cheng-iccrg-delivery-rate-estimation).</summary>
internal struct RateSample
{
    /// <summary>When, and at which counts, the newest segment that the ACK delivered was sent.</summary>
    public Instant PriorTime;
    public uint PriorDelivered;

    /// <summary>The ACK delivered a segment whose moment of sending is known.</summary>
    public bool HasPrior;

    /// <summary>Segments in flight when that segment was sent, with it, and those lost since.</summary>
    public int InFlightWhenSent;
    public int LostSinceSent;

    /// <summary>The low 16 bits of the counters of then.</summary>
    public ushort PriorDeliveredCe, PriorLost;

    /// <summary>Segments delivered over the interval; -1: no sample.</summary>
    public int Delivered;
    public int DeliveredCe;

    /// <summary>Microseconds over which they were; -1: no sample.</summary>
    public long IntervalMicroseconds;
    public long SendIntervalMicroseconds;
    public long ReceiveIntervalMicroseconds;

    /// <summary>RTT of the newest segment in microseconds; -1: none.</summary>
    public long RttMicroseconds;

    /// <summary>Segments newly taken for lost by this ACK.</summary>
    public int Losses;

    /// <summary>Segments newly acknowledged or SACKed.</summary>
    public int AcknowledgedSacked;

    /// <summary>Segments in flight before this ACK.</summary>
    public int PriorInFlight;

    public SequenceNumber LastEnd;
    public bool ApplicationLimited;
    public bool Retransmitted;

    /// <summary>The ACK was perhaps delayed: one segment acknowledged by a peer that may wait for two.</summary>
    public bool AckDelayed;
}

/// <summary>What one ACK told of the segments it took off the queue (Linux: struct ack_sample).</summary>
internal struct AckSample
{
    /// <summary>Segments acknowledged.</summary>
    public int Segments;

    /// <summary>RTT in microseconds; -1: none.</summary>
    public long RttMicroseconds;

    /// <summary>Segments in flight when the newest of them was sent.</summary>
    public int InFlight;
}
