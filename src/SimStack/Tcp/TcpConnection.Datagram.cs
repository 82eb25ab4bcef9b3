using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What a segment is sent in: the path that it takes, and IPv4's identification.</summary>
internal sealed partial class TcpConnection
{
    private IpPath? CurrentPath()
    {
        if (_path is not { IsValid: true })
        {
            _path = _tcp.Ip.FindPathWith(RemoteAddress, LocalAddress, _path?.Options) ?? _path;
        }

        return _path;
    }

    /// <summary>Hands a segment to IP.</summary>
    /// <returns>False when the interface's queue had no room for it.</returns>
    private bool SendDatagram(Instant now, IpPath path, Frame frame, int length)
    {
        bool dontFragment = _tcp.MayNotFragment(path, _pathMtuDiscovery);
        return Profile.CountsConnectionDatagrams
            ? _tcp.Ip.Send(
                now, path, LocalAddress, RemoteAddress, frame, length, IpProtocol.Tcp, _typeOfService, _ttl, dontFragment,
                _nextDatagramId++, dontFragment ? path.Interface.Mtu : path.Mtu)
            : _tcp.Ip.TrySend(now, path, LocalAddress, RemoteAddress, frame, length, IpProtocol.Tcp, _typeOfService, _ttl, dontFragment);
    }
}
