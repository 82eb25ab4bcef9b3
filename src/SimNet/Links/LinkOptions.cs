namespace SimNet.Links;

/// <summary>Both directions of a link.</summary>
public sealed record LinkOptions
{
    /// <summary>The link's name; null: made from the names of its ports. Its random streams hang on it.</summary>
    public string? Name { get; init; }

    /// <summary>See <see cref="Link.HasCarrier"/>.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>From the first port to the second.</summary>
    public LinkDirectionOptions AToB { get; init; } = new();

    /// <summary>From the second port to the first.</summary>
    public LinkDirectionOptions BToA { get; init; } = new();

    /// <summary>The same in both directions.</summary>
    public static LinkOptions Symmetric(LinkDirectionOptions options) => new() { AToB = options, BToA = options };
}
