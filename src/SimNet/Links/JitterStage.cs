using SimNet.Random;
using SimStack;

namespace SimNet.Links;

/// <summary>Delay that differs from packet to packet.</summary>
internal struct JitterStage(SimRandom random)
{
    /// <summary>The most that is added.</summary>
    public Duration Limit { get; set; }

    /// <summary>Uniform from zero to the limit.</summary>
    public readonly Duration Draw() => Limit > Duration.Zero ? random.NextDuration(Limit) : Duration.Zero;
}
