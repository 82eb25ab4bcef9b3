namespace SimStack.Tcp.Recovery;

/// <summary>What RACK (RFC 8985 §5.2) knows: the segment sent last of those delivered, and the reordering window.</summary>
internal struct Rack
{
    /// <summary>
    /// When that segment was sent (RACK.xmit_ts), and which transmission it was. RACK.end_seq, which tells of two sent at once the later, would
    /// be wrong for a retransmission that leaves in the same instant as new data before it; a kernel is never that quick.
    /// </summary>
    public Instant SentAt;
    public uint Order;

    /// <summary>Its round trip in microseconds (RACK.rtt).</summary>
    public long Rtt;

    /// <summary><see cref="Rtt"/> is new: losses are looked for.</summary>
    public bool Advanced;

    /// <summary>A D-SACK came that a wider window would have saved.</summary>
    public bool DsackSeen;

    /// <summary>The window in quarters of the least RTT (RACK.reo_wnd_mult).</summary>
    public byte Steps;

    /// <summary>Recoveries for which it stays that wide (RACK.reo_wnd_persist).</summary>
    public byte Persist;

    /// <summary>Segments delivered when it was widened last.</summary>
    public uint LastDelivered;

    /// <summary>Whether a segment was sent before it.</summary>
    public readonly bool IsSentAfter(in SentSegment segment) => IsAfter(SentAt, Order, segment.SentAt, segment.Order);

    /// <summary>RACK_update (RFC 8985 §6.2, step 2; tcp_rack_advance).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="segment">The delivered segment.</param>
    /// <param name="leastRtt">The least RTT in microseconds.</param>
    public void Advance(Instant now, in SentSegment segment, uint leastRtt)
    {
        long rtt = Microseconds(now) - Microseconds(segment.SentAt);
        if (rtt < leastRtt && segment.Has(SentFlags.Retransmitted))
        {
            // More likely the original arrived than that the repetition took less than a round trip.
            return;
        }

        Advanced = true;
        Rtt = rtt;
        if (IsAfter(segment.SentAt, segment.Order, SentAt, Order))
        {
            SentAt = segment.SentAt;
            Order = segment.Order;
        }
    }

    private static bool IsAfter(Instant sent, uint order, Instant otherSent, uint otherOrder)
    {
        long difference = Microseconds(sent) - Microseconds(otherSent);
        return difference > 0 || (difference == 0 && unchecked((int)(order - otherOrder)) > 0);
    }

    private static long Microseconds(Instant instant) => instant.Nanoseconds / 1000;
}
