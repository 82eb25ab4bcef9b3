using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>What losses tell BBRv3: that a probe went too far, or that the path became narrower for a while; and that they were none.</summary>
internal sealed partial class Bbr3
{
    /// <summary>LossThresh, 2 %: more than one segment of fifty.</summary>
    private const int LossThreshold = 50;

    /// <summary>BBRStartupFullLossCnt.</summary>
    private const int StartupLossRanges = 6;

    // bw_shortterm, inflight_shortterm, bw_latest, inflight_latest
    private uint _shortTermBandwidth;
    private int _shortTerm;
    private uint _bandwidthLatest;
    private int _inflightLatest;

    // is_loss_in_round, loss_round_start, loss_round_delivered
    private bool _lossInRound;
    private bool _lossRoundBegins;
    private uint _lossRoundDelivered;

    // Separate stretches of sequence space that were lost in the round, and where the last one ends.
    private int _lostRanges;
    private SequenceNumber _lostUpTo;

    // undo_state, undo_bw_shortterm, undo_inflight_shortterm, undo_inflight_longterm
    private Bbr3Mode? _undoMode;
    private uint _undoShortTermBandwidth;
    private int _undoShortTerm, _undoLongTerm;
    private bool _saved;

    /// <summary>HandleLostPacket, NoteLoss.</summary>
    public override void SegmentLost(ref CongestionState state, CongestionContext context, in LostSegment lost)
    {
        if (state.Phase < CongestionPhase.Recovery)
        {
            SaveOnce(state);
        }

        if (!_lossInRound)
        {
            _lossRoundDelivered = context.Delivered;
            _lossInRound = true;
        }

        if (_lostRanges == 0 || lost.Seq != _lostUpTo)
        {
            _lostRanges = Math.Min(_lostRanges + 1, StartupLossRanges);
        }

        _lostUpTo = lost.End;
        if (!_samplesProbe)
        {
            return;
        }

        int since = (ushort)(context.Lost - lost.Stamp.Lost);
        if (IsInflightTooHigh(context, since, lost.Stamp.InFlight))
        {
            GoDownForLoss(ref state, context, InflightAtLoss(since, lost.Stamp.InFlight), lost.Stamp.IsApplicationLimited);
        }
    }

    /// <summary>HandleSpuriousLossDetection.</summary>
    public override int WindowAfterUndo(ref CongestionState state, CongestionContext context)
    {
        _lossInRound = false;
        ResetFull();
        _shortTermBandwidth = Math.Max(_shortTermBandwidth, _undoShortTermBandwidth);
        _shortTerm = Math.Max(_shortTerm, _undoShortTerm);
        _longTerm = Math.Max(_longTerm, _undoLongTerm);
        if (_undoMode is Bbr3Mode.Startup && _mode is not Bbr3Mode.Startup)
        {
            _isFull = false;
            _mode = _mode is Bbr3Mode.ProbeRtt ? _mode : Bbr3Mode.Startup;
        }
        else if (_undoMode is Bbr3Mode.ProbeBandwidthUp && _mode is not (Bbr3Mode.ProbeBandwidthUp or Bbr3Mode.ProbeRtt))
        {
            BeginRefill(context);
        }

        _undoMode = null;
        return Math.Max(state.Window, _windowBefore);
    }

    /// <summary>IsInflightTooHigh.</summary>
    private static bool IsInflightTooHigh(CongestionContext context, int lost, int inflight) =>
        (long)lost * LossThreshold > inflight || (lost > 0 && !context.HasSack);

    /// <summary>With how much in flight the losses passed the threshold: perhaps in the middle of what was sent at once.</summary>
    private static int InflightAtLoss(int lost, int inflight)
    {
        int before = Math.Max(inflight - 1, 0), lostBefore = lost - 1;
        // (LossThresh * inflight_prev - lost_prev) / (1 - LossThresh), in segments.
        int prefix = (before - lostBefore * LossThreshold) / (LossThreshold - 1);
        return before + Math.Max(prefix, 0);
    }

