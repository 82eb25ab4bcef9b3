namespace SimStack.Ip;

/// <summary>What a transport needs to know of the IP packet that brought its segment.</summary>
internal readonly ref struct IpPacketInfo(
    in IpAddress source, in IpAddress destination, byte trafficClass, byte ttl, NetworkInterface through,
    bool isMulticastOrBroadcast)
{
    internal IpAddress Source { get; } = source;
    internal IpAddress Destination { get; } = destination;

    /// <summary>DSCP and ECN.</summary>
    internal byte TrafficClass { get; } = trafficClass;

    /// <summary>Time to live or hop limit as received.</summary>
    internal byte Ttl { get; } = ttl;

    /// <summary>Where it came in.</summary>
    internal NetworkInterface Interface { get; } = through;

    /// <summary>Sent to a group, by IP or Ethernet address.</summary>
    internal bool IsMulticastOrBroadcast { get; } = isMulticastOrBroadcast;

    /// <summary>The packet from its IP header on; empty where there is none to show.</summary>
    internal ReadOnlySpan<byte> Packet { get; init; }
}
