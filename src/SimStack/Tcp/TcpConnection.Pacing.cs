using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// The pacing rate, by which Linux sizes its offload packets (tcp_update_pacing_rate, tcp_tso_autosize); the times of departure that it
/// leads to where packets are paced (tcp_update_skb_after_send), and how much may wait in a queue below (TCP small queues).
/// </summary>
internal sealed partial class TcpConnection : IFrameOwner
{
    // Linux's GSO_LEGACY_MAX_SIZE less its longest header, and as many segments as a packet may have.
    private const int MostOffloadBytes = 65_215;
    private const int MostOffloadSegments = 65_535;

    // The first ones leave at once, as much as the initial window is (tcp_update_skb_after_send).
    private const int UnpacedSegments = 10;

    // As they were at the last ACK: the larger of window and segments out, in percent, and eight times SRTT in microseconds.
    private long _pacedSegmentsPercent;
    private int _pacedSmoothed8;
    private int _offloadSegments;
    private Pacer? _pacer;

    long IFrameOwner.FlowKey => Id << 3;

    long IFrameOwner.PacingRate => PacingRate;

    int IFrameOwner.Priority => _priority;

    /// <summary>Bytes per second; as good as unlimited before the first ACK.</summary>
    private long PacingRate
    {
        get
        {
            long rate = _control is { ControlsWindow: true } ? _congestion.PacingRate
                : _pacedSegmentsPercent == 0 ? long.MaxValue
                : BoundedMss * 80_000L * _pacedSegmentsPercent / Math.Max(1, _pacedSmoothed8);
            return _pacer is null ? rate : Math.Min(rate, _pacer.Ceiling);
        }
    }

    private long MostPacingRate => _pacer?.MostRate ?? long.MaxValue;

    /// <summary>How long the next packet has to wait (tcp_pacing_delay).</summary>
    private Duration PacingDelay(Instant now) =>
        _pacer is null ? Duration.Zero : Duration.Max(Duration.Zero, _lastTransmissionAt - now);

    public void PacketQueued(int memory) => _pacer!.Queued += memory;

    /// <summary>tcp_wfree: whoever was held back for the queue below goes on, in a turn of its own at this instant.</summary>
    public void PacketLeft(Instant now, int memory)
    {
        _pacer!.Queued -= memory;
        if (_pacer.Throttled)
        {
            _pacer.Throttled = false;
            _pacer.Due = Instant.Min(_pacer.Due, now);
            _tcp.Timers.Update(this);
        }
    }

    private int LeastOffloadSegments =>
        _control?.LeastOffloadSegments(_congestion, _tcp.Congestion, Sysctls.MinTsoSegments) ?? Sysctls.MinTsoSegments;

    /// <summary>An ACK was processed: twice the window in a round trip in slow start, 1.2 windows later, by default.</summary>
    private void UpdatePacing()
    {
        int ratio = _congestion.Window < _congestion.Threshold / 2 ? Sysctls.PacingSlowStartRatio : Sysctls.PacingAvoidanceRatio;
        _pacedSegmentsPercent = (long)Math.Max(_congestion.Window, SegmentsOut) * ratio;
        _pacedSmoothed8 = _rtt.Smoothed8;
        RateIsNew();
    }

    private void RateIsNew()
    {
        _offloadSegments = 0;
        if (_pacer is not null)
        {
            _pacer.Ceiling = _pacer.MostRate;
        }
    }

    /// <summary>SO_MAX_PACING_RATE: bounds the rate at once, and has the packets paced by whoever can.</summary>
    private void LimitPacing(long most)
    {
        if (most == MostPacingRate)
        {
            return;
        }

        Pacer pacer = _pacer ??= new Pacer();
        if (most != long.MaxValue)
        {
            RequirePacing();
        }

        pacer.Ceiling = Math.Min(pacer.Ceiling, most);
        pacer.MostRate = most;
        _offloadSegments = 0;
    }

    private int TransmitDelay => _limits?.TransmitDelayMicroseconds ?? 0;

    /// <summary>Packets will take so many microseconds more (tcp_enable_tx_delay).</summary>
    private void ExpectDelay(Instant now, int microseconds)
    {
        _rtt.Shift(microseconds, unchecked((uint)(now.Nanoseconds / 1_000_000)), RtoMax, Sysctls.TimerHz);
        UpdatePacing();
    }

    /// <summary>Packets are to be paced even without a fair queue.</summary>
    private void RequirePacing()
    {
        _pacer ??= new Pacer();
        if (_pacer.Status is PacingStatus.None)
        {
            _pacer.Status = PacingStatus.Needed;
        }
    }

