using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp.Authentication;
using SimStack.Tcp.Listen;
using SimStack.Tcp.TimeWait;
using SimStack.Wire;

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
            case TcpFlow flow when IsIgnored(flow, error):
                break;
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

    /// <summary>
    /// Hard errors and "fragmentation needed" about a synchronized connection with TCP-AO are not believed, as nobody signs them (RFC 5925
    /// §7.8; Linux: tcp_ao_ignore_icmp).
    /// </summary>
    private bool IsIgnored(TcpFlow flow, in IcmpErrorInfo error)
    {
        AoKeys? keys = flow switch
        {
            TcpConnection { State: not (TcpState.SynSent or TcpState.SynReceived) } connection => connection.Authentication?.Ao,
            TimeWaitRecord record => record.AoKeys,
            _ => null,
        };
        if (keys is null || keys.AcceptIcmps)
        {
            return false;
        }

        bool concerned = error.IsV4
            ? error.Type == (byte)IcmpType.DestinationUnreachable && error.Code is >= 2 and <= 4
            : error.Type == (byte)Icmpv6Type.DestinationUnreachable && error.Code is 1 or 4;
        if (concerned)
        {
            keys.DroppedIcmps++;
            Counters[SnmpCounter.TcpExtTCPAODroppedIcmps]++;
        }

        return concerned;
    }
}
