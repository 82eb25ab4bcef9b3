namespace SimStack.Ip;

/// <summary>What becomes of packets that a route leads away, by iproute2's names.</summary>
public enum RouteType
{
    /// <summary>They are sent.</summary>
    Unicast,

    /// <summary>They are dropped, and ICMP says host unreachable (IPv6: no route); local senders get EHOSTUNREACH.</summary>
    Unreachable,

    /// <summary>They are dropped, and ICMP says administratively prohibited; local senders get EACCES.</summary>
    Prohibit,

    /// <summary>They are dropped without a word; local senders get EINVAL.</summary>
    Blackhole,
}
