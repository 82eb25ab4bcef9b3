namespace SimNet.Scripting.Packetdrill;

/// <summary>Which sockets a script opens and which packets carry them: packetdrill's <c>--ip_version</c>.</summary>
public enum PacketdrillIpVersion
{
    /// <summary><c>ipv4</c>: AF_INET sockets, IPv4 packets.</summary>
    Ipv4,

    /// <summary><c>ipv4-mapped-ipv6</c>: AF_INET6 sockets with IPv4-mapped addresses, IPv4 packets.</summary>
    Ipv4MappedIpv6,

    /// <summary><c>ipv6</c>: AF_INET6 sockets, IPv6 packets.</summary>
    Ipv6,
}
