namespace SimNet.Links;

/// <summary>What kind of packet a rule injects.</summary>
public enum InjectedKind
{
    /// <summary>A TCP segment.</summary>
    Tcp,

    /// <summary>A UDP datagram.</summary>
    Udp,

    /// <summary>An ICMP or ICMPv6 message, by the family of its addresses.</summary>
    Icmp,

    /// <summary>The bytes of an IP packet.</summary>
    Packet,

    /// <summary>The bytes of a whole frame, Ethernet header first.</summary>
    Frame,
}
