using SimStack.Ip;
using SimStack.Ip.Queues;
using SimStack.Profiles;

namespace SimStack.Sockets;

/// <summary>setsockopt(2) and getsockopt(2).</summary>
public abstract partial class DatagramSocket
{
    private int _receiveBuffer;
    private int _sendBuffer;
    private int _timeToLive;
    private byte _multicastTimeToLive = 1;
    private byte _typeOfService;
    private int _priority;
    private long _mostPacingRate = long.MaxValue;
    private PortSharing _sharing;
    private bool _broadcast;
    private bool _multicastLoop = true;
    private bool _receiveErrors;
    private bool _v6Only;
    private PathMtuDiscovery _pathMtuDiscovery = PathMtuDiscovery.IP_PMTUDISC_WANT;

    internal PortSharing Sharing => _sharing;

    internal bool V6Only => _v6Only;

    /// <summary>SO_RCVBUF as getsockopt tells it.</summary>
    internal int ReceiveBuffer => _receiveBuffer > 0 ? _receiveBuffer : Host.Sysctls.CoreRmemDefault;

    private protected byte TypeOfService => _typeOfService;

    private protected bool MulticastLoop => _multicastLoop;

    private protected PathMtuDiscovery PathMtuDiscovery => _pathMtuDiscovery;

    /// <inheritdoc/>
    /// <returns>OK; EINVAL for a value out of range; ENOPROTOOPT for an option that datagrams do not have or that can only be
    /// read.</returns>
    public override Errno SetOption(Instant now, SocketOption option, int value)
    {
        Sysctls sysctls = Host.Sysctls;
        bool on = value != 0;
        switch (option)
        {
            case SocketOption.SO_REUSEADDR: Share(PortSharing.Address, on); break;
            case SocketOption.SO_REUSEPORT: Share(PortSharing.Port, on); break;
            case SocketOption.SO_BROADCAST: _broadcast = on; break;
            case SocketOption.SO_RCVBUF: _receiveBuffer = TcpSocket.Doubled(value, 2304, sysctls.RmemMax); break;
            case SocketOption.SO_RCVBUFFORCE: _receiveBuffer = Doubled(value, 2304); break;
            case SocketOption.SO_SNDBUF: _sendBuffer = TcpSocket.Doubled(value, 4608, sysctls.WmemMax); break;
            case SocketOption.SO_SNDBUFFORCE: _sendBuffer = Doubled(value, 4608); break;
            case SocketOption.IP_TOS when value is >= 0 and <= 255: (_typeOfService, _priority) = ((byte)value, PacketHash.PriorityOfTos(value)); break;
            case SocketOption.IP_TTL when value is -1 or (>= 1 and <= 255): _timeToLive = Math.Max(value, 0); break;
            case SocketOption.IP_MULTICAST_TTL when value is >= 0 and <= 255: _multicastTimeToLive = (byte)value; break;
            case SocketOption.IP_MULTICAST_LOOP: _multicastLoop = on; break;
            case SocketOption.IP_RECVERR:
                _receiveErrors = on;
                if (!on)
                {
                    _errors.Clear();
                    _errorMemory = 0;
                }

                break;
            case SocketOption.IP_MTU_DISCOVER when value is >= 0 and <= 5: _pathMtuDiscovery = (PathMtuDiscovery)value; break;
            case SocketOption.IPV6_V6ONLY when Family is AddressFamily.AF_INET6 && _local.Port == 0: _v6Only = on; break;
            case SocketOption.SO_PRIORITY: _priority = value; break;
            case SocketOption.SO_MAX_PACING_RATE: _mostPacingRate = value == -1 ? long.MaxValue : (uint)value; break;
            case SocketOption.IP_TOS or SocketOption.IP_TTL or SocketOption.IP_MULTICAST_TTL or SocketOption.IP_MTU_DISCOVER
                or SocketOption.IPV6_V6ONLY:
                return Errno.EINVAL;
            default:
                return Errno.ENOPROTOOPT;
        }

        return Errno.OK;
    }

    /// <inheritdoc/>
    /// <returns>The value; ENOPROTOOPT; ENOTCONN for IP_MTU without a peer.</returns>
    public override SocketResult GetOption(SocketOption option) => option switch
    {
        SocketOption.SO_ERROR => SocketResult.Ok((int)TakeError()),
        SocketOption.SO_REUSEADDR => Flag((_sharing & PortSharing.Address) != 0),
        SocketOption.SO_REUSEPORT => Flag((_sharing & PortSharing.Port) != 0),
        SocketOption.SO_BROADCAST => Flag(_broadcast),
        SocketOption.SO_RCVBUF or SocketOption.SO_RCVBUFFORCE => SocketResult.Ok(ReceiveBuffer),
        SocketOption.SO_SNDBUF or SocketOption.SO_SNDBUFFORCE =>
            SocketResult.Ok(_sendBuffer > 0 ? _sendBuffer : Host.Sysctls.CoreWmemDefault),
        SocketOption.IP_TOS => SocketResult.Ok(_typeOfService),
        SocketOption.IP_TTL => SocketResult.Ok(_timeToLive > 0 ? _timeToLive : Host.Sysctls.DefaultTtl),
        SocketOption.IP_MULTICAST_TTL => SocketResult.Ok(_multicastTimeToLive),
        SocketOption.IP_MULTICAST_LOOP => Flag(_multicastLoop),
        SocketOption.SO_PRIORITY => SocketResult.Ok(_priority),
        SocketOption.SO_MAX_PACING_RATE => SocketResult.Ok(unchecked((int)(uint)Math.Min(_mostPacingRate, uint.MaxValue))),
        SocketOption.IP_RECVERR => Flag(_receiveErrors),
        SocketOption.IP_MTU_DISCOVER => SocketResult.Ok((int)_pathMtuDiscovery),
        SocketOption.IPV6_V6ONLY => Flag(_v6Only),
        SocketOption.IP_MTU => IsConnected && FindPath(_remote.Address, out IpPath? path) is Errno.OK
            ? SocketResult.Ok(path!.Mtu)
            : SocketResult.Fail(Errno.ENOTCONN),
        _ => SocketResult.Fail(Errno.ENOPROTOOPT),
    };

    private void Share(PortSharing part, bool on) => _sharing = on ? _sharing | part : _sharing & ~part;

    private byte TimeToLiveFor(in IpAddress destination) =>
        destination.IsMulticast ? _multicastTimeToLive : (byte)(_timeToLive > 0 ? _timeToLive : Host.Sysctls.DefaultTtl);

    private static SocketResult Flag(bool value) => SocketResult.Ok(value ? 1 : 0);

    private static int Doubled(int value, int minimum) => (int)Math.Max(minimum, Math.Min(int.MaxValue, 2L * Math.Max(0, value)));
}
