using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>How to ping, with the defaults of Linux's ping(8).</summary>
public sealed record PingOptions
{
    /// <summary>Bytes behind the ICMP header (-s): the time of sending in the first 16 of them, if there is room, then a pattern.</summary>
    public int Size { get; init; } = 56;

    /// <summary>How long to wait for each answer (-W).</summary>
    public Duration Timeout { get; init; } = Duration.FromSeconds(10);

    /// <summary>Time to live or hop limit of the requests (-t); 0: the host's default.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>The identifier (-e); 0: the next one that is free.</summary>
    public ushort Identifier { get; init; }

    /// <summary>The sequence number of the first request.</summary>
    public ushort FirstSequence { get; init; } = 1;

    /// <summary>DSCP and ECN (-Q).</summary>
    public byte TypeOfService { get; init; }

    /// <summary>What DF to set, and whether to leave in fragments (-M).</summary>
    public PathMtuDiscovery PathMtuDiscovery { get; init; } = PathMtuDiscovery.IP_PMTUDISC_WANT;

    /// <summary>The host's address to send from (-I); null: chosen by the route.</summary>
    public IpAddress? Source { get; init; }
}
