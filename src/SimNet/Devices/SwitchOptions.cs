using SimStack;

namespace SimNet.Devices;

/// <summary>What a switch is made with.</summary>
public sealed record SwitchOptions
{
    /// <summary>The most ports of a switch.</summary>
    public const int MaxPorts = 1024;

    /// <summary>Unique among the simulation's hosts and devices.</summary>
    public required string Name { get; init; }

    /// <summary>How many, 1 to <see cref="MaxPorts"/>; they are called <c>port1</c>, <c>port2</c>…</summary>
    public int Ports { get; init; } = 8;

    /// <summary>An address that was not seen as a source for so long is forgotten (IEEE 802.1D §7.9.2: 300 s).</summary>
    public Duration Ageing { get; init; } = Duration.FromSeconds(300);

    /// <summary>Addresses kept at most; the one that was seen longest ago makes room.</summary>
    public int TableSize { get; init; } = 8192;

    /// <summary>From a frame's arrival to its leaving for a port's link.</summary>
    public Duration ForwardingDelay { get; init; }
}
