using SimStack.Ip.Queues;
using SimStack.Profiles;
using SimStack.Tcp;

namespace SimStack.Sockets;

/// <summary>setsockopt(2) and getsockopt(2).</summary>
public sealed partial class TcpSocket
{
    internal SocketOptions Options { get; private set; } = SocketOptions.Default;

    /// <summary>There is no connection; in TIME-WAIT neither, since Linux goes on without the socket (tcp_time_wait).</summary>
    private bool IsClosed => State is TcpState.Closed or TcpState.TimeWait;

    // Linux: INET_ECN_MASK.
    private const int EcnMask = 3;

    internal PortSharing Sharing => Options.Sharing;

    /// <summary>Sets an option; the units are those of <see cref="SocketOption"/>.</summary>
    /// <returns>OK; EINVAL for a value out of range; ENOPROTOOPT for an option that can only be read.</returns>
    public override Errno SetOption(Instant now, SocketOption option, int value)
    {
        switch (option)
        {
            case SocketOption.TCP_FASTOPEN:
                return SetFastOpenLimit(value);
            case SocketOption.TCP_FASTOPEN_CONNECT:
                return SetFastOpenConnect(value);
            case SocketOption.TCP_FASTOPEN_NO_COOKIE:
                return SetFastOpenNoCookie(value);
        }

        SocketOptions? changed = Changed(option, value, out Errno error);
        if (changed is null)
        {
            return error;
        }

        if (option is SocketOption.SO_TIMESTAMPING && !TrySetTimestampBase(changed.Timestamping))
        {
            return Errno.EINVAL;
        }

        Options = changed;
        if (_connection is not null)
        {
            _connection.SendBufferLocked = changed.SendBuffer > 0;
            _connection.Reapply(now, changed);
            switch (option)
            {
                case SocketOption.SO_RCVBUF or SocketOption.SO_RCVBUFFORCE:
                    _connection.ApplyReceiveBuffer(changed);
                    break;
                case SocketOption.SO_RCVLOWAT:
                    _connection.SetLowWater(changed);
                    break;
                case SocketOption.TCP_WINDOW_CLAMP:
                    return _connection.TrySetWindowClamp(value) ? Errno.OK : Errno.EINVAL;
                case SocketOption.TCP_QUICKACK:
                    _connection.SetQuickAck(now, value != 0);
                    break;
                case SocketOption.TCP_NODELAY when value != 0:
                    _connection.ReleaseHeldBack(now, noDelay: true);
                    break;
                case SocketOption.TCP_CORK when value == 0:
                    _connection.ReleaseHeldBack(now, noDelay: false);
                    break;
            }
        }

        return Errno.OK;
    }

