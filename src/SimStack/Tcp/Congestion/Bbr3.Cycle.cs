namespace SimStack.Tcp.Congestion;

/// <summary>ProbeBW: down, cruise, refill, up, and again; and what is learned of how much the path holds.</summary>
internal sealed partial class Bbr3
{
    private const int MostSlopeRounds = 30;
    private const int MostRenoRounds = 63;
    private const int HeadroomPercent = 15;

    /// <summary>What the ACKs tell of (ack_phase).</summary>
    private enum AckPhase : byte
    {
        /// <summary>No probe.</summary>
        None,

        /// <summary>What was sent to refill the pipe.</summary>
        Refilling,

        /// <summary>What was sent before the probe began.</summary>
        Starting,

        /// <summary>The probe.</summary>
        Feedback,

        /// <summary>The probe still, that is over.</summary>
        Stopping,
    }

    private AckPhase _ackPhase;

    // inflight_longterm, probe_up_acked_per_inc, bw_probe_up_acked, bw_probe_up_rounds
    private int _longTerm;
    private int _perIncrease;
    private long _upAcknowledged;
    private byte _upRounds;

    // rounds_since_probe_up, bw_probe_wait and cycle_stamp in microseconds
    private uint _roundsSinceUp;
    private long _probeWait;
    private long _cycleBegan;

    // prev_probe_too_high, prev_probe_precautionary, is_bw_probe_sample
    private bool _lastProbeTooHigh, _lastProbeCautious, _samplesProbe;

    /// <summary>InflightWithHeadroom.</summary>
    private int WithHeadroom => _longTerm == Infinity
        ? Infinity
        : Math.Max(_longTerm - Math.Max(1, (int)((long)_longTerm * HeadroomPercent / 100)), LeastWindow);

    /// <summary>StartProbeBW_DOWN, PickProbeWait.</summary>
    private void BeginDown(CongestionContext context)
    {
        ResetCongestionSignals();
        _perIncrease = Infinity;
        _roundsSinceUp = (uint)context.RandomBelow(2);
        _probeWait = 2_000_000 + context.RandomBelow(1_000_000);
        _cycleBegan = context.Microseconds;
        _ackPhase = AckPhase.Stopping;
        BeginRound(context);
        _mode = Bbr3Mode.ProbeBandwidthDown;
    }

    /// <summary>StartProbeBW_REFILL.</summary>
    private void BeginRefill(CongestionContext context)
    {
        ResetShortTerm();
        _upRounds = 0;
        _upAcknowledged = 0;
        _lastProbeCautious = false;
        _ackPhase = AckPhase.Refilling;
        BeginRound(context);
        _mode = Bbr3Mode.ProbeBandwidthRefill;
    }

    /// <summary>StartProbeBW_UP.</summary>
    private void BeginUp(in CongestionState state, CongestionContext context)
    {
        _samplesProbe = true;
        _ackPhase = AckPhase.Starting;
        BeginRound(context);
        ResetFull();
        _fullBandwidth = _rate;
        _mode = Bbr3Mode.ProbeBandwidthUp;
        SteepenSlope(state);
    }

    /// <summary>UpdateProbeBWCyclePhase.</summary>
    private void AdvanceCycle(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (!_isFull || AdaptLongTerm(state, context, sample))
        {
            return;
        }

        switch (_mode)
        {
            case Bbr3Mode.ProbeBandwidthDown or Bbr3Mode.ProbeBandwidthCruise when IsTimeToProbe(state, context):
                BeginRefill(context);
                break;
            case Bbr3Mode.ProbeBandwidthDown when context.SegmentsInFlight <= WithHeadroom
                && context.SegmentsInFlight <= Inflight(state, context, MaxBandwidth):
                _mode = Bbr3Mode.ProbeBandwidthCruise;
                break;
            case Bbr3Mode.ProbeBandwidthRefill when _roundBegins:
                BeginUp(state, context);
                break;
            case Bbr3Mode.ProbeBandwidthUp when IsTimeToGoDown(state, context):
                _lastProbeTooHigh = false;
                BeginDown(context);
                break;
        }
    }

    /// <summary>
    /// IsTimeToProbeBW: after two to three seconds, or as many rounds as Reno would take to come back from a loss, so that it can live beside.
    /// </summary>
    private bool IsTimeToProbe(in CongestionState state, CongestionContext context) =>
        context.Microseconds > _cycleBegan + _probeWait || _roundsSinceUp >= Math.Min(Target(state), MostRenoRounds);

    /// <summary>
    /// Where the last probe caused too much loss, this one ends where that did, before it is known what it does; else it goes on until the rate
    /// grows no more, for which the bound must not be what holds it.
    /// </summary>
    private bool IsTimeToGoDown(in CongestionState state, CongestionContext context)
    {
        if (_lastProbeTooHigh && context.SegmentsInFlight >= _longTerm)
        {
            _lastProbeCautious = true;
            return true;
        }

        if (context.WindowFull && state.Window >= _longTerm)
        {
            ResetFull();
            _fullBandwidth = _rate;
            return false;
        }

        return _isFullNow;
    }

    /// <summary>AdaptLongTermModel.</summary>
    /// <returns>True when that decided what comes next.</returns>
    private bool AdaptLongTerm(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (_ackPhase is AckPhase.Starting && _roundBegins)
        {
            _ackPhase = AckPhase.Feedback;
        }

        if (_ackPhase is AckPhase.Stopping && _roundBegins)
        {
            _samplesProbe = false;
            _ackPhase = AckPhase.None;
            if (ProbesBandwidth && !sample.ApplicationLimited)
            {
                ForgetOldBandwidth();
            }

            if (ProbesBandwidth && _lastProbeCautious && !_lastProbeTooHigh)
            {
                // The cautious probe did no harm: a real one at once.
                BeginRefill(context);
                return true;
            }
        }

        if (_longTerm != Infinity && sample.HasPrior
            && !IsInflightTooHigh(context, sample.LostSinceSent, sample.InFlightWhenSent))
        {
            _longTerm = Math.Max(_longTerm, sample.InFlightWhenSent);
            if (_mode is Bbr3Mode.ProbeBandwidthUp)
            {
                RaiseLongTerm(state, context, sample);
            }
        }

        return false;
    }

    /// <summary>RaiseInflightLongtermSlope: 1, 2, 4… segments more in each round.</summary>
    private void SteepenSlope(in CongestionState state)
    {
        _perIncrease = Math.Max(state.Window >> _upRounds, 1);
        _upRounds = (byte)Math.Min(_upRounds + 1, MostSlopeRounds);
    }

    /// <summary>ProbeInflightLongtermUpward.</summary>
    private void RaiseLongTerm(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (!context.WindowFull || state.Window < _longTerm)
        {
            return;
        }

        _upAcknowledged += Math.Max(0, sample.AcknowledgedSacked);
        if (_upAcknowledged >= _perIncrease)
        {
            long steps = _upAcknowledged / _perIncrease;
            _upAcknowledged -= steps * _perIncrease;
            _longTerm = (int)Math.Min(_longTerm + steps, Infinity - 1);
        }

        if (_roundBegins)
        {
            SteepenSlope(state);
        }
    }
}
