using SimStack.Profiles;
using SimStack.Wire;

namespace SimStack;

/// <summary>What a host is made with.</summary>
public sealed class HostOptions
{
    public required string Name { get; init; }

    public Profile Profile { get; init; } = Profile.Linux;

    /// <summary>Seed of everything that a real host would draw at random: ISNs, ports, timestamp offsets, hash keys.</summary>
    public ulong Secret { get; init; }

    /// <summary>The simulation's frames.</summary>
    public required FramePool FramePool { get; init; }

    /// <summary>
    /// The timestamp clock; null: offset and phase follow from the secret, per connection where the profile says so.
    /// </summary>
    public TimestampClock? Timestamps { get; init; }
}