    /// <summary>Reads an option. SO_ERROR is cleared by reading.</summary>
    public override SocketResult GetOption(SocketOption option)
    {
        Sysctls sysctls = Host.Sysctls;
        return option switch
        {
            SocketOption.SO_ERROR => SocketResult.Ok((int)TakeError()),
            SocketOption.SO_REUSEADDR => Flag((Sharing & PortSharing.Address) != 0),
            SocketOption.SO_REUSEPORT => Flag((Sharing & PortSharing.Port) != 0),
            SocketOption.SO_RCVBUF or SocketOption.SO_RCVBUFFORCE =>
                SocketResult.Ok(_connection?.ReceiveBufferLimit
                    ?? (Options.ReceiveBuffer > 0 ? Options.ReceiveBuffer : Math.Max(sysctls.RmemDefault, Options.LowWaterBuffer))),
            SocketOption.SO_RCVLOWAT => SocketResult.Ok(Math.Max(1, Options.ReceiveLowWater)),
            SocketOption.SO_SNDBUF or SocketOption.SO_SNDBUFFORCE =>
                SocketResult.Ok(SendBufferSize),
            SocketOption.SO_KEEPALIVE => Flag(Options.KeepAlive),
            SocketOption.SO_PEEK_OFF => SocketResult.Ok(Options.PeekOffset),
            SocketOption.SO_LINGER => SocketResult.Ok(Options.LingerSeconds),
            SocketOption.SO_OOBINLINE => Flag(Options.InlineUrgent),
            SocketOption.SO_ZEROCOPY => Flag(Options.Zerocopy),
            SocketOption.SO_TIMESTAMPING => SocketResult.Ok((int)Options.Timestamping),
            SocketOption.SO_TIMESTAMP => Flag(Options.ArrivalTimes is ArrivalTimesKind.Microseconds),
            SocketOption.SO_TIMESTAMPNS => Flag(Options.ArrivalTimes is ArrivalTimesKind.Nanoseconds),
            SocketOption.TCP_NODELAY => Flag(Options.NoDelay),
            SocketOption.TCP_CORK => Flag(Options.Cork),
            SocketOption.TCP_NOTSENT_LOWAT => SocketResult.Ok(unchecked((int)Options.NotSentLowWater)),
            SocketOption.TCP_INQ => Flag(Options.ReportUnread),
            SocketOption.TCP_MAXSEG =>
                SocketResult.Ok(_connection?.SendMss ?? (Options.MaximumSegment > 0 ? Options.MaximumSegment : 536)),
            SocketOption.TCP_KEEPIDLE =>
                SocketResult.Ok(Options.KeepAliveIdle > 0 ? Options.KeepAliveIdle : sysctls.KeepAliveTime),
            SocketOption.TCP_KEEPINTVL =>
                SocketResult.Ok(Options.KeepAliveInterval > 0 ? Options.KeepAliveInterval : sysctls.KeepAliveInterval),
            SocketOption.TCP_KEEPCNT =>
                SocketResult.Ok(Options.KeepAliveCount > 0 ? Options.KeepAliveCount : sysctls.KeepAliveProbes),
            SocketOption.TCP_THIN_LINEAR_TIMEOUTS => SocketResult.Ok(Options.ThinLinearTimeouts ? 1 : 0),
            SocketOption.TCP_SYNCNT => SocketResult.Ok(Options.SynCount > 0 ? Options.SynCount : sysctls.SynRetries),
            SocketOption.TCP_LINGER2 =>
                SocketResult.Ok(Options.FinWait2Seconds == 0 ? sysctls.FinTimeout : Options.FinWait2Seconds),
            SocketOption.TCP_QUICKACK => Flag(_connection?.QuickAckMode ?? true),
            SocketOption.TCP_USER_TIMEOUT => SocketResult.Ok(Options.UserTimeoutMilliseconds),
            SocketOption.TCP_WINDOW_CLAMP => SocketResult.Ok(_connection?.WindowClamp ?? Options.WindowClamp),
            SocketOption.TCP_FASTOPEN => SocketResult.Ok(FastOpenQueue?.Limit ?? 0),
            SocketOption.TCP_FASTOPEN_CONNECT => Flag(Options.FastOpenConnect),
            SocketOption.TCP_FASTOPEN_NO_COOKIE => Flag(Options.FastOpenNoCookie),
            SocketOption.TCP_DEFER_ACCEPT => SocketResult.Ok(DeferAcceptPeriod.ToSeconds(Options.DeferAccept)),
            SocketOption.TCP_SAVE_SYN => SocketResult.Ok(Options.SaveSyn),
            SocketOption.SO_MAX_PACING_RATE => SocketResult.Ok(unchecked((int)(uint)Math.Min(Options.MaxPacingRate, uint.MaxValue))),
            SocketOption.SO_PRIORITY => SocketResult.Ok(Options.Priority),
            SocketOption.TCP_RTO_MAX_MS or SocketOption.TCP_RTO_MIN_US or SocketOption.TCP_DELACK_MAX_US or SocketOption.TCP_TX_DELAY =>
                GetTimerLimit(option),
            _ => GetOptionOfIp(option),
        };
    }

    private SocketResult GetTimerLimit(SocketOption option)
    {
        if (!Host.Profile.SegmentationOffload)
        {
            return SocketResult.Fail(Errno.ENOPROTOOPT); // Linux's own.
        }

        (int value, int ofHost) = option switch
        {
            SocketOption.TCP_RTO_MAX_MS => (Options.Timers?.RtoMaxMilliseconds ?? 0, Host.Sysctls.RtoMaxMilliseconds),
            SocketOption.TCP_RTO_MIN_US => (Options.Timers?.RtoMinMicroseconds ?? 0, Host.Sysctls.RtoMinMicroseconds),
            SocketOption.TCP_DELACK_MAX_US => (Options.Timers?.DelayedAckMaxMicroseconds ?? 0, Host.Sysctls.DelayedAckMaxMilliseconds * 1000),
            _ => (Options.Timers?.TransmitDelayMicroseconds ?? 0, 0),
        };
        return SocketResult.Ok(value == 0 ? ofHost : value);
    }

