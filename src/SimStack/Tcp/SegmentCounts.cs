namespace SimStack.Tcp;

/// <summary>What a connection counts for TCP_INFO.</summary>
internal struct SegmentCounts
{
    public long BytesSent, BytesRetransmitted, BytesAcked, BytesReceived;
    public uint SegmentsOut, SegmentsIn, DataSegmentsOut, DataSegmentsIn;

    /// <summary>Segments that the peer is known to have, the SYN among them.</summary>
    public uint Delivered;

    /// <summary>Of them those that the peer is known to have got marked (RFC 3168); AccECN's counter s.cep less its initial 5.</summary>
    public uint DeliveredCe;

    /// <summary>Segments sent again, the SYN among them.</summary>
    public uint Retransmitted;

    /// <summary>Data segments that came ahead of others.</summary>
    public uint OutOfOrder;

    /// <summary>Segments that came and were of no use (Linux: sk_drops).</summary>
    public uint Dropped;

    /// <summary>Retransmission timeouts.</summary>
    public ushort Timeouts;

    /// <summary>Times that one or more timeouts in a row began (Linux: total_rto_recoveries).</summary>
    public ushort TimeoutRecoveries;

    /// <summary>Times that another path was asked for by another hash, which is with each timeout (Linux: timeout_rehash).</summary>
    public ushort Rehashes;
}