    /// <summary>
    /// Segments of an offload packet at most: what the rate sends in a millisecond, and more on the shortest paths; reckoned once for an
    /// ACK.
    /// </summary>
    private int OffloadSegments(int mss)
    {
        if (_offloadSegments == 0)
        {
            long bytes = Math.Min(PacingRate >> 10, MostOffloadBytes);
            uint shift = _rtt.LeastMicroseconds >> Math.Min(Sysctls.TsoRttLog, 31);
            if (shift < 32)
            {
                bytes = Math.Min(bytes + (MostOffloadBytes >> (int)shift), MostOffloadBytes);
            }

            long segments = Math.Min(Math.Max(bytes / mss, LeastOffloadSegments), MostOffloadSegments);
            // A network card can't sign (Linux: sk_gso_disable).
            _offloadSegments = Authentication is null ? (int)Math.Max(1, Math.Min(segments, MostOffloadBytes / mss)) : 1;
        }

        return _offloadSegments;
    }

    /// <summary>Tells the interface's queue whose the frame is, and when it may leave (Linux: skb->sk, skb->tstamp).</summary>
    private void AddressQueue(Frame frame, NetworkInterface through, TcpFlags flags, int length, bool followed)
    {
        Pacer pacer = _pacer ??= new Pacer();
        if (through.Queue!.Paces)
        {
            pacer.Status = PacingStatus.FairQueue;
        }

        bool isAck = length == 0 && (flags & (TcpFlags.Syn | TcpFlags.Fin)) == 0;
        frame.Owner = this;
        frame.Departure = _lastTransmissionAt + Duration.FromMicroseconds(TransmitDelay); // tcp_add_tx_delay.
        frame.PartFollows = followed;
        // Linux: skb_set_tcp_pure_ack.
        frame.Memory = isAck ? 2 : length + (followed ? 0 : PacketOverhead);
    }

    /// <summary>A packet with data was sent: when the next one may be (tcp_update_skb_after_send).</summary>
    /// <param name="prior">When it could have been itself.</param>
    /// <param name="length">Its bytes of data.</param>
    private void Pace(Instant prior, int length)
    {
        if (_pacer!.Status is PacingStatus.None || _counts.DataSegmentsOut < UnpacedSegments)
        {
            return;
        }

        long rate = PacingRate;
        if (rate is long.MaxValue or 0)
        {
            return;
        }

        // What went by unused is a credit of half the packet at most.
        long time = length * 1_000_000_000L / rate;
        time -= Math.Min(time / 2, (_lastTransmissionAt - prior).Nanoseconds);
        _lastTransmissionAt += new Duration(time);
    }

    /// <summary>Whether the next packet's time has not come, without a queue below that would keep it (tcp_pacing_check).</summary>
    private bool PacingHolds(Instant now)
    {
        if (_pacer is not { Status: PacingStatus.Needed } || _lastTransmissionAt <= now)
        {
            return false;
        }

        _pacer.Due = Instant.Min(_pacer.Due, _lastTransmissionAt);
        return true;
    }

    /// <summary>
    /// Two packets, or what the rate sends in a millisecond, wait below at most; twice that for retransmissions (tcp_small_queue_check).
    /// </summary>
    private bool SmallQueueHolds(int length, int factor)
    {
        if (_pacer is not { Queued: > 0 } pacer)
        {
            return false;
        }

        long limit = Math.Min(Math.Max(2L * (length + PacketOverhead), PacingRate >> 10), Sysctls.LimitOutputBytes) << factor;
        // Linux counts one more; and with one packet out at most it does not wait for the interface.
        if (pacer.Queued + 1 <= limit || _packets - QueuedPackets <= 1)
        {
            return false;
        }

        pacer.Throttled = true;
        return true;
    }

    /// <summary>
    /// A small packet waits for more data while others are in the queue below, since it could not leave at once anyhow (tcp_should_autocork).
    /// </summary>
    private bool AutoCorks(int mss)
    {
        if (_pacer is not { Queued: > 0 } pacer || !Sysctls.AutoCorking || SegmentsOut == 0)
        {
            return false;
        }

        int length = _snd.Written - _writeQueue!.StartOfLast(_snd.Nxt);
        if (length >= SizeGoal(mss, urgent: false) || _writeQueue.Last.EndOfRecord || pacer.Queued + 1 <= length + PacketOverhead)
        {
            return false;
        }

        if (!pacer.Throttled)
        {
            Count(SnmpCounter.TcpExtTCPAutoCorking);
            pacer.Throttled = true;
        }

        return true;
    }

    /// <summary>What was sent is still in the queue below: to send it again would be of no use (skb_still_in_host_queue).</summary>
    private bool IsStillQueued(Instant now, in SentSegment segment)
    {
        if (_pacer is not { Queued: > 0 } || segment.SentAt <= now)
        {
            return false;
        }

        _pacer.Throttled = true;
        Count(SnmpCounter.TcpExtTCPSpuriousRtxHostQueues);
        return true;
    }

    /// <summary>The time of the next packet has come, or a packet left the queue below (tcp_tsq_write).</summary>
    private void PacingTimeout(Instant now)
    {
        _pacer!.Due = Instant.Never;
        if (_state is TcpState.Established or TcpState.FinWait1 or TcpState.Closing or TcpState.CloseWait or TcpState.LastAck)
        {
            if (_recovery is { } recovery && recovery.LostOut > recovery.RetransmittedOut && _congestion.Window > SegmentsInFlight)
            {
                ResendLost(now);
            }

            Output(now, push: false);
        }
    }
}
