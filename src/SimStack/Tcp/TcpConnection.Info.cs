using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What TCP_INFO tells (Linux: tcp_get_info).</summary>
internal sealed partial class TcpConnection
{
    private SegmentCounts _counts;
    private SendChronograph _chronograph;
    private Instant _establishedAt;

    /// <summary>What both sides have of each other's data, in sequence numbers.</summary>
    public long BytesMoved => _counts.BytesAcked + _counts.BytesReceived;

    /// <summary>When a segment came last.</summary>
    public Instant LastMovedAt => _lastReceivedAt;

    private bool HasNothingToSend => SegmentsOut == 0 && !HasUnsent;

    public TcpInfo GetInfo(Instant now) => InfoOfEcn(InfoOfPath(now, new TcpInfo
    {
        // What waits in TIME-WAIT is no part of Linux' socket any more, which is closed then.
        State = (_tcp.StateOf(this) is TcpState.TimeWait ? TcpState.Closed : _tcp.StateOf(this)).ToLinuxNumber(),
        CaState = (int)(HasLostSyn ? Congestion.CongestionPhase.Loss : _congestion.Phase),
        Retransmits = _retransmissions,
        Probes = _probesUnanswered + _keepAliveProbes,
        Backoff = _backoff,
        Options = (_timestampsOn ? 1 : 0) | (_sackOn ? 2 : 0) | (_scalingOn ? 4 : 0) | (EcnMode != EcnState.None ? 8 : 0)
            | ((_ecn & EcnState.Seen) != 0 ? 16 : 0) | FastOpenInfo,
        FastopenClientFail = (int)(_fastOpen?.Failure ?? FastOpen.FastOpenFailure.None),
        SndWscale = _sendScale,
        RcvWscale = _scalingOn ? _receiveScale : 0,
        Ato = Duration.Min(_ackDelay, LongestAckDelay).WholeMicroseconds,
        SndMss = IsUnanswered ? OpeningMss : BoundedMss,
        RcvMss = IsUnanswered ? LeastReceivedMss : _receivedMss,
        Advmss = _advertisedMss - (_timestampsOn ? TimestampsLength : 0),
        Unacked = SegmentsOut,
        Sacked = _recovery?.SackedOut ?? 0,
        Lost = HasLostSyn ? 1 : _recovery?.LostOut ?? 0,
        Retrans = HasLostSyn ? 1 : _recovery?.RetransmittedOut ?? 0,
        SndSsthresh = HasLostSyn ? _recovery!.OpeningThreshold : _congestion.Threshold,
        SndCwnd = HasLostSyn ? 1 : _congestion.Window,
        Reordering = _recovery?.Reordering ?? Sysctls.Reordering,
        NotsentBytes = Unsent, // A FIN that waits counts: it is in write_seq.
        SndWnd = _snd.Wnd,
        RcvWnd = _rcv.Wnd,
        RcvSsthresh = _windowThreshold,
        RcvRtt = (_received?.Sizing.Rtt8 ?? 0) >> 3,
        RcvSpace = ChargesMemory && !IsUnanswered && (_state is not TcpState.SynReceived || IsPassiveFastOpen) ? _received?.Sizing.Space ?? FirstReceiveSpace : 0,
        LastDataSent = MillisecondsSince(now, _lastSentAt.IsNever ? default : _lastSentAt),
        LastDataRecv = MillisecondsSince(now, LastDataAt),
        LastAckRecv = MillisecondsSince(now, _lastReceivedAt),
        BusyTime = _chronograph.Elapsed(now, SendLimit.Busy).WholeMicroseconds,
        RwndLimited = _chronograph.Elapsed(now, SendLimit.ReceiveWindow).WholeMicroseconds,
        SndbufLimited = _chronograph.Elapsed(now, SendLimit.SendBuffer).WholeMicroseconds,
    }));

    /// <summary>SYN-SENT, and CLOSED after it: the peer never told its MSS.</summary>
    private bool IsUnanswered => _state is TcpState.SynSent || (_state is TcpState.Closed && _establishedAt == default);

    /// <summary>
    /// What Linux reckons with before the peer tells its MSS: 536 (tcp_v4_connect), or what bounds the SYN's data (tcp_send_syn_data), less the options
    /// of every segment.
    /// </summary>
    private int OpeningMss => (_fastOpen is { BoundsSynData: true } fast && _path is not null
        ? SynDataSpace(fast.PeerMss) + OptionSpace
        : Math.Min(_userMss > 0 ? _userMss : 536, (int)_advertisedMss)) - (Sysctls.Timestamps ? TimestampsLength : 0);

