namespace SimNet.Hosting;

/// <summary>A device of the machine behind a port of the simulated network; in configuration, <c>SimBridge:Device</c> or <c>SimBridge:Devices:PORT</c>.</summary>
public sealed class SimBridgeDeviceOptions
{
    /// <summary>What it is: <c>tap</c>, a TAP device of Linux.</summary>
    public string Kind { get; set; } = "tap";

    /// <summary>The system's name for it, up to 15 letters; one that is not there is made, and goes away at the end. <c>tap0</c> unless set.</summary>
    public string Name { get; set; } = "tap0";

    /// <summary>The network namespace (<c>ip netns</c>) that it belongs to; null: the program's own.</summary>
    public string? NetworkNamespace { get; set; }

    /// <summary>Addresses of the system's end with the lengths of their prefixes: <c>10.0.0.1/24</c>. To set them takes root.</summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>In bytes, 68 to 65,521; null: as it is, 1500 for a new one. To set it takes root.</summary>
    public int? Mtu { get; set; }

    /// <summary>
    /// Checksums and the cutting of long TCP packets into segments are left to whoever is last, and segments that came in together are joined
    /// before a host (generic receive offload): more in less time, in other segments than on a wire. Off unless set.
    /// </summary>
    public bool Offload { get; set; }
}
