namespace SimStack.Tcp.Congestion;

/// <summary>What BBR takes the path for: bandwidth, least RTT, how ACKs are aggregated; and what it does about it.</summary>
internal sealed partial class Bbr
{
    private const int BandwidthRounds = CycleLength + 2;
    private const uint GrowthThreshold = Unit * 5 / 4;
    private const int RoundsWithoutGrowth = 3;
    private const int AggregationRounds = 5;
    private const uint LongestAggregation = 100_000;
    private const uint MostEpochSegments = 1 << 20;

    private long _epochBegan;
    private uint _epochAcknowledged;
    private byte _extraRounds;
    private byte _extraSlot;
    private uint _extraFirst, _extraSecond;

    /// <summary>The gains of the cycle: a probe, the drain of what it queued, and six rounds as they are.</summary>
    private static int CycleGain(int cycle) => cycle switch
    {
        0 => Unit * 5 / 4,
        1 => Unit * 3 / 4,
        _ => Unit,
    };

    private static long DeliveredAt(CongestionContext context) =>
        context.DeliveredAt.IsNever ? 0 : context.DeliveredAt.Nanoseconds / 1000;

    private void UpdateModel(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        UpdateBandwidth(context, sample);
        UpdateAggregation(state, context, sample);
        if (_mode is BbrMode.ProbeBandwidth && IsPhaseOver(state, context, sample))
        {
            AdvanceCycle(context);
        }

        CheckFull(sample);
        CheckDrain(ref state, context);
        UpdateLeastRtt(ref state, context, sample);
        (_pacingGain, _windowGain) = _mode switch
        {
            BbrMode.Startup => (HighGain, HighGain),
            BbrMode.Drain => (DrainGain, HighGain),
            BbrMode.ProbeBandwidth => (_usesLongTerm ? Unit : CycleGain(_cycle), SteadyWindowGain),
            _ => (Unit, Unit),
        };
    }

    private void UpdateBandwidth(CongestionContext context, in RateSample sample)
    {
        _roundBegins = false;
        if (sample.Delivered < 0 || sample.IntervalMicroseconds <= 0)
        {
            return;
        }

        if (unchecked((int)(sample.PriorDelivered - _roundEndDelivered)) >= 0)
        {
            _roundEndDelivered = context.Delivered;
            _rounds++;
            _roundBegins = true;
            _conserves = false;
        }

        SampleLongTerm(context, sample);
        uint bandwidth = (uint)((ulong)sample.Delivered * BandwidthUnit / (ulong)sample.IntervalMicroseconds);

        // A sample of what the application gave says nothing of the network, unless it is higher than what is known.
        if (!sample.ApplicationLimited || bandwidth >= _bandwidth.Value)
        {
            _bandwidth.Add(BandwidthRounds, _rounds, bandwidth);
        }
    }

    /// <summary>How many more segments were acknowledged in an epoch than its bandwidth explains: receivers and links that hold ACKs
    /// back.</summary>
    private void UpdateAggregation(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (sample.AcknowledgedSacked <= 0 || sample.Delivered < 0 || sample.IntervalMicroseconds <= 0)
        {
            return;
        }

        if (_roundBegins)
        {
            _extraRounds = (byte)Math.Min(31, _extraRounds + 1);
            if (_extraRounds >= AggregationRounds)
            {
                _extraRounds = 0;
                _extraSlot ^= 1;
                Extra = 0;
            }
        }

        ulong elapsed = (ulong)Math.Max(0, DeliveredAt(context) - _epochBegan);
        uint expected = (uint)(Bandwidth * elapsed / BandwidthUnit);
        uint acknowledged = (uint)sample.AcknowledgedSacked;
        if (_epochAcknowledged <= expected || _epochAcknowledged + acknowledged >= MostEpochSegments)
        {
            _epochAcknowledged = 0;
            _epochBegan = DeliveredAt(context);
            expected = 0;
        }

        _epochAcknowledged = Math.Min(0xFFFFF, _epochAcknowledged + acknowledged);
        uint extra = Math.Min(_epochAcknowledged - expected, (uint)state.Window);
        if (extra > Extra)
        {
            Extra = extra;
        }
    }

    private ref uint Extra => ref _extraSlot == 0 ? ref _extraFirst : ref _extraSecond;

    private uint WindowForAggregation()
    {
        if (!_isFull)
        {
            return 0;
        }

        uint most = (uint)((ulong)Bandwidth * LongestAggregation / BandwidthUnit);
        return Math.Min(Math.Max(_extraFirst, _extraSecond), most);
    }

