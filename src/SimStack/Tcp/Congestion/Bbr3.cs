using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// BBR, version 3, by its draft (draft-ietf-ccwg-bbr, as of August 2026); Linux has version 1 only. The names in parentheses are the draft's.
/// Counted in segments, as everything here; gains are in 1/256, bandwidth in segments per microsecond times 2^24. The state that a loss would
/// change is saved once for an episode of loss recovery, where the draft's pseudocode does so in each of its rounds: its text has the former.
/// </summary>
internal sealed partial class Bbr3 : CongestionControl
{
    private const int Unit = Bbr.Unit;
    private const int BandwidthShift = Bbr.BandwidthShift;
    private const uint BandwidthUnit = Bbr.BandwidthUnit;

    /// <summary>Not bounded.</summary>
    private const int Infinity = int.MaxValue;

    // StartupPacingGain 2.77, DrainPacingGain, those of ProbeBW_DOWN and ProbeBW_UP; DefaultCwndGain, that of ProbeBW_UP, ProbeRTTCwndGain.
    private const int StartupGain = Unit * 277 / 100 + 1;
    private const int DrainGain = Unit / 2;
    private const int DownGain = Unit * 9 / 10;
    private const int UpGain = Unit * 5 / 4;
    private const int WindowGain = Unit * 2;
    private const int UpWindowGain = Unit * 9 / 4;
    private const int ProbeRttWindowGain = Unit / 2;

    /// <summary>MinPipeCwnd.</summary>
    private const int LeastWindow = 4;

    private const int FirstWindow = 10;

    private Bbr3Mode _mode;
    private bool _knowsRtt;

    // C.cwnd before recovery or ProbeRTT (prior_cwnd).
    private int _windowBefore;

    // idle_restart
    private bool _restarts;

    public override string Name => "bbr3";

    public Bbr3() => ControlsWindow = true;

    public override bool WantsLosses => true;

    public override int SendBufferWindows => 3;

    /// <summary>OnInit.</summary>
    public override void Initialize(ref CongestionState state, CongestionContext context)
    {
        state.Threshold = int.MaxValue;
        _leastRtt = _probeRttLeast = context.SmoothedRtt8 != 0 ? (uint)context.SmoothedRtt8 >> 3 : uint.MaxValue;
        _leastRttAt = _probeRttLeastAt = context.Microseconds;
        _extraBegan = context.Microseconds;
        _roundEndDelivered = context.Delivered;
        _longTerm = Infinity;
        _perIncrease = Infinity;
        _extra.Reset(0, 0);
        ResetShortTerm();
        PaceByRtt(ref state, context);
        context.NeedsPacing = true;
    }

    /// <summary>Loss recovery begins: window and model are saved. The threshold means nothing here.</summary>
    public override int ThresholdAfterLoss(ref CongestionState state, CongestionContext context)
    {
        SaveOnce(state);
        return state.Threshold;
    }

