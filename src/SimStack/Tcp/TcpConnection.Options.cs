using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What was negotiated in the handshake and what the user set on the socket.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Bytes that timestamps take in every segment, padding included.</summary>
    private const int TimestampsLength = 12;

    private uint _timestampOffset;
    private uint _timestampsRecent;
    private Instant _timestampsStamp;
    private ushort _maximumSegment = 536;
    private ushort _advertisedMss;
    private ushort _userMss;
    private byte _sendScale;
    private byte _receiveScale;
    private bool _timestampsOn;
    private bool _sackOn;
    private bool _scalingOn;
    private bool _thinLinearTimeouts;
    private bool _noDelay;
    private bool _corked;
    private bool _keepAliveOn;
    private bool _lingerZero;
    private bool _inlineUrgent;
    private byte _keepAliveCount;
    private byte _synRetries;
    private byte _typeOfService;
    private byte _ttl;
    private byte _leastTtl;
    private PathMtuDiscovery? _pathMtuDiscovery;
    private ushort _keepAliveIdle;
    private ushort _keepAliveInterval;
    private int _finWait2Seconds;
    private int _userTimeoutMilliseconds;
    private int _windowClampOption;
    private uint _notSentLowWater;
    private int _priority;
    private TimerLimits? _limits;

    /// <summary>
    /// The maximum segment size for sending: data bytes of a segment, options taken off (Eff.snd.MSS of RFC 9293 §3.7.1).
    /// </summary>
    public int SendMss => _state is TcpState.SynSent ? OpeningMss : _maximumSegment;

    public bool TimestampsOn => _timestampsOn;
    public bool SackOn => _sackOn;

    /// <summary>Of the way that packets take now, in bytes; 0 before there is one.</summary>
    public int PathMtu => _path?.Mtu ?? 0;

    /// <summary>MSS to announce: what the path's MTU leaves, or less if the user said so (RFC 9293 §3.7.1, RFC 6691).</summary>
    private ushort MssToAdvertise()
    {
        int mss = _path!.AdvertisedMss;
        return (ushort)Math.Clamp(_userMss > 0 ? Math.Min(mss, _userMss) : mss, 88, 65_495);
    }

    /// <summary>IP_MINTTL, IPV6_MINHOPCOUNT: what has a smaller time to live is dropped (RFC 5082).</summary>
    public byte LeastTimeToLive => _leastTtl;

    /// <summary>Takes over the options that the user set before the connection was there.</summary>
    public void Apply(SocketOptions options)
    {
        Sharing = options.Sharing;
        _userMss = (ushort)options.MaximumSegment;
        _noDelay = options.NoDelay;
        _corked = options.Cork;
        _nagle = (_nagle & Nagle.Push) | (_noDelay ? Nagle.Off : Nagle.None) | (_corked ? Nagle.Cork : Nagle.None);
        _notSentLowWater = options.NotSentLowWater;
        _keepAliveOn = options.KeepAlive;
        _lingerZero = options.LingerSeconds == 0;
        _inlineUrgent = options.InlineUrgent;
        _keepAliveIdle = (ushort)options.KeepAliveIdle;
        _keepAliveInterval = (ushort)options.KeepAliveInterval;
        _keepAliveCount = (byte)options.KeepAliveCount;
        _thinLinearTimeouts = options.ThinLinearTimeouts;
        _synRetries = (byte)options.SynCount;
        _finWait2Seconds = options.FinWait2Seconds;
        _userTimeoutMilliseconds = options.UserTimeoutMilliseconds;
        _typeOfService = (byte)((_typeOfService & EcnField.Mask) | options.TrafficClassFor(RemoteAddress.IsV4));
        _pathMtuDiscovery = options.PathMtuDiscovery;
        _receiveErrors = options.ReceiveErrors;
        _priority = options.Priority;
        _limits = options.Timers;
        (_autoFlowLabel, _txRehash, _flowLabel) = (options.AutoFlowLabel, options.TxRehash, 0);
        LimitPacing(options.MaxPacingRate);
        _ttl = options.TimeToLiveFor(RemoteAddress.IsV4, Sysctls.DefaultTtl);
        _leastTtl = options.LeastTimeToLiveFor(RemoteAddress.IsV4);
        _sendBufferLimit = options.SendBuffer > 0 ? options.SendBuffer : Math.Max(Sysctls.WmemDefault, 87_380);
        if (_receiveBufferLimit == 0)
        {
            _windowClampOption = options.WindowClamp;
            ApplyReceiveBuffer(options);
        }
    }

    /// <summary>SO_RCVBUF, which auto-tuning then leaves alone, or net.ipv4.tcp_rmem's default and what SO_RCVLOWAT needs more.</summary>
    public void ApplyReceiveBuffer(SocketOptions options)
    {
        _receiveBufferLocked = options.ReceiveBuffer > 0;
        _receiveBufferLimit = options.ReceiveBuffer > 0 ? options.ReceiveBuffer
            : Math.Max(_receiveBufferLimit, Math.Max(Sysctls.RmemDefault, options.LowWaterBuffer));
    }

    /// <summary>An option changed while the connection was there.</summary>
    public void Reapply(Instant now, SocketOptions options)
    {
        bool keepAliveBefore = _keepAliveOn;
        int idleBefore = _keepAliveIdle;
        bool heldBack = _corked || !_noDelay;
        int delayBefore = TransmitDelay;
        Apply(options);
        if (TransmitDelay != delayBefore && _state is TcpState.Established)
        {
            ExpectDelay(now, TransmitDelay - delayBefore);
        }

        if (_keepAliveOn != keepAliveBefore || (_keepAliveIdle != idleBefore && !Offloads))
        {
            RestartKeepAlive(now);
        }
        else if (_keepAliveIdle != idleBefore && !_timers.KeepAlive.IsNever && !IsOrphanInFinWait2)
        {
            // The time that has passed counts (tcp_sock_set_keepidle_locked).
            _timers.KeepAlive = Instant.Max(now, _lastReceivedAt + TimerWheel.Fires(KeepAliveIdle, Sysctls.TimerHz));
        }

        if (!Offloads && heldBack && (!_corked || _noDelay) && IsSynchronized)
        {
            Output(now, push: _noDelay);
        }

        _tcp.Timers.Update(this);
    }

    /// <summary>The options of our SYN or SYN-ACK (RFC 9293 §3.2; RFC 7323 §2.2 and §3.2; RFC 2018 §2).</summary>
    private void WriteSynOptions(Instant now, ref TcpOptions options, bool answer)
    {
        // Where SYNs crossed, Linux sends its own again with ACK set, whatever the peer's had (tcp_send_synack).
        answer &= Profile.RfcSegmentChecks;
        options.Mss = _advertisedMss;
        options.SackPermitted = answer ? _sackOn : Sysctls.Sack;
        options.WindowScale = (answer ? _scalingOn : Sysctls.WindowScaling) ? (sbyte)_receiveScale : (sbyte)-1;
        // Beside an MD5 signature Linux offers none (tcp_syn_options): with them there would be no room for a SACK block.
        if (answer ? _timestampsOn : Sysctls.Timestamps && Authentication?.Md5.Find(RemoteAddress) is null)
        {
            options.HasTimestamps = true;
            options.TsVal = TimestampNow(now);
            options.TsEcr = _timestampsRecent;
        }
    }

    /// <summary>Reads the peer's SYN: MSS, scale, SACK permitted and timestamps, each only if we offer it too.</summary>
    private void TakeSynOptions(Instant now, in TcpOptions options)
    {
        _timestampsOn = options.HasTimestamps && Sysctls.Timestamps;
        _sackOn = options.SackPermitted && Sysctls.Sack;
        _scalingOn = options.WindowScale >= 0 && Sysctls.WindowScaling;
        // A shift above 14 is taken as 14 (RFC 7323 §2.3).
        _sendScale = _scalingOn ? (byte)Math.Min((int)options.WindowScale, 14) : (byte)0;
        if (!_scalingOn)
        {
            _receiveScale = 0;
        }

        if (_timestampsOn)
        {
            _timestampsRecent = options.TsVal;
            _timestampsStamp = now;
        }

        SetPeerMss(options.Mss);
    }

    /// <summary>Without the option 536 is assumed for IPv4 and 1220 for IPv6 (RFC 9293 §3.7.1, MUST-15).</summary>
    private void SetPeerMss(ushort announced)
    {
        int peer = announced != 0 ? announced : _fastOpen is { PeerMss: > 0 and int known } ? known : RemoteAddress.IsV4 ? 536 : 1220;
        _mssClamp = (ushort)(_userMss > 0 ? Math.Min(peer, (int)_userMss) : peer);
        SyncSegmentSize(_path!.Mtu);
    }

    private uint TimestampNow(Instant now) => unchecked(_tcp.Timestamps.At(now) + _timestampOffset);
}
