namespace SimNet.Observe;

/// <summary>Where packets are looked at.</summary>
public enum CapturePointKind
{
    /// <summary>A host's interface: what the host sends and what arrives at it.</summary>
    HostInterface,

    /// <summary>One direction of a link: what enters it and what leaves it.</summary>
    LinkDirection,

    /// <summary>A switch's port: what arrives at it and what leaves through it.</summary>
    SwitchPort,

    /// <summary>A port to a real network: what comes in from there and what leaves.</summary>
    BridgePort,
}
