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

    /// <summary>Copies of it arrive right behind it.</summary>
    Duplicate,

    /// <summary>One bit behind the Ethernet header changes.</summary>
    Corrupt,
}
