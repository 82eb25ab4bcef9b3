namespace SimNet.Links;

/// <summary>What a fault rule can do to a packet.</summary>
public enum FaultKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is lost.</summary>
    Drop,

    /// <summary>It arrives later; others may overtake it.</summary>
    Delay,

    /// <summary>Copies of it arrive behind it.</summary>
    Duplicate,

    /// <summary>A bit behind the Ethernet header changes.</summary>
    Corrupt,

    /// <summary>Fields of it change; its checksums are mended unless the rule says otherwise.</summary>
    Edit,

    /// <summary>Other packets appear around it.</summary>
    Inject,

    /// <summary>It is lost, and other packets appear in its place.</summary>
    Replace,

    /// <summary>It waits until the next packet on which the same rule acts, and arrives behind that one.</summary>
    Swap,
}
