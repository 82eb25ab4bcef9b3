namespace SimNet.Scripting.Comparison;

/// <summary>What of two packets is compared; <see cref="ComparisonFields"/> has the names that users write.</summary>
public enum ComparisonField
{
    /// <summary>A packet that only one of the captures has. Cannot be ignored.</summary>
    Packet,

    /// <summary>A conversation that only one of the captures has. Cannot be ignored.</summary>
    Conversation,

    /// <summary>IPv4 or IPv6, and the protocol above. Cannot be ignored.</summary>
    Protocol,

    /// <summary>TCP's control bits apart from PSH and the ECN bits.</summary>
    Flags,

    /// <summary>TCP's PSH.</summary>
    Psh,

    /// <summary>ECN: TCP's ECE, CWR and AE, and the two bits of the IP header.</summary>
    Ecn,

    /// <summary>The sequence number, relative to its direction's SYN.</summary>
    Seq,

    /// <summary>The acknowledgement number, relative to the other direction's SYN.</summary>
    Ack,

    /// <summary>Bytes of payload on the wire, however much of it was captured.</summary>
    Length,

    /// <summary>TCP options, their order and values; of timestamps only that they are there; SACK blocks relative.</summary>
    Options,

    /// <summary>The window field, through the handshake or throughout.</summary>
    Window,

    /// <summary>The urgent pointer of a segment with URG.</summary>
    Urgent,

    /// <summary>ICMP's type and code, and whether the conversation's other end or a router sent it.</summary>
    Icmp,

    /// <summary>An echo's sequence number, relative to the first of its conversation.</summary>
    Echo,

    /// <summary>The MTU of "fragmentation needed" and "packet too big".</summary>
    Mtu,

    /// <summary>The headers of the packet that an ICMP error quotes, and how much of it.</summary>
    Quote,

    /// <summary>Time to live, or hop limit.</summary>
    Ttl,

    /// <summary>Don't fragment.</summary>
    Df,

    /// <summary>The six bits of the differentiated services code point.</summary>
    Dscp,

    /// <summary>Fragment offset and "more fragments".</summary>
    Fragment,

    /// <summary>The interval to the packet before.</summary>
    Time,

    /// <summary>The interval between the first packets of two conversations.</summary>
    Start,

    /// <summary>Which host begins a conversation, when there are several.</summary>
    Initiator,

    /// <summary>IPv4's identification. Not compared unless asked for.</summary>
    Id,

    /// <summary>IPv6's flow label. Not compared unless asked for.</summary>
    FlowLabel,

    /// <summary>ARP, neighbour discovery and multicast listener reports. Not compared unless asked for.</summary>
    Arp,
}
