using SimNet.Random;
using SimStack;

namespace SimNet.Links;

/// <summary>Delay that differs from packet to packet.</summary>
internal struct JitterStage(SimRandom random)
{
    /// <summary>The most that is added, or the standard deviation.</summary>
    public Duration Limit { get; set; }

    /// <summary>How the deviations are distributed.</summary>
    public JitterShape Shape { get; set; }

    /// <summary>The delay of the next packet; never negative.</summary>
    public readonly Duration Of(Duration delay)
    {
        if (Limit <= Duration.Zero)
        {
            return delay;
        }

        return Shape == JitterShape.Uniform ? delay + random.NextDuration(Limit) : Duration.Max(Duration.Zero, delay + Scaled());
    }

    private readonly Duration Scaled()
    {
        long deviation = Shape switch
        {
            JitterShape.Normal => Deviates.Normal(random.NextUInt64()),
            JitterShape.Pareto => Deviates.Pareto(random.NextUInt64()),
            _ => (Deviates.Normal(random.NextUInt64()) + 3 * Deviates.Pareto(random.NextUInt64())) / 4,
        };
        return new Duration((long)((Int128)Limit.Nanoseconds * deviation >> 32));
    }
}
