using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// How fast the network delivers, sampled at every ACK: what was delivered between the sending of a segment and its acknowledgement, over the
/// longer of the time in which that was sent and the time in which it was acknowledged (draft-cheng-iccrg-delivery-rate-estimation; Linux:
/// tcp_rate.c). Times in microseconds.
/// </summary>
internal struct DeliveryRate
{
    private int _rateDelivered;
    private long _rateInterval;
    private bool _isFullRate;

    /// <summary>Segments delivered since the connection began, and those of them with a CE mark.</summary>
    public uint Delivered, DeliveredCe;

    /// <summary>Segments taken for lost since the connection began (Linux: lost).</summary>
    public uint Lost;

    /// <summary>When the segment was sent that the last sample came from, or the first of a flight.</summary>
    public long FirstSentAt;

    /// <summary>When segments were last delivered, or the first of a flight was sent.</summary>
    public long DeliveredAt;

    /// <summary>The <see cref="Delivered"/> up to which samples show the application's rate; 0: none do.</summary>
    public uint ApplicationLimited;

    /// <summary>tcpi_delivery_rate_app_limited: nothing but the application limited the rate so far.</summary>
    public readonly bool IsRateLimited => !_isFullRate;

    /// <summary>tcpi_delivery_rate in bytes per second; 0 without a sample (tcp_compute_delivery_rate).</summary>
    public readonly long BytesPerSecond(int mss) =>
        _rateDelivered == 0 || _rateInterval == 0 ? 0 : (long)((ulong)_rateDelivered * (uint)mss * 1_000_000 / (ulong)_rateInterval);

    /// <summary>A segment is sent, for the first time or again (tcp_rate_skb_sent).</summary>
    /// <param name="now">Now.</param>
    /// <param name="segmentsOut">Segments sent and not acknowledged, without this one.</param>
    /// <param name="inFlight">Segments in flight, with this one.</param>
    public DeliveryStamp Sent(long now, int segmentsOut, int inFlight)
    {
        if (segmentsOut == 0)
        {
            // Nothing is in flight: what arrives from now on was delivered from now on.
            FirstSentAt = DeliveredAt = now;
        }

        return DeliveryStamp.Of(now, this, inFlight);
    }

    /// <summary>
    /// A segment is acknowledged or SACKed for the first time (tcp_rate_skb_delivered). Of several the one sent last gives the sample.
    /// </summary>
    /// <param name="stamp">The segment's.</param>
    /// <param name="sentAt">When it was sent last.</param>
    /// <param name="end">The sequence number behind it.</param>
    /// <param name="retransmitted">It was sent more than once.</param>
    /// <param name="sacked">It stays in the queue, and may give no second sample.</param>
    /// <param name="sample">The ACK's; default before its first segment.</param>
    public void Deliver(
        ref DeliveryStamp stamp, long sentAt, SequenceNumber end, bool retransmitted, bool sacked, ref RateSample sample)
    {
        if (stamp.IsUsed)
        {
            return;
        }

        if (!sample.HasPrior || sentAt > FirstSentAt || (sentAt == FirstSentAt && end > sample.LastEnd))
        {
            sample.HasPrior = true;
            sample.PriorDelivered = stamp.Delivered;
            sample.PriorTime = new Instant(stamp.DeliveredAt(sentAt) * 1000);
            sample.ApplicationLimited = stamp.IsApplicationLimited;
            sample.Retransmitted = retransmitted;
            sample.LastEnd = end;
            sample.PriorDeliveredCe = stamp.DeliveredCe;
            sample.PriorLost = stamp.Lost;
            sample.InFlightWhenSent = stamp.InFlight;
            FirstSentAt = sentAt;
            sample.IntervalMicroseconds = Math.Max(0, sentAt - stamp.FirstSentAt(sentAt));
        }

        if (sacked)
        {
            stamp.Use();
        }
    }

    /// <summary>The ACK is taken in: completes its sample (tcp_rate_gen).</summary>
    /// <param name="now">Now.</param>
    /// <param name="delivered">Segments that it newly acknowledged or SACKed; counted in <see cref="Delivered"/> already.</param>
    /// <param name="lost">Segments that it showed to be lost.</param>
    /// <param name="reneged">The peer took a SACK back: what it told before would count twice.</param>
    /// <param name="leastRtt">The least RTT; no interval can be shorter. uint.MaxValue without one.</param>
    /// <param name="sample">The ACK's.</param>
    public void Complete(long now, int delivered, int lost, bool reneged, uint leastRtt, ref RateSample sample)
    {
        if (ApplicationLimited != 0 && unchecked((int)(Delivered - ApplicationLimited)) > 0)
        {
            ApplicationLimited = 0;
        }

        if (delivered > 0)
        {
            DeliveredAt = now;
        }

        sample.AcknowledgedSacked = delivered;
        sample.Losses = lost;
        if (!sample.HasPrior || reneged)
        {
            sample.Delivered = -1;
            sample.IntervalMicroseconds = -1;
            return;
        }

        sample.Delivered = unchecked((int)(Delivered - sample.PriorDelivered));
        sample.DeliveredCe = (ushort)(DeliveredCe - sample.PriorDeliveredCe);
        sample.LostSinceSent = (ushort)(Lost - sample.PriorLost);
        sample.SendIntervalMicroseconds = sample.IntervalMicroseconds;
        sample.ReceiveIntervalMicroseconds = Math.Max(0, now - sample.PriorTime.Nanoseconds / 1000);
        sample.IntervalMicroseconds = Math.Max(sample.SendIntervalMicroseconds, sample.ReceiveIntervalMicroseconds);
        if (sample.IntervalMicroseconds < leastRtt)
        {
            sample.IntervalMicroseconds = -1;
            return;
        }

        // The last one that shows the network, or a higher one that shows the application.
        if (!sample.ApplicationLimited
            || (ulong)sample.Delivered * (ulong)_rateInterval >= (ulong)_rateDelivered * (ulong)sample.IntervalMicroseconds)
        {
            _rateDelivered = sample.Delivered;
            _rateInterval = sample.IntervalMicroseconds;
            _isFullRate = !sample.ApplicationLimited;
        }
    }

    /// <summary>
    /// The application may have left the network unused: less than a segment waits, nothing is queued below, the window is open, and what was
    /// lost has been sent again (tcp_rate_check_app_limited).
    /// </summary>
    public void NoteApplicationLimited(int inFlight) => ApplicationLimited = Math.Max(1, Delivered + (uint)inFlight);
}
