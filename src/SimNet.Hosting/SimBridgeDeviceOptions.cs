namespace SimNet.Hosting;

/// <summary>A device of the machine behind a port of the simulated network; in configuration, <c>SimBridge:Device</c> or <c>SimBridge:Devices:PORT</c>.</summary>
public sealed class SimBridgeDeviceOptions
{
    /// <summary>
    /// What it is: <c>tap</c>, a TAP device of Linux; <c>packet</c>, an interface that exists, by a packet socket of Linux; <c>pcap</c>, the same by libpcap. On an
    /// interface that exists there is one simulated host, or router, beside the system.
    /// </summary>
    public string Kind { get; set; } = SimBridgeDevices.Tap;

    /// <summary>
    /// The system's name for it, up to 15 letters; a TAP device that is not there is made, and goes away at the end. Null: the TAP device <c>tap0</c>; an interface
    /// that exists must be named.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>The network namespace (<c>ip netns</c>) that it belongs to; null: the program's own.</summary>
    public string? NetworkNamespace { get; set; }

    /// <summary>
    /// For <c>tap</c>: addresses of the system's end with the lengths of their prefixes, <c>10.0.0.1/24</c>. To set them takes root.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>For <c>tap</c>: in bytes, 68 to 65,521; null: as it is, 1500 for a new one. To set it takes root.</summary>
    public int? Mtu { get; set; }

    /// <summary>
    /// For <c>tap</c>: checksums and the cutting of long TCP packets into segments are left to whoever is last, and segments that came in together are joined
    /// before a host (generic receive offload): more in less time, in other segments than on a wire. Off unless set.
    /// </summary>
    public bool Offload { get; set; }

    /// <summary>
    /// For <c>packet</c> and <c>pcap</c>: the simulated interface's Ethernet address, like <c>02:00:00:00:00:07</c>, which takes <see cref="Promiscuous"/>; null:
    /// the interface's own, which it shares with the system.
    /// </summary>
    public string? HardwareAddress { get; set; }

    /// <summary>For <c>packet</c> and <c>pcap</c>: sets the network card to receive everything that is on the wire. Off unless set.</summary>
    public bool Promiscuous { get; set; }
}
