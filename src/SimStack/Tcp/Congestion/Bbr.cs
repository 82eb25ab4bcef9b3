using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// BBR, version 1, as Linux has it (tcp_bbr.c; Cardwell and others, "BBR: Congestion-Based Congestion Control", ACM Queue 14.5): paces by the
/// largest delivery rate of ten rounds, and holds as much in flight as that rate and the least RTT of ten seconds make, times a gain. Gains are in
/// 1/256, bandwidth in segments per microsecond times 2^24.
/// </summary>
internal sealed partial class Bbr : CongestionControl
{
    internal const int Unit = 256;
    internal const int BandwidthShift = 24;
    internal const uint BandwidthUnit = 1 << BandwidthShift;

    // 2/ln 2: what doubles the rate each round; and its inverse.
    private const int HighGain = Unit * 2885 / 1000 + 1;
    private const int DrainGain = Unit * 1000 / 2885;
    private const int SteadyWindowGain = Unit * 2;

    private const int CycleLength = 8;
    private const int CycleStarts = 7;
    private const int LeastWindow = 4;
    private const int FirstWindow = 10;
    private const int ProbeRttMilliseconds = 200;
    private const int LeastRttSeconds = 10;
    private const long LeastOffloadRate = 1_200_000 / 8;
    private const int MarginPercent = 1;

    private BbrMode _mode;
    private CongestionPhase _previousPhase;
    private byte _cycle;
    private bool _conserves;
    private bool _roundBegins;
    private bool _restarts;
    private bool _probedARound;
    private bool _knowsRtt;
    private bool _isFull;
    private byte _roundsWithoutGrowth;
    private int _pacingGain = HighGain;
    private int _windowGain = HighGain;

    private WindowedMaximum _bandwidth;
    private uint _rounds;
    private uint _roundEndDelivered;
    private uint _fullBandwidth;
    private uint _leastRtt = uint.MaxValue;
    private long _leastRttTick;
    private long _probeRttDoneTick;
    private long _cycleBegan;
    private int _windowBefore;

    public Bbr() => ControlsWindow = true;

    public override string Name => "bbr";

    /// <summary>Recovery may begin with a slow start, which takes three windows.</summary>
    public override int SendBufferWindows => 3;

    public override void Initialize(ref CongestionState state, CongestionContext context)
    {
        state.Threshold = int.MaxValue;
        _leastRtt = context.LeastRttMicroseconds;
        _leastRttTick = context.Ticks;
        _previousPhase = CongestionPhase.Open;
        _roundEndDelivered = context.Delivered;
        _bandwidth.Reset(0, 0);
        PaceByRtt(ref state, context);
        ResetLongTerm(context);
        _mode = BbrMode.Startup;
        _epochBegan = context.Microseconds;
        context.NeedsPacing = true;
    }

    /// <summary>The window is saved for later; the threshold means nothing here.</summary>
    public override int ThresholdAfterLoss(ref CongestionState state, CongestionContext context)
    {
        SaveWindow(state);
        return state.Threshold;
    }

    /// <summary>Nothing: <see cref="Control"/> sets the window.</summary>
    public override void Avoid(ref CongestionState state, CongestionContext context, SequenceNumber ack, int acknowledged)
    {
    }

    public override void Control(ref CongestionState state, CongestionContext context, in RateSample sample)
    {
        UpdateModel(ref state, context, sample);
        uint bandwidth = Bandwidth;
        Pace(ref state, context, bandwidth, _pacingGain);
        SetWindow(ref state, context, sample, bandwidth);
    }

    public override void PhaseChanges(ref CongestionState state, CongestionContext context, CongestionPhase next)
    {
        if (next is CongestionPhase.Loss)
        {
            _previousPhase = CongestionPhase.Loss;
            _fullBandwidth = 0;
            // A timeout ends a round.
            _roundBegins = true;
            SampleLongTerm(context, new RateSample { Losses = 1 });
        }
    }

    public override void Happened(ref CongestionState state, CongestionContext context, CongestionEvent happened)
    {
        if (happened is not CongestionEvent.TransmissionStart || context.ApplicationLimited == 0)
        {
            return;
        }

        _restarts = true;
        _epochBegan = context.Microseconds;
        _epochAcknowledged = 0;
        if (_mode is BbrMode.ProbeBandwidth)
        {
            // Nothing is in the way: no need to go faster than what is known.
            Pace(ref state, context, Bandwidth, Unit);
        }
        else if (_mode is BbrMode.ProbeRtt)
        {
            LeaveProbeRttWhenDone(ref state, context);
        }
    }

    /// <summary>What seemed a loss was none: the search for the full pipe begins again. The window was not reduced for it.</summary>
    public override int WindowAfterUndo(ref CongestionState state, CongestionContext context)
    {
        _fullBandwidth = 0;
        _roundsWithoutGrowth = 0;
        ResetLongTerm(context);
        return state.Window;
    }

    public override int LeastOffloadSegments(in CongestionState state, CongestionContext context, int setting) =>
        LeastOffloadSegments(state);

