using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// CUBIC as Linux 6.18 has it (tcp_cubic.c). Where it departs from RFC 9438: the RTT that the target looks ahead (§4.2) is the least one seen,
/// not the smoothed one; the window for Reno-friendliness (§4.3) grows by whole segments; a spurious loss (§4.9) is undone in the window alone;
/// the growth in congestion avoidance is at most one segment for two acknowledged (§4.4 has 1.5 windows as target, the same bound); before the
/// first loss it is at least one for 20. The threshold after a loss comes from the window where §4.6 has what is in flight.
/// </summary>
internal sealed class Cubic : CongestionControl
{
    private const int BetaScale = 1024;

    // 8 / alpha, alpha = 3 (1 - beta) / (1 + beta), for beta 717/1024; as in Linux it does not follow tcp_cubic.beta.
    private const uint FriendlinessScale = 8 * (1024 + 717) / 3 / (1024 - 717);

    // The same alpha in 2^-20.
    private const ulong FriendlyAlpha = (3UL * (1024 - 717) << 20) / (1024 + 717);

    private Hystart _hystart;
    private HystartPlusPlus _hystartPlusPlus;
    private uint _leastDelay;

    // RFC 9438 §4.1.2: W_max, origin of the curve, K in 1/1024 s, W_est; the epoch's start in ticks, 0 for none.
    private uint _lastMaximum;
    private uint _origin;
    private uint _timeToPlateau;
    private uint _renoWindow;
    private uint _renoAcknowledged;

    // The window before the last reduction, and by the RFC W_est in 2^-20 segments.
    private uint _windowBefore;
    private ulong _exactRenoWindow;
    private long _epoch;
    private uint _lastWindow;
    private long _lastUpdate;
    private uint _acknowledgedPerStep;

    public override string Name => "cubic";

    public override void Initialize(ref CongestionState state, CongestionContext context)
    {
        Reset();
        if (context.Sysctls.CubicHystart)
        {
            _hystart.BeginRound(context);
        }
        else if (context.Sysctls.CubicInitialThreshold != 0)
        {
            state.Threshold = context.Sysctls.CubicInitialThreshold;
        }
    }

    /// <summary>RFC 9438 §4.6 and §4.7 (fast convergence).</summary>
    public override int ThresholdAfterLoss(ref CongestionState state, CongestionContext context)
    {
        uint window = (uint)state.Window, beta = (uint)context.Sysctls.CubicBeta;
        _epoch = 0;
        _windowBefore = window;
        _lastMaximum = window < _lastMaximum && context.Sysctls.CubicFastConvergence
            ? window * (BetaScale + beta) / (2 * BetaScale)
            : window;
        return (int)Math.Max(window * beta / BetaScale, 2);
    }

