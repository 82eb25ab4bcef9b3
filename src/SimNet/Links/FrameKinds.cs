namespace SimNet.Links;

/// <summary>What a frame carries; a frame is of one kind, a <see cref="FrameMatch"/> can name several.</summary>
[Flags]
public enum FrameKinds
{
    /// <summary>In a match: any kind.</summary>
    None = 0,

    /// <summary>A TCP segment.</summary>
    Tcp = 1,

    /// <summary>A UDP datagram.</summary>
    Udp = 2,

    /// <summary>ICMP for IPv4 (RFC 792).</summary>
    IcmpV4 = 4,

    /// <summary>ICMPv6 (RFC 4443), neighbour discovery not counted.</summary>
    IcmpV6 = 8,

    /// <summary>ARP (RFC 826).</summary>
    Arp = 16,

    /// <summary>Neighbour discovery: ICMPv6 types 133 to 137 (RFC 4861).</summary>
    Ndp = 32,

    /// <summary>Anything else.</summary>
    Other = 64,
}
