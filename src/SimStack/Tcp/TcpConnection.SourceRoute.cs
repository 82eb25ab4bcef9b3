using SimStack.Ip;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.9.2.1, source routing: which way the segments of a connection take.</summary>
internal sealed partial class TcpConnection
{
    private bool _openedPassively;

    /// <summary>The options of every packet: the user's, or the way back along a route; null for none.</summary>
    public IpOptions? IpOptions => _path?.Options;

    /// <summary>IP_OPTIONS of a connection that is there (Linux: do_ip_setsockopt).</summary>
    public void SetIpOptions(IpOptions? options)
    {
        if (_tcp.Ip.FindPathWith(RemoteAddress, LocalAddress, options) is { } path)
        {
            _path = path;
            SyncSegmentSize(path.Mtu);
        }
    }

    /// <summary>
    /// A segment came along a source route. Who opened passively goes back along it, along a later one rather than an earlier (SHLD-24); what
    /// the user set stays (MUST-52). Linux keeps the route of the SYN.
    /// </summary>
    private void TakeReturnRoute(IpOptions route)
    {
        if (_openedPassively && Profile.RfcSegmentChecks && IpOptions is not { IsReturnRoute: false })
        {
            SetIpOptions(route);
        }
    }
}
