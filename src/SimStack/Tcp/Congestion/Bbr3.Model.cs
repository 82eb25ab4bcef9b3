namespace SimStack.Tcp.Congestion;

/// <summary>What BBRv3 takes the path for: rounds, bandwidth, least RTT, aggregation, and whether the pipe is full.</summary>
internal sealed partial class Bbr3
{
    private const int GrowthThreshold = Unit * 5 / 4;
    private const int RoundsWithoutGrowth = 3;
    private const int DrainRounds = 3;
    private const uint AggregationRounds = 10;
    private const long ProbeRttMicroseconds = 200_000;
    private const long ProbeRttInterval = 5_000_000;
    private const long LeastRttWindow = 10_000_000;

    private WindowedMaximum _extra;

    // RS.delivery_rate; 0 without a sample.
    private uint _rate;

    // max_bw's filter: the largest of the cycle before and of this one.
    private uint _maximumBefore, _maximum;

    // full_bw, full_bw_count, full_bw_now, full_bw_reached
    private uint _fullBandwidth;
    private byte _roundsWithoutGrowth;
    private bool _isFullNow, _isFull;

    // round_count, round_start, next_round_delivered, drain_start_round
    private uint _rounds;
    private bool _roundBegins;
    private uint _roundEndDelivered;
    private uint _drainBegan;

    // min_rtt, probe_rtt_min_delay, microseconds
    private uint _leastRtt, _probeRttLeast;
    private long _leastRttAt, _probeRttLeastAt;
    private bool _probeRttExpired;
    private long _probeRttDoneAt;
    private bool _probedARound;

    // extra_acked
    private long _extraBegan;
    private ulong _extraDelivered;

    private uint Bandwidth { get; set; }

    private uint MaxBandwidth => Math.Max(_maximumBefore, _maximum);

    private void Measure(in RateSample sample) =>
        _rate = sample.Delivered > 0 && sample.IntervalMicroseconds > 0
            ? (uint)Math.Min((ulong)sample.Delivered * BandwidthUnit / (ulong)sample.IntervalMicroseconds, uint.MaxValue)
            : 0;

    /// <summary>StartRound.</summary>
    private void BeginRound(CongestionContext context) => _roundEndDelivered = context.Delivered;

    /// <summary>UpdateRound, UpdateMaxBw.</summary>
    private void MeasureBandwidth(CongestionContext context, in RateSample sample)
    {
        _roundBegins = sample.Delivered >= 0 && sample.HasPrior && unchecked((int)(sample.PriorDelivered - _roundEndDelivered)) >= 0;
        if (_roundBegins)
        {
            BeginRound(context);
            _rounds++;
            _roundsSinceUp++;
        }

        if (_rate > 0 && (!sample.ApplicationLimited || _rate >= MaxBandwidth))
        {
            _maximum = Math.Max(_maximum, _rate);
        }
    }

    /// <summary>AdvanceMaxBwFilter; a cycle without samples makes nothing old.</summary>
    private void ForgetOldBandwidth()
    {
        if (_maximum != 0)
        {
            _maximumBefore = _maximum;
            _maximum = 0;
        }
    }

    /// <summary>UpdateACKAggregation: how much more is acknowledged at a time than the bandwidth explains.</summary>
    private void MeasureAggregation(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (sample.AcknowledgedSacked <= 0)
        {
            return;
        }

        ulong interval = (ulong)Math.Clamp(context.Microseconds - _extraBegan, 0, uint.MaxValue);
        ulong expected = Bandwidth * interval >> BandwidthShift;
        if (_extraDelivered <= expected)
        {
            _extraDelivered = 0;
            _extraBegan = context.Microseconds;
            expected = 0;
        }

        _extraDelivered += (uint)sample.AcknowledgedSacked;
        _extra.Add(_isFull ? AggregationRounds : 1, _rounds, (uint)Math.Min(_extraDelivered - expected, (uint)state.Window));
    }

    private void ResetFull()
    {
        _fullBandwidth = 0;
        _roundsWithoutGrowth = 0;
        _isFullNow = false;
    }