    /// <summary>A SYN that was sent again counts as lost, and as sent again, also when it is given up.</summary>
    private bool HasLostSyn => IsUnanswered && _recovery is { OpeningThreshold: > 0 };

    /// <summary>Adds what <c>ss -tino</c> tells of the connection.</summary>
    public SocketTableRow Describe(in SocketTableRow row, Instant now)
    {
        Span<byte> figures = stackalloc byte[20];
        return row with
        {
            Info = GetInfo(now),
            CongestionControl = AlgorithmName,
            CongestionInfo = figures[..WriteCongestionInfo(now, figures)].ToArray(),
            Timer = TimerAt(now),
        };
    }

    /// <summary>Linux: inet_sk_diag_fill.</summary>
    private SocketTimer TimerAt(Instant now)
    {
        if (!_timers.Retransmission.IsNever)
        {
            bool persists = _timers.Kind is RetransmissionKind.Persist;
            return new SocketTimer(
                persists ? SocketTimerKind.Persist : SocketTimerKind.On,
                SocketTimer.Left(now, _timers.Retransmission),
                persists ? _probesUnanswered : _retransmissions);
        }

        return _timers.KeepAlive.IsNever ? default : new SocketTimer(
            SocketTimerKind.KeepAlive,
            SocketTimer.Left(now, _timers.KeepAlive),
            _keepAliveProbes);
    }

    private TcpInfo InfoOfPath(Instant now, TcpInfo info) => info with
    {
        Rto = CurrentRto.WholeMicroseconds,
        Rtt = _rtt.SmoothedMicroseconds,
        Rttvar = _rtt.DeviationMicroseconds,
        MinRtt = _rtt.LeastMicroseconds,
        Pmtu = _pathMtu,
        PacingRate = _state is TcpState.SynSent ? long.MaxValue : PacingRate,
        MaxPacingRate = MostPacingRate,
        TotalRetrans = _counts.Retransmitted,
        BytesAcked = _counts.BytesAcked,
        BytesReceived = _counts.BytesReceived,
        SegsOut = _counts.SegmentsOut,
        SegsIn = _counts.SegmentsIn,
        DataSegsIn = _counts.DataSegmentsIn,
        DataSegsOut = _counts.DataSegmentsOut,
        Delivered = _counts.Delivered,
        DeliveredCe = _counts.DeliveredCe,
        BytesSent = _counts.BytesSent,
        BytesRetrans = _counts.BytesRetransmitted,
        RcvOoopack = _counts.OutOfOrder,
        TotalRto = _counts.Timeouts,
        TotalRtoRecoveries = _counts.TimeoutRecoveries,
        TotalRtoTime = (_recovery?.TimeoutMilliseconds ?? 0) + (_recovery is { TimeoutSince.IsNever: false } since
            ? (now - since.TimeoutSince).WholeMilliseconds : 0),
        Rehash = _counts.Rehashes,
        DeliveryRate = _recovery?.Rate.BytesPerSecond(BoundedMss) ?? 0,
        DeliveryRateAppLimited = _recovery is { Rate.IsRateLimited: false } ? 0 : 1,
        DsackDups = _recovery?.DsackDuplicates ?? 0,
        ReordSeen = _recovery?.ReorderingSeen ?? 0,
    };

    private TcpInfo InfoOfEcn(TcpInfo info)
    {
        info = info with
        {
            EcnMode = EcnMode switch { EcnState.Classic => 1, EcnState.Accurate => 2, EcnState.Pending => 3, _ => 0 },
        };
        return _ecnCounters is not { } counters ? info : info with
        {
            ReceivedCe = counters.ReceivedCe,
            ReceivedE1Bytes = counters.ReceivedBytes[EcnField.Ect1 - 1],
            ReceivedE0Bytes = counters.ReceivedBytes[EcnField.Ect0 - 1],
            ReceivedCeBytes = counters.ReceivedBytes[EcnField.Ce - 1],
            DeliveredE1Bytes = counters.DeliveredBytes[EcnField.Ect1 - 1],
            DeliveredE0Bytes = counters.DeliveredBytes[EcnField.Ect0 - 1],
            DeliveredCeBytes = counters.DeliveredBytes[EcnField.Ce - 1],
            AccurateEcnOptionSeen = (int)counters.Option,
            AccurateEcnFailures = (int)counters.Failures,
        };
    }

    private long MillisecondsSince(Instant now, Instant when) =>
        IsSynchronized || when > _establishedAt ? (now - Instant.Max(when, _establishedAt)).WholeMilliseconds : 0;
}