    public override void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged)
    {
        if (!context.WindowLimited)
        {
            return;
        }

        if (state.InSlowStart)
        {
            acknowledged = context.Sysctls.HystartPlusPlus
                ? _hystartPlusPlus.Grow(ref state, context, acknowledged)
                : state.SlowStart(acknowledged);
            if (acknowledged <= 0)
            {
                return;
            }
        }

        Update(context, (uint)state.Window, (uint)acknowledged);
        state.GrowOncePer((int)_acknowledgedPerStep, acknowledged);
        if (context.Sysctls.CubicByRfc)
        {
            FollowReno(ref state, acknowledged);
        }
    }

    public override void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
        if (next is CongestionPhase.Loss)
        {
            Reset();
            _hystart.BeginRound(context);
        }
    }

    /// <summary>
    /// The application was silent: the curve's time stands still meanwhile, or the window would jump when it goes on (RFC 9438 §5.8).
    /// </summary>
    public override void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
        if (happened is CongestionEvent.TransmissionStart && _epoch != 0 && !context.LastSentAt.IsNever)
        {
            long silent = context.Ticks - context.TicksAt(context.LastSentAt);
            if (silent > 0)
            {
                _epoch = Math.Min(_epoch + silent, context.Ticks);
            }
        }
    }

    public override void Acknowledged(ref CongestionState state, CongestionContext context, in AckSample sample)
    {
        // Right after a reduction the queue that caused it still stands.
        if (sample.RttMicroseconds < 0 || (_epoch != 0 && context.Ticks - _epoch < context.TicksPerSecond))
        {
            return;
        }

        uint delay = (uint)Math.Clamp(sample.RttMicroseconds, 1, uint.MaxValue);
        if (_leastDelay == 0 || _leastDelay > delay)
        {
            _leastDelay = delay;
        }

        if (!state.InSlowStart)
        {
            return;
        }

        if (context.Sysctls.HystartPlusPlus)
        {
            _hystartPlusPlus.Measure(ref state, context, delay);
        }
        else if (!_hystart.Found && context.Sysctls.CubicHystart)
        {
            _hystart.Look(ref state, context, delay, _leastDelay);
        }
    }

    private void Reset()
    {
        _leastDelay = _lastMaximum = _origin = _timeToPlateau = _renoWindow = _renoAcknowledged = _lastWindow = _acknowledgedPerStep = 0;
        _epoch = _lastUpdate = 0;
        _hystart.Found = false;
        _hystartPlusPlus = default;
    }

    /// <summary>How many segments have to be acknowledged for the window to grow by one; reckoned once a tick, and 32 times a second at
    /// least (bictcp_update).</summary>
    private void Update(CongestionContext context, uint window, uint acknowledged)
    {
        long now = context.Ticks;
        _renoAcknowledged += acknowledged;
        if (_lastWindow == window && now - _lastUpdate <= context.TicksPerSecond / 32)
        {
            return;
        }

        // A reduction ends the epoch, which has it reckoned at once.
        if (_epoch == 0 || now != _lastUpdate)
        {
            _lastWindow = window;
            _lastUpdate = now;
            if (_epoch == 0)
            {
                BeginEpoch(now, window, acknowledged);
            }

            FollowCurve(context, window);
        }

        if (context.Sysctls.CubicFriendliness)
        {
            KeepUpWithReno(window);
        }

        _acknowledgedPerStep = Math.Max(_acknowledgedPerStep, 2);
    }

    private void BeginEpoch(long now, uint window, uint acknowledged)
    {
        _epoch = now;
        _renoAcknowledged = acknowledged;
        _renoWindow = window;
        _exactRenoWindow = (ulong)window << 20;
        bool below = window < _lastMaximum;
        _timeToPlateau = below ? CubicCurve.TimeToPlateau(_lastMaximum - window) : 0;
        _origin = below ? _lastMaximum : window;
    }

    /// <summary>Where the curve will be after a round trip, and so how fast the window has to grow (RFC 9438 §4.2, §4.4, §4.5).</summary>
    private void FollowCurve(CongestionContext context, uint window)
    {
        ulong ticks = unchecked((ulong)(context.Ticks - _epoch + context.TicksIn(_leastDelay)));
        ulong time = (ticks << CubicCurve.TimeShift) / (ulong)context.TicksPerSecond;
        bool below = time < _timeToPlateau;
        uint distance = CubicCurve.Distance(below ? _timeToPlateau - time : time - _timeToPlateau);
        uint target = unchecked(below ? _origin - distance : _origin + distance);
        _acknowledgedPerStep = target > window ? window / (target - window) : 100 * window;

        // Before any loss the curve knows no plateau: at least 5 % a round trip.
        if (_lastMaximum == 0)
        {
            _acknowledgedPerStep = Math.Min(_acknowledgedPerStep, 20);
        }
    }

    /// <summary>
    /// RFC 9438 §4.3: what Reno with CUBIC's beta would have by now, W_est, is the least.
    /// </summary>
    private void KeepUpWithReno(uint window)
    {
        uint each = window * FriendlinessScale >> 3;
        if (_renoAcknowledged > each)
        {
            uint steps = (_renoAcknowledged - 1) / each;
            _renoAcknowledged -= steps * each;
            _renoWindow += steps;
        }

        if (_renoWindow > window)
        {
            _acknowledgedPerStep = Math.Min(_acknowledgedPerStep, window / (_renoWindow - window));
        }
    }

    /// <summary>
    /// RFC 9438 §4.3 to the letter: W_est grows by alpha for a window acknowledged, by 1 once it has reached the window before the loss, and is
    /// the least that the window is.
    /// </summary>
    private void FollowReno(ref CongestionState state, int acknowledged)
    {
        bool recovered = _exactRenoWindow >= (ulong)_windowBefore << 20;
        _exactRenoWindow += (recovered ? 1UL << 20 : FriendlyAlpha) * (uint)acknowledged / (uint)state.Window;
        state.Window = Math.Min(Math.Max(state.Window, (int)(_exactRenoWindow >> 20)), state.Clamp);
    }
}
