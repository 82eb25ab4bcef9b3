using SimStack.Wire;

namespace SimStack.Tcp.Recovery;

/// <summary>What RACK (RFC 8985 §5.2) knows: the segment sent last of those delivered, and the reordering window.</summary>
internal struct Rack
{
    /// <summary>When that segment was sent (RACK.xmit_ts), and its end (RACK.end_seq).</summary>
    public Instant SentAt;
    public SequenceNumber End;

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

    /// <summary>Whether one segment was sent after another; of those sent at once, the later in sequence counts as later.</summary>
    public static bool SentAfter(Instant sent, SequenceNumber end, Instant otherSent, SequenceNumber otherEnd)
    {
        long difference = Microseconds(sent) - Microseconds(otherSent);
        return difference > 0 || (difference == 0 && end > otherEnd);
    }

    /// <summary>RACK_update (RFC 8985 §6.2, step 2; tcp_rack_advance).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="sentAt">When the delivered segment was last sent.</param>
    /// <param name="end">Its end.</param>
    /// <param name="retransmitted">It was sent more than once.</param>
    /// <param name="leastRtt">The least RTT in microseconds.</param>
    public void Advance(Instant now, Instant sentAt, SequenceNumber end, bool retransmitted, uint leastRtt)
    {
        long rtt = Microseconds(now) - Microseconds(sentAt);
        if (retransmitted && rtt < leastRtt)
        {
            // More likely the original arrived than that the repetition took less than a round trip.
            return;
        }

        Advanced = true;
        Rtt = rtt;
        if (SentAfter(sentAt, end, SentAt, End))
        {
            SentAt = sentAt;
            End = end;
        }
    }

    private static long Microseconds(Instant instant) => instant.Nanoseconds / 1000;
}
