using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>A simulated station beside the system on one of its interfaces.</summary>
public sealed record StationOptions
{
    /// <summary>The system's name of the interface: <c>eth0</c>. There is no default.</summary>
    public required string Interface { get; init; }

    /// <summary>Where the interface is: the name of a network namespace (<c>ip netns</c>, Linux); null: where the program runs.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>
    /// The station's own IP addresses. Unicast packets to others don't come in; none given: all that come to its Ethernet address do.
    /// </summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];

    /// <summary>
    /// The station's Ethernet address; null: the interface's own, which it shares with the system. Another one takes
    /// <see cref="Promiscuous"/>: a network card lets nothing else through.
    /// </summary>
    public MacAddress? HardwareAddress { get; init; }

    /// <summary>Sets the network card to receive everything that is on the wire.</summary>
    public bool Promiscuous { get; init; }
}