    private SocketResult GetOptionOfIp(SocketOption option) => option switch
    {
        SocketOption.IP_TOS => SocketResult.Ok(Options.TypeOfService | EcnBits),
        SocketOption.IPV6_TCLASS => SocketResult.Ok(Options.TrafficClass | EcnBits),
        SocketOption.IPV6_UNICAST_HOPS => SocketResult.Ok(Options.HopLimit > 0 ? Options.HopLimit : Host.Sysctls.DefaultTtl),
        SocketOption.IP_MTU_DISCOVER => SocketResult.Ok((int)(Options.PathMtuDiscovery ?? _tcp.DefaultPathMtuDiscovery)),
        SocketOption.IP_FREEBIND => Flag(Options.FreeBind),
        SocketOption.IP_BIND_ADDRESS_NO_PORT => Flag(Options.BindAddressNoPort),
        SocketOption.IP_LOCAL_PORT_RANGE => SocketResult.Ok(unchecked((int)Options.LocalPortRange)),
        SocketOption.IP_MTU => _connection is { PathMtu: > 0 } ? SocketResult.Ok(_connection.PathMtu) : SocketResult.Fail(Errno.ENOTCONN),
        SocketOption.IP_RECVERR => Flag(Options.ReceiveErrors),
        SocketOption.IP_MINTTL => SocketResult.Ok(Options.LeastTimeToLive),
        SocketOption.IPV6_AUTOFLOWLABEL => Flag(TcpLayer.WantsFlowLabel(Host.Sysctls.AutoFlowLabels, Options.AutoFlowLabel)),
        SocketOption.SO_TXREHASH => Flag(Options.TxRehash ?? Host.Sysctls.TxRehash),
        SocketOption.IPV6_MINHOPCOUNT => SocketResult.Ok(Options.LeastHopLimit),
        SocketOption.IP_TTL => SocketResult.Ok(Options.TimeToLive > 0 ? Options.TimeToLive : Host.Sysctls.DefaultTtl),
        _ => SocketResult.Fail(Errno.ENOPROTOOPT),
    };

    /// <summary>How the last segment went, which Linux shows in the two bits that the user can't set.</summary>
    private int EcnBits => _connection is { } connection ? connection.TypeOfService & EcnMask : 0;

    private static SocketResult Flag(bool value) => SocketResult.Ok(value ? 1 : 0);

    private SocketOptions? Changed(SocketOption option, int value, out Errno error)
    {
        error = Errno.EINVAL;
        if (ChangedPlace(option, value) is { } changed)
        {
            return changed;
        }

        bool on = value != 0;
        Sysctls sysctls = Host.Sysctls;
        switch (option)
        {
            case SocketOption.SO_RCVBUF: return Options with { ReceiveBuffer = Doubled(value, 2304, sysctls.RmemMax) };
            case SocketOption.SO_RCVBUFFORCE: return Options with { ReceiveBuffer = Doubled(value, 2304) };
            case SocketOption.SO_SNDBUF: return Options with { SendBuffer = Doubled(value, 4608, sysctls.WmemMax) };
            case SocketOption.SO_SNDBUFFORCE: return Options with { SendBuffer = Doubled(value, 4608) };
            case SocketOption.SO_RCVLOWAT: return WithLowWater(value < 0 ? int.MaxValue : value);
            case SocketOption.SO_PEEK_OFF when Host.Profile.SegmentationOffload: return Options with { PeekOffset = value };
            case SocketOption.SO_KEEPALIVE: return Options with { KeepAlive = on };
            case SocketOption.SO_LINGER: return Options with { LingerSeconds = Math.Max(-1, value) };
            case SocketOption.SO_OOBINLINE: return Options with { InlineUrgent = on };
            case SocketOption.SO_ZEROCOPY or SocketOption.SO_TIMESTAMPING when !Host.Profile.SegmentationOffload:
                error = Errno.ENOPROTOOPT; // The other profiles' systems have no such thing.
                return null;
            case SocketOption.SO_ZEROCOPY when value is 0 or 1: return Options with { Zerocopy = on };
            case SocketOption.SO_TIMESTAMPING when IsTimestamping((TimestampingFlags)value):
                return Options with { Timestamping = (TimestampingFlags)value };
            case SocketOption.SO_TIMESTAMP: return Options with { ArrivalTimes = on ? ArrivalTimesKind.Microseconds : ArrivalTimesKind.None };
            case SocketOption.SO_TIMESTAMPNS: return Options with { ArrivalTimes = on ? ArrivalTimesKind.Nanoseconds : ArrivalTimesKind.None };
            case SocketOption.TCP_NODELAY: return Options with { NoDelay = on };
            case SocketOption.TCP_CORK: return Options with { Cork = on };
            case SocketOption.TCP_NOTSENT_LOWAT: return Options with { NotSentLowWater = unchecked((uint)value) };
            case SocketOption.TCP_INQ when value is 0 or 1: return Options with { ReportUnread = on };
            case SocketOption.TCP_MAXSEG when value is 0 or (>= 88 and <= 32_767): return Options with { MaximumSegment = value };
            case SocketOption.TCP_KEEPIDLE when value is >= 1 and <= 32_767: return Options with { KeepAliveIdle = value };
            case SocketOption.TCP_KEEPINTVL when value is >= 1 and <= 32_767: return Options with { KeepAliveInterval = value };
            case SocketOption.TCP_KEEPCNT when value is >= 1 and <= 127: return Options with { KeepAliveCount = value };
            case SocketOption.TCP_THIN_LINEAR_TIMEOUTS when value is 0 or 1: return Options with { ThinLinearTimeouts = value != 0 };
            case SocketOption.TCP_SYNCNT when value is >= 1 and <= 127: return Options with { SynCount = value };
            case SocketOption.TCP_LINGER2: return Options with { FinWait2Seconds = Math.Clamp(value, -1, 120) };
            case SocketOption.TCP_QUICKACK: return Options;
            case SocketOption.TCP_USER_TIMEOUT when value >= 0: return Options with { UserTimeoutMilliseconds = value };
            case SocketOption.TCP_WINDOW_CLAMP when value == 0 && State is not TcpState.Listen: return Options with { WindowClamp = 0 };
            case SocketOption.TCP_WINDOW_CLAMP when value > 0: return Options with { WindowClamp = Math.Max(value, 1152) };
            case SocketOption.SO_MAX_PACING_RATE: return Options with { MaxPacingRate = value == -1 ? long.MaxValue : (uint)value };
            case SocketOption.SO_PRIORITY: return Options with { Priority = value };
            case SocketOption.TCP_RTO_MAX_MS or SocketOption.TCP_RTO_MIN_US or SocketOption.TCP_DELACK_MAX_US or SocketOption.TCP_TX_DELAY:
                bool isLinux = Host.Profile.SegmentationOffload;
                error = isLinux ? Errno.EINVAL : Errno.ENOPROTOOPT;
                return isLinux && TimerLimits.TryChange(Options.Timers, option, value, sysctls.TimerHz, out TimerLimits limits)
                    ? Options with { Timers = limits } : null;
            case SocketOption.SO_ERROR or SocketOption.IP_MTU:
                error = Errno.ENOPROTOOPT;
                return null;
            default:
                return ChangedOfIp(option, value);
        }
    }

