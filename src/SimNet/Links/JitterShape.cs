namespace SimNet.Links;

/// <summary>How the delays of packets differ.</summary>
public enum JitterShape
{
    /// <summary>Evenly from nothing to <see cref="LinkDirectionOptions.Jitter"/>, added to the delay.</summary>
    Uniform,

    /// <summary>Normally about the delay; <see cref="LinkDirectionOptions.Jitter"/> is the standard deviation.</summary>
    Normal,

    /// <summary>
    /// A Pareto distribution of shape 3, moved to mean 0 and scaled to standard deviation <see cref="LinkDirectionOptions.Jitter"/>:
    /// never more than 0.58 of that below the delay, rarely far above it.
    /// </summary>
    Pareto,

    /// <summary>A quarter of a normal and three quarters of a Pareto deviate.</summary>
    ParetoNormal,
}