    /// <summary>What will be in flight when the next packet leaves: paced packets wait, and meanwhile others arrive.</summary>
    private uint InNetworkAtDeparture(in CongestionState state, CongestionContext context, int inFlight)
    {
        long wait = Math.Max(0, context.NextDeparture.Nanoseconds - context.Now.Nanoseconds) / 1000;
        uint delivered = (uint)((ulong)Bandwidth * (ulong)wait >> BandwidthShift);
        uint then = (uint)inFlight;
        if (_pacingGain > Unit)
        {
            then += OffloadGoal(state, context);
        }

        return delivered >= then ? 0 : then - delivered;
    }

    private bool IsPhaseOver(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        bool isLong = DeliveredAt(context) - _cycleBegan > _leastRtt;
        if (_pacingGain == Unit)
        {
            return isLong;
        }

        uint inFlight = InNetworkAtDeparture(state, context, sample.PriorInFlight);

        // The probe goes on until what it asked for is in flight, or does not fit; the drain until its queue is gone.
        return _pacingGain > Unit
            ? isLong && (sample.Losses > 0 || inFlight >= Inflight(state, context, _bandwidth.Value, _pacingGain))
            : isLong || inFlight <= Inflight(state, context, _bandwidth.Value, Unit);
    }

    private void AdvanceCycle(CongestionContext context)
    {
        _cycle = (byte)((_cycle + 1) % CycleLength);
        _cycleBegan = DeliveredAt(context);
    }

    /// <summary>Anywhere in the cycle but at the drain, which has nothing to drain yet.</summary>
    private void BeginProbingBandwidth(CongestionContext context)
    {
        _mode = BbrMode.ProbeBandwidth;
        _cycle = (byte)(CycleLength - 1 - context.RandomBelow(CycleStarts));
        AdvanceCycle(context);
    }

    /// <summary>The pipe is full when three rounds brought no quarter more.</summary>
    private void CheckFull(in RateSample sample)
    {
        if (_isFull || !_roundBegins || sample.ApplicationLimited)
        {
            return;
        }

        if (_bandwidth.Value >= (uint)((ulong)_fullBandwidth * GrowthThreshold >> 8))
        {
            _fullBandwidth = _bandwidth.Value;
            _roundsWithoutGrowth = 0;
            return;
        }

        _isFull = ++_roundsWithoutGrowth >= RoundsWithoutGrowth;
    }

    private void CheckDrain(ref CongestionState state, CongestionContext context)
    {
        if (_mode is BbrMode.Startup && _isFull)
        {
            _mode = BbrMode.Drain;
            state.Threshold = (int)Inflight(state, context, _bandwidth.Value, Unit);
        }

        if (_mode is BbrMode.Drain && InNetworkAtDeparture(state, context, context.SegmentsInFlight)
            <= Inflight(state, context, _bandwidth.Value, Unit))
        {
            BeginProbingBandwidth(context);
        }
    }

    /// <summary>
    /// The least RTT of ten seconds. When none as small came for so long, the queue may hide it: four segments in flight for 200 ms and a round
    /// trip show it.
    /// </summary>
    private void UpdateLeastRtt(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        long tick = context.Ticks;
        bool expired = tick > _leastRttTick + LeastRttSeconds * context.TicksPerSecond;
        if (sample.RttMicroseconds >= 0
            && (sample.RttMicroseconds <= _leastRtt || (expired && !sample.AckDelayed)))
        {
            _leastRtt = (uint)sample.RttMicroseconds;
            _leastRttTick = tick;
        }

        if (expired && !_restarts && _mode is not BbrMode.ProbeRtt)
        {
            _mode = BbrMode.ProbeRtt;
            SaveWindow(state);
            _probeRttDoneTick = 0;
        }

        if (_mode is BbrMode.ProbeRtt)
        {
            ProbeRtt(ref state, context, tick);
        }

        if (sample.Delivered > 0)
        {
            _restarts = false;
        }
    }

    private void ProbeRtt(ref CongestionState state, CongestionContext context, long tick)
    {
        // The rates of this time are ours, not the network's.
        context.ApplicationLimited = Math.Max(1, context.Delivered + (uint)context.SegmentsInFlight);
        if (_probeRttDoneTick == 0)
        {
            if (context.SegmentsInFlight <= LeastWindow)
            {
                _probeRttDoneTick = tick + context.TicksIn(ProbeRttMilliseconds * 1000);
                _probedARound = false;
                _roundEndDelivered = context.Delivered;
            }

            return;
        }

        _probedARound |= _roundBegins;
        if (_probedARound)
        {
            LeaveProbeRttWhenDone(ref state, context);
        }
    }

    private void LeaveProbeRttWhenDone(ref CongestionState state, CongestionContext context)
    {
        if (_probeRttDoneTick == 0 || context.Ticks <= _probeRttDoneTick)
        {
            return;
        }

        _leastRttTick = context.Ticks;
        state.Window = Math.Max(state.Window, _windowBefore);
        if (_isFull)
        {
            BeginProbingBandwidth(context);
        }
        else
        {
            _mode = BbrMode.Startup;
        }
    }
}