    public override int WriteInfo(Span<byte> to, CongestionContext context)
    {
        ulong rate = (ulong)Bandwidth * (uint)context.Mss * 1_000_000 >> BandwidthShift;
        BinaryPrimitives.WriteUInt64LittleEndian(to, rate);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], _leastRtt);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], _pacingGain);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], _windowGain);
        return 20;
    }

    private uint Bandwidth => _usesLongTerm ? _longTermBandwidth : _bandwidth.Value;

    private static int LeastOffloadSegments(in CongestionState state) => state.PacingRate < LeastOffloadRate ? 1 : 2;

    /// <summary>Bytes per second, a percent below what was asked for, so that on the average no queue stays.</summary>
    private static ulong BytesPerSecond(CongestionContext context, ulong bandwidth, int gain) =>
        unchecked((bandwidth * (uint)context.Mss * (uint)gain >> 8) * (1_000_000 / 100 * (100 - MarginPercent)) >> BandwidthShift);

    /// <summary>The same, within what SO_MAX_PACING_RATE allows.</summary>
    internal static long PacingRateOf(CongestionContext context, ulong bandwidth, int gain) =>
        (long)Math.Min(BytesPerSecond(context, bandwidth, gain), (ulong)context.MaxPacingRate);

    /// <summary>The first rate: a window in an RTT, or in 1 ms while none is known.</summary>
    private void PaceByRtt(ref CongestionState state, CongestionContext context)
    {
        uint rtt = 1000;
        if (context.SmoothedRtt8 != 0)
        {
            rtt = (uint)Math.Max(context.SmoothedRtt8 >> 3, 1);
            _knowsRtt = true;
        }

        state.PacingRate = PacingRateOf(context, (ulong)state.Window * BandwidthUnit / rtt, HighGain);
    }

    private void Pace(ref CongestionState state, CongestionContext context, uint bandwidth, int gain)
    {
        long rate = PacingRateOf(context, bandwidth, gain);
        if (!_knowsRtt && context.SmoothedRtt8 != 0)
        {
            PaceByRtt(ref state, context);
        }

        // Until the pipe was full once a lower rate is the application's, or a small sample.
        if (_isFull || rate > state.PacingRate)
        {
            state.PacingRate = rate;
        }
    }

    private void SaveWindow(in CongestionState state) =>
        _windowBefore = _previousPhase < CongestionPhase.Recovery && _mode is not BbrMode.ProbeRtt
            ? state.Window
            : Math.Max(_windowBefore, state.Window);

    /// <summary>Segments that bandwidth and least RTT hold, times the gain, rounded up.</summary>
    private uint Product(uint bandwidth, int gain)
    {
        if (_leastRtt == uint.MaxValue)
        {
            return FirstWindow;
        }

        ulong product = unchecked((ulong)bandwidth * _leastRtt * (uint)gain) >> 8;
        return (uint)((product + BandwidthUnit - 1) / BandwidthUnit);
    }

    /// <summary>
    /// What ends hold besides: an offload packet in the queue, one in the device and one at the receiver; even, for ACKs of every second
    /// segment; and a little more where the probe must show above the least windows.
    /// </summary>
    private uint WithQuantum(in CongestionState state, CongestionContext context, uint window)
    {
        window += 3 * OffloadGoal(state, context);
        window = (window + 1) & ~1u;
        return _mode is BbrMode.ProbeBandwidth && _cycle == 0 ? window + 2 : window;
    }

    private static uint OffloadGoal(in CongestionState state, CongestionContext context)
    {
        long bytes = Math.Min(state.PacingRate >> 10, 65_215);
        return (uint)Math.Min(Math.Max(bytes / context.Mss, LeastOffloadSegments(state)), 127);
    }

    private uint Inflight(in CongestionState state, CongestionContext context, uint bandwidth, int gain) =>
        WithQuantum(state, context, Product(bandwidth, gain));

    private void SetWindow(ref CongestionState state, CongestionContext context, in RateSample sample, uint bandwidth)
    {
        int acknowledged = sample.AcknowledgedSacked;
        int window = state.Window;
        if (acknowledged > 0 && !FollowRecovery(state, context, sample, acknowledged, ref window))
        {
            uint target = WithQuantum(state, context, Product(bandwidth, _windowGain) + WindowForAggregation());
            if (_isFull)
            {
                window = (int)Math.Min((uint)(window + acknowledged), target);
            }
            else if ((uint)window < target || context.Delivered < FirstWindow)
            {
                window += acknowledged;
            }

            window = Math.Max(window, LeastWindow);
        }

        state.Window = Math.Min(window, state.Clamp);
        if (_mode is BbrMode.ProbeRtt)
        {
            state.Window = Math.Min(state.Window, LeastWindow);
        }
    }

    /// <summary>
    /// In the first round of recovery a segment is sent for each delivered; then up to two. Afterwards the window from before holds again.
    /// </summary>
    /// <returns>True while packets are conserved: then that is the window.</returns>
    private bool FollowRecovery(
        in CongestionState state, CongestionContext context, in RateSample sample, int acknowledged, ref int window)
    {
        CongestionPhase previous = _previousPhase, phase = state.Phase;
        if (sample.Losses > 0)
        {
            window = Math.Max(window - sample.Losses, 1);
        }

        if (phase is CongestionPhase.Recovery && previous is not CongestionPhase.Recovery)
        {
            _conserves = true;
            _roundEndDelivered = context.Delivered;
            window = context.SegmentsInFlight + acknowledged;
        }
        else if (previous >= CongestionPhase.Recovery && phase < CongestionPhase.Recovery)
        {
            window = Math.Max(window, _windowBefore);
            _conserves = false;
        }

        _previousPhase = phase;
        if (_conserves)
        {
            window = Math.Max(window, context.SegmentsInFlight + acknowledged);
        }

        return _conserves;
    }
}
