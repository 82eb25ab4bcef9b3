using System.Globalization;
using SimNet.Bridge;
using SimNet.Hosts;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Hosting;

/// <summary>Opens the devices that options describe, which have been found right.</summary>
internal static class SimBridgeDevices
{
    public const string Tap = "tap", Packet = "packet", Pcap = "pcap";
    private const string DefaultTap = "tap0";

    /// <summary>One of the kinds, in whatever case it was written; null: none.</summary>
    public static string? KindOf(SimBridgeDeviceOptions options) =>
        new[] { Tap, Packet, Pcap }.FirstOrDefault(k => string.Equals(k, options.Kind, StringComparison.OrdinalIgnoreCase));

    /// <summary>Opens the device for a port.</summary>
    /// <param name="simulation">Whose hosts are behind the port.</param>
    /// <param name="port">What is linked to it is the station on an interface that exists.</param>
    /// <param name="options">Found right by the validator.</param>
    /// <exception cref="BridgeException">The machine refused, or somebody has an address of the station.</exception>
    /// <exception cref="InvalidOperationException">There is no one station behind the port.</exception>
    public static FrameDevice Open(Simulation simulation, BridgePort port, SimBridgeDeviceOptions options)
    {
        if (KindOf(options) == Tap)
        {
            port.ReceiveOffload |= options.Offload;
            return TapDevice.Open(new TapOptions
            {
                Name = options.Name ?? DefaultTap,
                NetworkNamespace = options.NetworkNamespace,
                Addresses = [.. options.Addresses.Select(a => TryParse(a, out InterfaceAddress address) ? address : default)],
                Mtu = options.Mtu,
                Offload = options.Offload,
            });
        }

        return OpenStation(simulation, port, options);
    }

    /// <summary>Reads an address with the length of its prefix.</summary>
    public static bool TryParse(string text, out InterfaceAddress address)
    {
        string[] parts = text.Split('/');
        bool right = parts.Length == 2 & IpAddress.TryParse(parts[0], out IpAddress own)
            & int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= (own.IsV4 ? 32 : 128);
        address = right ? new InterfaceAddress(own, length) : default;
        return right;
    }

    private static StationDevice OpenStation(Simulation simulation, BridgePort port, SimBridgeDeviceOptions options)
    {
        HostInterface station = port.Outgoing?.To as HostInterface ?? throw new InvalidOperationException(
            $"{SimBridgeOptions.SectionName}: {port.Name} must have a link to one interface of one host: on an interface that exists there is one station");
        // What is behind a router comes in through it.
        IEnumerable<IpAddress> behind = station.Host.Interfaces.Count == 1 ? [] : simulation.Hosts.SelectMany(h => h.Interfaces).SelectMany(i => i.Addresses);
        MacAddress? own = MacAddress.TryParse(options.HardwareAddress ?? "", out MacAddress address) ? address : null;
        StationOptions opened = new()
        {
            Interface = options.Name ?? "",
            NetworkNamespace = options.NetworkNamespace,
            Addresses = [.. station.Addresses.Concat(behind).Distinct()],
            HardwareAddress = own,
            Promiscuous = options.Promiscuous,
        };
        StationDevice device = KindOf(options) == Packet ? PacketSocketDevice.Open(opened) : PcapDevice.Open(opened);
        try
        {
            AddressProbe.Run(device, station.Addresses);
        }
        catch
        {
            device.Dispose();
            throw;
        }

        station.Stack.MacAddress = device.Station;
        simulation.Loop.Post(simulation.Now, () => Announce(station));
        return device;
    }

    // RFC 5227 §2.3, RFC 4861 §7.2.6: who talked to somebody else by the address learns of the new one.
    private static void Announce(HostInterface station)
    {
        foreach (IpAddress address in station.Addresses)
        {
            station.Host.Stack.Ip.Announce(station.Stack, address);
        }

        station.Host.Pump();
    }
}