    /// <summary>CheckFullBWReached: three rounds brought no quarter more.</summary>
    private void CheckFull(in RateSample sample)
    {
        if (_isFullNow || !_roundBegins || sample.ApplicationLimited || _rate == 0)
        {
            return;
        }

        if (_rate >= (ulong)_fullBandwidth * GrowthThreshold >> 8)
        {
            ResetFull();
            _fullBandwidth = _rate;
            return;
        }

        _isFullNow = ++_roundsWithoutGrowth >= RoundsWithoutGrowth;
        _isFull |= _isFullNow;
    }

    /// <summary>CheckStartupDone, EnterDrain.</summary>
    private void CheckStartup(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        CheckLossInStartup(state, context, sample);
        if (_mode is Bbr3Mode.Startup && _isFull)
        {
            _mode = Bbr3Mode.Drain;
            _drainBegan = _rounds;
        }
    }

    /// <summary>CheckDrainDone.</summary>
    private void CheckDrain(in CongestionState state, CongestionContext context)
    {
        if (_mode is Bbr3Mode.Drain
            && (context.SegmentsInFlight <= Inflight(state, context, Bandwidth) || _rounds - _drainBegan > DrainRounds))
        {
            BeginDown(context);
        }
    }

    /// <summary>UpdateMinRTT.</summary>
    private void MeasureLeastRtt(CongestionContext context, in RateSample sample)
    {
        long now = context.Microseconds;
        _probeRttExpired = now > _probeRttLeastAt + ProbeRttInterval;
        if (sample.RttMicroseconds >= 0 && (sample.RttMicroseconds < _probeRttLeast || _probeRttExpired))
        {
            _probeRttLeast = (uint)sample.RttMicroseconds;
            _probeRttLeastAt = now;
        }

        if (_probeRttLeast < _leastRtt || now > _leastRttAt + LeastRttWindow)
        {
            _leastRtt = _probeRttLeast;
            _leastRttAt = _probeRttLeastAt;
        }
    }

    private void CheckProbeRtt(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (_mode is not Bbr3Mode.ProbeRtt && _probeRttExpired && !_restarts)
        {
            SaveWindow(state);
            _mode = Bbr3Mode.ProbeRtt;
            _probeRttDoneAt = 0;
            _ackPhase = AckPhase.Stopping;
            BeginRound(context);
        }

        if (_mode is Bbr3Mode.ProbeRtt)
        {
            ProbeRtt(ref state, context);
        }

        if (sample.Delivered > 0)
        {
            _restarts = false;
        }
    }

    /// <summary>HandleProbeRTT.</summary>
    private void ProbeRtt(ref CongestionState state, CongestionContext context)
    {
        // The rates of this time are ours, not the network's.
        context.ApplicationLimited = Math.Max(1, context.Delivered + (uint)context.SegmentsInFlight);
        if (_probeRttDoneAt == 0)
        {
            if (context.SegmentsInFlight <= ProbeRttWindow)
            {
                _probeRttDoneAt = context.Microseconds + ProbeRttMicroseconds;
                _probedARound = false;
                BeginRound(context);
            }

            return;
        }

        _probedARound |= _roundBegins;
        if (_probedARound)
        {
            LeaveProbeRttWhenDone(ref state, context);
        }
    }

    /// <summary>CheckProbeRTTDone, ExitProbeRTT.</summary>
    private void LeaveProbeRttWhenDone(ref CongestionState state, CongestionContext context)
    {
        if (_probeRttDoneAt == 0 || context.Microseconds <= _probeRttDoneAt)
        {
            return;
        }

        _probeRttLeastAt = context.Microseconds;
        state.Window = Math.Max(state.Window, _windowBefore);
        ResetShortTerm();
        if (_isFull)
        {
            // The clock of the cycle begins anew; the queue is empty already.
            BeginDown(context);
            _mode = Bbr3Mode.ProbeBandwidthCruise;
        }
        else
        {
            _mode = Bbr3Mode.Startup;
        }
    }
}
