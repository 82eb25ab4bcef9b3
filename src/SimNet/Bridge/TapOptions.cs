using SimStack.Ip;

namespace SimNet.Bridge;

/// <summary>Which TAP device, and what its system's end is set to.</summary>
public sealed record TapOptions
{
    /// <summary>The interface's name, up to 15 letters; <c>%d</c> in it becomes the first number that is free.</summary>
    public string Name { get; init; } = "tap0";

    /// <summary>Where it is made: the name of a network namespace (<c>ip netns</c>); null: where the program runs.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>Addresses for the system's end, with the lengths of their prefixes. To set them takes root.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>In bytes, 68 to 65,521; null: as it is, 1500 for a new one. To set it takes root.</summary>
    public int? Mtu { get; init; }
}
