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

    /// <summary>
    /// Checksums and the cutting of long TCP packets into segments are left to whoever is last (IFF_VNET_HDR, TUNSETOFFLOAD), so that up to
    /// 64 KiB pass at once. Where a link does anything to packets they are cut before it. An existing device must be free of other users' settings.
    /// </summary>
    public bool Offload { get; init; }

    /// <summary>
    /// The system works on what it receives here on a thread of its own (IFF_NAPI, and `threaded` in /sys/class/net), with receive offload, rather than
    /// within the call that writes a frame: more in all where a processor is free for it, but later for one frame alone. To set it takes root.
    /// </summary>
    public bool ThreadedNapi { get; init; }
}
