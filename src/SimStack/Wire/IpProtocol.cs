namespace SimStack.Wire;

/// <summary>IPv4's protocol and IPv6's next header field (IANA protocol numbers); other values may appear.</summary>
public enum IpProtocol : byte
{
    /// <summary>IPv6 hop-by-hop options (RFC 8200 §4.3).</summary>
    HopByHop = 0,
    Icmp = 1,
    Tcp = 6,
    Udp = 17,

    /// <summary>IPv6 routing header (RFC 8200 §4.4).</summary>
    Routing = 43,

    /// <summary>IPv6 fragment header (RFC 8200 §4.5).</summary>
    Fragment = 44,
    IcmpV6 = 58,

    /// <summary>Nothing follows (RFC 8200 §4.7).</summary>
    NoNextHeader = 59,

    /// <summary>IPv6 destination options (RFC 8200 §4.6).</summary>
    DestinationOptions = 60,
}
