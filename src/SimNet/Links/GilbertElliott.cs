using SimNet.Random;

namespace SimNet.Links;

/// <summary>
/// Losses in bursts: a chain of two states, each with its own probability of loss (Gilbert 1960, Elliott 1963). The parameters are
/// those of <c>tc netem loss gemodel p r 1-h 1-k</c>, in that order. A packet is lost by the state in which it finds the line;
/// then the state may change. The share of packets lost is (r·(1-k) + p·(1-h)) / (p + r); with the default probabilities of loss a
/// burst lasts 1/r packets on average.
/// </summary>
/// <param name="GoodToBad">p: from good to bad, for each packet.</param>
/// <param name="BadToGood">r: from bad to good, for each packet.</param>
public sealed record GilbertElliott(Probability GoodToBad, Probability BadToGood)
{
    /// <summary>1-k: probability of loss in the good state.</summary>
    public Probability LossInGood { get; init; } = Probability.Never;

    /// <summary>1-h: probability of loss in the bad state.</summary>
    public Probability LossInBad { get; init; } = Probability.Always;
}