    /// <summary>Nothing: <see cref="Control"/> sets the window.</summary>
    public override void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged)
    {
    }

    /// <summary>UpdateOnACK.</summary>
    public override void Control(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        Measure(sample);
        TakeLatestSignals(context, sample);
        TakeCongestionSignals(state, context, sample);
        MeasureAggregation(state, context, sample);
        CheckFull(sample);
        CheckStartup(state, context, sample);
        CheckDrain(state, context);
        AdvanceCycle(ref state, context, sample);
        MeasureLeastRtt(context, sample);
        CheckProbeRtt(ref state, context, sample);
        if (_lossRoundBegins)
        {
            // AdvanceLatestDeliverySignals
            _bandwidthLatest = _rate;
            _inflightLatest = Math.Max(0, sample.Delivered);
        }

        Bandwidth = Math.Min(MaxBandwidth, _shortTermBandwidth);
        Pace(ref state, context, PacingGain);
        SetWindow(ref state, context, sample);
    }

    public override void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
        if (state.Phase >= CongestionPhase.Recovery && next < CongestionPhase.Recovery)
        {
            state.Window = Math.Max(state.Window, _windowBefore);
            _saved = false;
        }
        else if (next is CongestionPhase.Recovery or CongestionPhase.Loss)
        {
            SaveOnce(state);
        }
    }

    /// <summary>HandleRestartFromIdle.</summary>
    public override void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
        if (happened is not CongestionEvent.TransmissionStart || context.ApplicationLimited == 0)
        {
            return;
        }

        _restarts = true;
        _extraBegan = context.Microseconds;
        if (ProbesBandwidth)
        {
            Pace(ref state, context, Unit);
        }
        else if (_mode is Bbr3Mode.ProbeRtt)
        {
            LeaveProbeRttWhenDone(ref state, context);
        }
    }

    /// <summary>The quantum is two segments at least (SetSendQuantum).</summary>
    public override int LeastOffloadSegments(in CongestionState state, CongestionContext context, int setting) => 2;

    public override int WriteInfo(Span<byte> to, CongestionContext context)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, (ulong)Bandwidth * (uint)context.Mss * 1_000_000 >> BandwidthShift);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], _leastRtt);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], PacingGain);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], CurrentWindowGain);
        return 20;
    }

    /// <summary>For tests: where it is, and what it takes the path for.</summary>
    internal Bbr3Mode Mode => _mode;

    internal int LongTermInflight => _longTerm;

    internal int ShortTermInflight => _shortTerm;

    internal bool IsFull => _isFull;

    private bool ProbesBandwidth => _mode is >= Bbr3Mode.ProbeBandwidthDown and <= Bbr3Mode.ProbeBandwidthUp;

    private int PacingGain => _mode switch
    {
        Bbr3Mode.Startup => StartupGain,
        Bbr3Mode.Drain => DrainGain,
        Bbr3Mode.ProbeBandwidthDown => DownGain,
        Bbr3Mode.ProbeBandwidthUp => UpGain,
        _ => Unit,
    };

    private int CurrentWindowGain => _mode switch
    {
        Bbr3Mode.ProbeBandwidthUp => UpWindowGain,
        Bbr3Mode.ProbeRtt => ProbeRttWindowGain,
        _ => WindowGain,
    };

    /// <summary>InitPacingRate: a window in an RTT, or in 1 ms while none is known.</summary>
    private void PaceByRtt(ref CongestionState state, CongestionContext context)
    {
        _knowsRtt = context.SmoothedRtt8 != 0;
        uint rtt = _knowsRtt ? (uint)Math.Max(context.SmoothedRtt8 >> 3, 1) : 1000;
        state.PacingRate = Bbr.PacingRateOf(context, (ulong)state.Window * BandwidthUnit / rtt, StartupGain);
    }

    /// <summary>SetPacingRateWithGain: until the pipe was full once a lower rate is the application's.</summary>
    private void Pace(ref CongestionState state, CongestionContext context, int gain)
    {
        if (!_knowsRtt && context.SmoothedRtt8 != 0)
        {
            PaceByRtt(ref state, context);
        }

        long rate = Bbr.PacingRateOf(context, Bandwidth, gain);
        if (_isFull || rate > state.PacingRate)
        {
            state.PacingRate = rate;
        }
    }

    /// <summary>SetCwnd, BoundCwndForProbeRTT, BoundCwndForModel.</summary>
    private void SetWindow(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        int acknowledged = Math.Max(0, sample.AcknowledgedSacked);
        int window = state.Window;
        int most = WithOffloadBudget(state, context, Saturated(Product(Bandwidth, CurrentWindowGain) + _extra.Value));
        if (_isFull)
        {
            window = Math.Min(window + acknowledged, most);
        }
        else if (window < most || context.Delivered < FirstWindow)
        {
            window += acknowledged;
        }

        window = Math.Max(window, LeastWindow);
        if (_mode is Bbr3Mode.ProbeRtt)
        {
            window = Math.Min(window, ProbeRttWindow);
        }

        int cap = _mode switch
        {
            Bbr3Mode.ProbeBandwidthCruise or Bbr3Mode.ProbeRtt => WithHeadroom,
            _ when ProbesBandwidth => _longTerm,
            _ => Infinity,
        };
        cap = Math.Max(Math.Min(cap, _shortTerm), LeastWindow);
        state.Window = Math.Min(Math.Min(window, cap), state.Clamp);
    }

    /// <summary>Segments that bandwidth and least RTT hold, times the gain, rounded up (BDPMultiple).</summary>
    private ulong Product(uint bandwidth, int gain) => _leastRtt == uint.MaxValue
        ? FirstWindow
        : ((ulong)((UInt128)((ulong)bandwidth * _leastRtt) * (uint)gain >> 8) + BandwidthUnit - 1) >> BandwidthShift;

    /// <summary>QuantizationBudget: three quanta, at the sender's queue, its segmentation and the receiver, find room.</summary>
    private int WithOffloadBudget(in CongestionState state, CongestionContext context, int inflight)
    {
        long quantum = Math.Max(Math.Min(state.PacingRate / 1000, 65_536) / context.Mss, 2);
        inflight = Math.Max(Math.Max(inflight, (int)(3 * quantum)), LeastWindow);
        return _mode is Bbr3Mode.ProbeBandwidthUp ? inflight + 2 : inflight;
    }

    private int Inflight(in CongestionState state, CongestionContext context, uint bandwidth) =>
        WithOffloadBudget(state, context, Saturated(Product(bandwidth, Unit)));

    private static int Saturated(ulong segments) => (int)Math.Min(segments, int.MaxValue / 4);

    private int ProbeRttWindow => Math.Max(Saturated(Product(Bandwidth, ProbeRttWindowGain)), LeastWindow);

    /// <summary>TargetInflight.</summary>
    private int Target(in CongestionState state) => Math.Min(Saturated(Product(Bandwidth, Unit)), state.Window);

    private void SaveWindow(in CongestionState state) =>
        _windowBefore = state.Phase < CongestionPhase.Recovery && _mode is not Bbr3Mode.ProbeRtt
            ? state.Window
            : Math.Max(_windowBefore, state.Window);
}
