using System.Text;
using SimStack.Ip;
using SimStack.Wire;
using Card = System.Net.NetworkInformation.NetworkInterface;

namespace SimNet.Bridge;

/// <summary>
/// An interface of the system, on which a simulated station sends and receives beside the system: by a packet socket, or libpcap. It sees
/// what comes from the network, never what the system itself sends there, and the system doesn't see what it sends.
/// </summary>
public abstract class StationDevice : FrameDevice
{
    private const int NameLength = 16;

    private protected StationDevice(StationOptions options)
    {
        Options = options;
    }

    /// <summary>What was asked for.</summary>
    public StationOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => Options.Interface;

    /// <summary>The station's Ethernet address: a simulated host's interface on it must have that.</summary>
    public MacAddress Station => Options.HardwareAddress ?? HardwareAddress ?? MacAddress.Zero;

    /// <summary>The system's own IP addresses on any of its interfaces, as they were when the device was opened.</summary>
    public IReadOnlyList<IpAddress> SystemAddresses { get; private protected set; } = [];

    /// <summary>
    /// The system forwards packets that come in there (sysctl net.ipv4.conf.NAME.forwarding) and takes the station's for its own to forward, since both
    /// have one Ethernet address. Known of Linux only.
    /// </summary>
    public bool SystemForwards { get; private protected set; }

    /// <summary>What is wrong with the options that every such device refuses.</summary>
    private protected static void Check(StationOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Interface))
        {
            throw new BridgeException("an interface must be named: it is never chosen for you");
        }

        if (OperatingSystem.IsLinux() && Encoding.UTF8.GetByteCount(options.Interface) >= NameLength)
        {
            throw new BridgeException($"an interface's name has at most {NameLength - 1} letters, and `{options.Interface}` has more");
        }

        if (options.HardwareAddress is { IsGroup: true } group)
        {
            throw new BridgeException($"{group} is a group's Ethernet address, which no station can have");
        }
    }

    /// <summary>Refuses an Ethernet address of its own where nothing would arrive for it.</summary>
    private protected void CheckStation()
    {
        if (Options.HardwareAddress is { } own && own != HardwareAddress && !Options.Promiscuous)
        {
            throw new BridgeException(
                $"interface {Name} has the Ethernet address {HardwareAddress}, and only that is received: a station with {own} takes promiscuous mode (--promiscuous)");
        }
    }

    /// <summary>Asks for the system's addresses, and whether it forwards.</summary>
    private protected void LookAtSystem()
    {
        SystemAddresses = FindSystemAddresses();
        string[] settings = [$"/proc/sys/net/ipv4/conf/{Name}/forwarding", $"/proc/sys/net/ipv6/conf/{Name}/forwarding"];
        SystemForwards = OperatingSystem.IsLinux() && Station == HardwareAddress
            && settings.Any(path => File.Exists(path) && File.ReadAllText(path).Trim() != "0");
    }

    /// <summary>All addresses of the system, in the namespace of the calling thread.</summary>
    private static IReadOnlyList<IpAddress> FindSystemAddresses() =>
    [
        .. Card.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => IpAddress.FromBytes(a.Address.GetAddressBytes())),
    ];
}
