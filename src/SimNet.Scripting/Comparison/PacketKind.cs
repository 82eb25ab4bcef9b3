namespace SimNet.Scripting.Comparison;

/// <summary>What a captured packet is, as far as its conversation goes.</summary>
internal enum PacketKind
{
    Tcp,
    Udp,

    /// <summary>ICMP's or ICMPv6's echo request and reply.</summary>
    Echo,

    /// <summary>An ICMP or ICMPv6 error, which quotes a packet.</summary>
    IcmpError,

    /// <summary>Any other ICMP or ICMPv6 message.</summary>
    Icmp,

    /// <summary>A fragment other than the first: no ports.</summary>
    Fragment,

    /// <summary>Another protocol, or one whose header was cut off.</summary>
    Other,

    /// <summary>ARP, neighbour discovery, multicast listener reports.</summary>
    Neighbour,
}
