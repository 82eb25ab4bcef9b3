using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Listen;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.1, OPEN call; and a connection made from a completed handshake.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>The ports are taken over from a connection in TIME-WAIT that used timestamps.</summary>
    public bool ContinuesTimestamps { get; init; }

    /// <summary>Active open: SYN-SENT. <see cref="SendFirstSyn"/> or Fast Open sends the SYN.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="iss">ISS that the scenario set, or null for one by RFC 6528.</param>
    /// <param name="cause"><c>OPEN</c>, or <c>SEND</c> where a listening socket becomes active.</param>
    /// <param name="options">IP_OPTIONS of the socket.</param>
    public Errno Open(Instant now, uint? iss, string cause, IpOptions? options = null)
    {
        _path = _tcp.Ip.FindPathWith(RemoteAddress, LocalAddress, options);
        if (_path is null)
        {
            return Errno.ENETUNREACH;
        }

        ChooseAlgorithm(Socket?.CongestionControl);
        InitializeSendSpace(new SequenceNumber(iss ?? _tcp.NextIss(now, Local, Remote)));
        _timestampOffset = _tcp.TimestampOffset(Local, Remote);
        Transition(now, TcpState.SynSent, cause);
        return Errno.OK;
    }

    /// <summary>The first SYN, with what the path and the options say at this instant (Linux: tcp_connect).</summary>
    public void SendFirstSyn(Instant now)
    {
        PrepareSyn();
        Count(SnmpCounter.TcpActiveOpens);
        SendSyn(now, retransmission: false);
        ArmRetransmission(now);
    }

    private void PrepareSyn()
    {
        _advertisedMss = MssToAdvertise();
        _mssClamp = _advertisedMss;
        _pathMtu = _path!.Mtu;
        _maximumSegment = (ushort)Math.Min((int)_advertisedMss, 65_483);
        // Linux reckons with timestamps in every segment when the ports' last connection had them (tcp_connect_init).
        SelectInitialWindow(_advertisedMss - (ContinuesTimestamps ? TimestampsLength : 0), Sysctls.WindowScaling);
    }

    /// <summary>A handshake of the SYN queue was completed: takes over what the entry knows, in SYN-RECEIVED.</summary>
    public void OpenFrom(Instant now, SynQueueEntry entry, IpPath path)
    {
        _path = path;
        _openedPassively = true;
        ChooseAlgorithm(Listener?.Socket?.Options.CongestionControl);
        _timestampOffset = entry.TimestampOffset;
        InitializeSendSpace(entry.Iss);
        _snd.Nxt = _snd.Written = entry.Iss + 1;
        _advertisedMss = entry.AdvertisedMss;
        _flowTurn = entry.FlowTurn;
        TakeSynOptions(now, entry.Options);
        _timestampsRecent = entry.TimestampsRecent;
        _timestampsStamp = entry.TimestampsStamp;
        _rcv.Irs = entry.Irs;
        _rcv.Nxt = _rcv.Wup = entry.Irs + 1;
        _rcv.Wnd = entry.ReceiveWindow;
        _receiveScale = entry.ReceiveScale;
        _copied = _rcv.Nxt;
        _windowClamp = entry.WindowClamp;
        _windowThreshold = FirstThreshold(entry.ReceiveWindow);
        _snd.Una = entry.Iss;
        _counts.SegmentsIn = 1; // The SYN, which was the listening socket's (tcp_create_openreq_child).
        if (entry.Timeouts > 0)
        {
            _counts.Timeouts = (ushort)entry.Timeouts;
            _counts.TimeoutRecoveries = 1;
            Recovery.TimeoutMilliseconds = (now - entry.SentAt).WholeMilliseconds;
        }

        _counts.Retransmitted = (uint)entry.Retransmissions;
        _counts.BytesAcked = -1; // Linux has the SYN-ACK acknowledged before the connection begins.
        ref SentSegment syn = ref Sent.Add();
        syn.Seq = entry.Iss;
        syn.Length = 1;
        syn.SentAt = entry.SentAt;
        _retransmissions = (byte)Math.Min(entry.Timeouts, 255);
        syn.Flags = SentFlags.Syn | (entry.Resent ? SentFlags.Retransmitted : SentFlags.None);
        DeriveKeys();
        Count(SnmpCounter.TcpPassiveOpens);
    }

    private void InitializeSendSpace(SequenceNumber iss)
    {
        _snd.Iss = _snd.Una = _snd.Nxt = iss;
        _snd.Written = _snd.BufferStart = iss + 1;
        _snd.SmallEnd = iss;
        _snd.Up = iss;
        _pushPoint = iss + 1;
        _usageUntil = iss;
    }

    private void SendSyn(Instant now, bool retransmission)
    {
        // A CLOSE in SYN-RECEIVED leads to FIN-WAIT-1 with the SYN,ACK still to be repeated.
        TcpFlags flags = _state is TcpState.SynSent ? TcpFlags.Syn : TcpFlags.Syn | TcpFlags.Ack;
        if (!retransmission && Sent.Count == 0)
        {
            ref SentSegment syn = ref Sent.Add();
            syn.Seq = _snd.Iss;
            syn.Length = 1;
            syn.Flags = SentFlags.Syn;
            syn.SentAt = now;
            _snd.Nxt = _snd.Iss + 1;
            _snd.Written = SequenceNumber.Max(_snd.Written, _snd.Nxt);
            _firstSentAt = now;
        }
        else if (!retransmission && ChargesMemory)
        {
            Sent[0].SentAt = now; // The SYN again, with ACK set: the round trip is measured from here.
        }
        else if (retransmission)
        {
            ref SentSegment syn = ref Sent[0];
            syn.SentAt = now;
            syn.Flags |= SentFlags.Retransmitted;
            // The path may be narrower than it was (tcp_advertise_mss).
            _advertisedMss = Math.Min(_advertisedMss, MssToAdvertise());
        }

        TcpOptions options = default;
        options.WindowScale = -1;
        WriteSynOptions(now, ref options, flags.HasFlag(TcpFlags.Ack));
        flags |= _state is TcpState.SynSent ? EcnOfSyn(retransmission) : EcnOfCrossingSynAck(ref options);
        int data = 0;
        if (_fastOpen is not null && flags == TcpFlags.Syn)
        {
            data = AddFastOpen(now, ref options, retransmission);
        }

        // The window of a SYN is never scaled (RFC 7323 §2.2).
        Emit(now, _snd.Iss, flags, (ushort)Math.Min(_rcv.Wnd, 65_535), options, data);
    }

    /// <summary>TCP_MIN_MSS</summary>
    private const int LeastReceivedMss = 88;

    /// <summary>The first guess of the peer's segments (Linux: tcp_initialize_rcv_mss).</summary>
    private void InitializeReceivedMss() =>
        _receivedMss = (ushort)Math.Clamp(Math.Min(Math.Min(_advertisedMss, BoundedMss), _rcv.Wnd / 2), LeastReceivedMss, 536);

    /// <summary>SYN-RECEIVED to ESTABLISHED, SYN-SENT to ESTABLISHED: windows, buffers and timers begin.</summary>
    private void BecomeEstablished(Instant now, scoped in TcpSegment segment, string cause)
    {
        _snd.Wnd = segment.Has(TcpFlags.Syn) ? segment.Window : segment.Window << _sendScale;
        _snd.Wl1 = segment.Seq;
        _snd.Wl2 = segment.Ack;
        _snd.MaxWnd = Math.Max(_snd.MaxWnd, _snd.Wnd);
        LoadMetrics(now);
        BeginMtuSearch(now, active: segment.Has(TcpFlags.Syn));
        BeginWindow();
        InitializeReceivedMss();
        _copied = _rcv.Nxt;
        InitializeBufferSpace();
        _retransmissions = 0;
        _backoff = _doublings = 0;
        _firstRetransmissionAt = Instant.Never;
        _lastReceivedAt = _establishedAt = now;
        UpdatePacing();
        GrowSendBuffer();
        Transition(now, TcpState.Established, cause);
        RestartKeepAlive(now);
        if (_fastOpen is { ShutdownWaits: true })
        {
            CloseSending(now);
        }
    }
}
