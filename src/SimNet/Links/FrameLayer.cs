namespace SimNet.Links;

/// <summary>Parts of a frame.</summary>
public enum FrameLayer
{
    /// <summary>The Ethernet header.</summary>
    Ethernet,

    /// <summary>The IP header, or whatever follows Ethernet's.</summary>
    Network,

    /// <summary>The TCP, UDP or ICMP header.</summary>
    Transport,

    /// <summary>What follows the transport header.</summary>
    Payload,
}