    private SocketOptions? ChangedOfIp(SocketOption option, int value)
    {
        bool on = value != 0;
        switch (option)
        {
            // Linux keeps the low byte of whatever it is given.
            case SocketOption.IP_TOS: return WithTypeOfService(value & 0xFF & ~EcnMask);
            case SocketOption.IPV6_TCLASS when value is >= -1 and <= 255:
                return Options with { TrafficClass = Math.Max(value, 0) & ~EcnMask };
            case SocketOption.IPV6_UNICAST_HOPS when value is -1 or (>= 1 and <= 255): return Options with { HopLimit = Math.Max(value, 0) };
            case SocketOption.IP_MTU_DISCOVER when value is >= 0 and <= 5:
                return Options with { PathMtuDiscovery = (PathMtuDiscovery)value };
            case SocketOption.IP_FREEBIND: return Options with { FreeBind = on };
            case SocketOption.IP_TTL when value is -1 or (>= 1 and <= 255): return Options with { TimeToLive = Math.Max(value, 0) };
            case SocketOption.IP_RECVERR: return Options with { ReceiveErrors = on };
            case SocketOption.IP_MINTTL when value is >= 0 and <= 255: return Options with { LeastTimeToLive = (byte)value };
            case SocketOption.IPV6_AUTOFLOWLABEL: return Options with { AutoFlowLabel = on };
            case SocketOption.SO_TXREHASH when value is >= -1 and <= 1: return Options with { TxRehash = value < 0 ? null : on };
            case SocketOption.IPV6_MINHOPCOUNT when value is >= 0 and <= 255: return Options with { LeastHopLimit = (byte)value };
            default:
                return null;
        }
    }

    // Linux: ip_sock_set_tos gives the socket the priority of its TOS too.
    private SocketOptions WithTypeOfService(int tos) => Options with { TypeOfService = tos, Priority = PacketHash.PriorityOfTos(tos) };

    /// <summary>Linux: tcp_set_rcvlowat.</summary>
    private SocketOptions WithLowWater(int bytes)
    {
        bool locked = Options.ReceiveBuffer > 0;
        bytes = Math.Max(1, Math.Min(bytes, (locked ? Options.ReceiveBuffer : Host.Sysctls.RmemMaximum) >> 1));
        return Options with
        {
            ReceiveLowWater = bytes,
            LowWaterBuffer = locked ? 0 : _connection?.BufferFor(bytes) ?? (int)Math.Min(2L * bytes, int.MaxValue),
        };
    }

    private static int Doubled(int value, int minimum) => (int)Math.Max(minimum, Math.Min(int.MaxValue, 2L * Math.Max(0, value)));
}
