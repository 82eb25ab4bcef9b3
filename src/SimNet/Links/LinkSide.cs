namespace SimNet.Links;

/// <summary>The two directions of a link.</summary>
public enum LinkSide
{
    /// <summary>From the link's first port to its second.</summary>
    AToB,

    /// <summary>From the link's second port to its first.</summary>
    BToA,
}
