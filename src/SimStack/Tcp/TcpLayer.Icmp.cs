using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Listen;

namespace SimStack.Tcp;

/// <summary>What ICMP reports of our segments (RFC 9293 §3.9.2.2).</summary>
internal sealed partial class TcpLayer
{
    /// <summary>IP_MTU_DISCOVER of a socket that did not set it.</summary>
    public PathMtuDiscovery DefaultPathMtuDiscovery =>
        Sysctls.NoPathMtuDiscovery == 0 ? PathMtuDiscovery.IP_PMTUDISC_WANT : PathMtuDiscovery.IP_PMTUDISC_DONT;

    /// <summary>DF on segments of that path: path MTU discovery is on, and the path has no router that must fragment (Linux).</summary>
    /// <param name="path">The packet's.</param>
    /// <param name="how">IP_MTU_DISCOVER of the socket (Linux: ip_dont_fragment); null where the user left it to the host.</param>
    public bool MayNotFragment(IpPath path, PathMtuDiscovery? how = null) => path.Destination.IsV6 || how switch
    {
        null => Sysctls.NoPathMtuDiscovery == 0 && !path.IsMtuLocked,
        PathMtuDiscovery.IP_PMTUDISC_DO => true,
        PathMtuDiscovery.IP_PMTUDISC_WANT => !path.IsMtuLocked,
        _ => false,
    };

    public void ReceiveIcmpError(Instant now, in IcmpErrorInfo error)
    {
        // The quoted packet is ours: its source is the local end.
        switch (Flows.Find(error.Source, error.SourcePort, error.Destination, error.DestinationPort))
        {
            case TcpConnection connection:
                connection.IcmpArrives(now, error);
                Timers.Update(connection);
                break;
            case SynQueueEntry entry:
                entry.Listener.IcmpArrives(now, entry, error);
                break;
            case null:
                Counters[error.IsV4 ? SnmpCounter.IcmpInErrors : SnmpCounter.Icmp6InErrors]++;
                break;
                // TIME-WAIT: there is nothing to tell anybody.
        }
    }
}
