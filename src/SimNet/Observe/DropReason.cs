namespace SimNet.Observe;

/// <summary>Why a packet was dropped by the network; what hosts drop, their counters tell.</summary>
public enum DropReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The interface has no link.</summary>
    NotConnected,

    /// <summary>The link is down, or went down while the packet was on its way.</summary>
    LinkDown,

    /// <summary>Longer than the link's MTU.</summary>
    TooLong,

    /// <summary>The queue's limit in packets or bytes was reached.</summary>
    QueueFull,

    /// <summary>The link's loss probability struck.</summary>
    RandomLoss,

    /// <summary>A fault rule said so.</summary>
    FaultRule,

    /// <summary>
    /// Corrupted, and of a protocol without a checksum (ARP): what Ethernet's frame check sequence would have caught.
    /// </summary>
    FrameCheck,

    /// <summary>A switch refused it: its addresses or its length are such that a bridge does not forward it, or its port is down.</summary>
    Switch,

    /// <summary>The queue's management dropped it, before the queue was full.</summary>
    QueueEarly,
}