    /// <summary>HandleInflightTooHigh: once for each probe.</summary>
    private void GoDownForLoss(ref CongestionState state, CongestionContext context, int inflight, bool applicationLimited)
    {
        _lastProbeTooHigh = true;
        _samplesProbe = false;
        if (!applicationLimited)
        {
            // Not more than what CUBIC would take off.
            _longTerm = Math.Max(inflight, ShortOf(Target(state)));
        }

        if (_mode is Bbr3Mode.ProbeBandwidthUp)
        {
            _undoMode = Bbr3Mode.ProbeBandwidthUp;
            BeginDown(context);
        }
    }

    /// <summary>CheckStartupHighLoss: a round in recovery, with more than 2 % lost, in six places at least; without SACK any loss.</summary>
    private void CheckLossInStartup(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        if (_mode is Bbr3Mode.Startup && state.Phase is CongestionPhase.Recovery && IsStartupLossHigh(context, sample))
        {
            _undoMode = Bbr3Mode.Startup;
            _isFull = _isFullNow = true;
            _longTerm = Math.Max(Saturated(Product(Bandwidth, Unit)), _inflightLatest);
        }

        if (_lossRoundBegins)
        {
            _lostRanges = 0;
        }
    }

    private bool IsStartupLossHigh(CongestionContext context, in RateSample sample) => context.HasSack
        ? _lossRoundBegins && _lostRanges >= StartupLossRanges
            && IsInflightTooHigh(context, sample.LostSinceSent, sample.InFlightWhenSent)
        : sample.Losses > 0;

    /// <summary>UpdateLatestDeliverySignals.</summary>
    private void TakeLatestSignals(CongestionContext context, in RateSample sample)
    {
        _lossRoundBegins = false;
        _bandwidthLatest = Math.Max(_bandwidthLatest, _rate);
        _inflightLatest = Math.Max(_inflightLatest, sample.Delivered);
        if (sample.HasPrior && sample.Delivered >= 0 && unchecked((int)(sample.PriorDelivered - _lossRoundDelivered)) >= 0)
        {
            _lossRoundDelivered = context.Delivered;
            _lossRoundBegins = true;
        }
    }

    /// <summary>UpdateCongestionSignals, AdaptLowerBoundsFromCongestion: once a round, unless it is probed for more.</summary>
    private void TakeCongestionSignals(in CongestionState state, CongestionContext context, in RateSample sample)
    {
        MeasureBandwidth(context, sample);
        if (!_lossRoundBegins)
        {
            return;
        }

        if (_lossInRound && _mode is not (Bbr3Mode.Startup or Bbr3Mode.ProbeBandwidthRefill or Bbr3Mode.ProbeBandwidthUp))
        {
            uint bandwidth = _shortTermBandwidth == uint.MaxValue ? MaxBandwidth : _shortTermBandwidth;
            int inflight = _shortTerm == Infinity ? state.Window : _shortTerm;
            _shortTermBandwidth = Math.Max(_bandwidthLatest, (uint)((ulong)bandwidth * 7 / 10));
            _shortTerm = Math.Max(_inflightLatest, ShortOf(inflight));
        }

        _lossInRound = false;
    }

    private void ResetCongestionSignals()
    {
        _lossInRound = false;
        _bandwidthLatest = 0;
        _inflightLatest = 0;
    }

    /// <summary>ResetShortTermModel.</summary>
    private void ResetShortTerm()
    {
        _shortTermBandwidth = uint.MaxValue;
        _shortTerm = Infinity;
    }

    /// <summary>Beta, 0.7.</summary>
    private static int ShortOf(int inflight) => (int)((long)inflight * 7 / 10);

    /// <summary>SaveStateUponLoss, when an episode begins.</summary>
    private void SaveOnce(in CongestionState state)
    {
        if (_saved)
        {
            return;
        }

        SaveWindow(state);
        _saved = true;
        _undoMode = null;
        _undoShortTermBandwidth = _shortTermBandwidth;
        _undoShortTerm = _shortTerm;
        _undoLongTerm = _longTerm;
    }
}
