using SimStack.Ip;
using SimStack.Tcp.Listen;

namespace SimStack.Tcp;

/// <summary>What ICMP reports of our segments (RFC 9293 §3.9.2.2).</summary>
internal sealed partial class TcpLayer
{
    /// <summary>DF on segments of that path: path MTU discovery is on, and the path has no router that must fragment (Linux).</summary>
    public bool MayNotFragment(IpPath path) => Sysctls.NoPathMtuDiscovery == 0 && !path.IsMtuLocked || path.Destination.IsV6;

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
