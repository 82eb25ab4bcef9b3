using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>What TCP_INFO tells (Linux: tcp_get_info).</summary>
internal sealed partial class TcpConnection
{
    private SegmentCounts _counts;
    private SendChronograph _chronograph;
    private Instant _establishedAt;

    private bool HasNothingToSend => SegmentsOut == 0 && !HasUnsent;

    public TcpInfo GetInfo(Instant now) => InfoOfEcn(InfoOfPath(now, new TcpInfo
    {
        // What waits in TIME-WAIT is no part of Linux' socket any more, which is closed then.
        State = (_tcp.StateOf(this) is TcpState.TimeWait ? TcpState.Closed : _tcp.StateOf(this)).ToLinuxNumber(),
        CaState = _congestion.Phase switch
        {
            Congestion.CongestionPhase.Open => 0,
            Congestion.CongestionPhase.Disorder => 1,
            Congestion.CongestionPhase.Cwr => 2,
            Congestion.CongestionPhase.Recovery => 3,
            _ => 4,
        },
        Retransmits = _retransmissions,
        Probes = _probesUnanswered + _keepAliveProbes,
        Backoff = _backoff,
        Options = (_timestampsOn ? 1 : 0) | (_sackOn ? 2 : 0) | (_scalingOn ? 4 : 0) | (EcnMode != EcnState.None ? 8 : 0)
            | ((_ecn & EcnState.Seen) != 0 ? 16 : 0),
        SndWscale = _sendScale,
        RcvWscale = _scalingOn ? _receiveScale : 0,
        Ato = _ackDelay.WholeMicroseconds,
        SndMss = BoundedMss,
        RcvMss = _receivedMss,
        Advmss = _advertisedMss - (_timestampsOn ? TimestampsLength : 0),
        Unacked = SegmentsOut,
        Sacked = Math.Min(_congestion.DuplicateAcks, Math.Max(0, SegmentsOut - 1)),
        Lost = _lostSegments,
        Retrans = CountRetransmissionsInFlight(),
        SndSsthresh = _congestion.Threshold,
        SndCwnd = _congestion.Window,
        Reordering = Sysctls.Reordering,
        NotsentBytes = Math.Max(0, _snd.Written - _snd.Nxt),
        SndWnd = _snd.Wnd,
        RcvWnd = _rcv.Wnd,
        RcvSsthresh = _windowThreshold,
        LastDataSent = MillisecondsSince(now, _lastSentAt.IsNever ? default : _lastSentAt),
        LastDataRecv = MillisecondsSince(now, _lastDataAt),
        LastAckRecv = MillisecondsSince(now, _lastReceivedAt),
        BusyTime = _chronograph.Elapsed(now, SendLimit.Busy).WholeMicroseconds,
        RwndLimited = _chronograph.Elapsed(now, SendLimit.ReceiveWindow).WholeMicroseconds,
        SndbufLimited = _chronograph.Elapsed(now, SendLimit.SendBuffer).WholeMicroseconds,
    }));

    private TcpInfo InfoOfPath(Instant now, TcpInfo info) => info with
    {
        Rto = CurrentRto.WholeMicroseconds,
        Rtt = _rtt.SmoothedMicroseconds,
        Rttvar = _rtt.DeviationMicroseconds,
        MinRtt = _rtt.LeastMicroseconds,
        Pmtu = _path?.Mtu ?? 0,
        PacingRate = PacingRate,
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

    /// <summary>A user's question, so that it may look at every segment.</summary>
    private int CountRetransmissionsInFlight()
    {
        int count = 0;
        for (int i = 0; i < SegmentsOut; i++)
        {
            count += (Sent[i].Flags & SentFlags.RetransmissionInFlight) != 0 ? 1 : 0;
        }

        return count;
    }

    private long MillisecondsSince(Instant now, Instant when) =>
        IsSynchronized || when > _establishedAt ? (now - Instant.Max(when, _establishedAt)).WholeMilliseconds : 0;
}
