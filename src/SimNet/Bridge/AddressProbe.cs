using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Asks a network whether somebody has the addresses that a station is to use: ARP probes (RFC 5227 §2.1.1), duplicate address detection (RFC 4862
/// §5.4). Three questions within a second, where RFC 5227 takes up to seven: nobody waits for a simulation that long.
/// </summary>
public static class AddressProbe
{
    private const int Questions = 3;
    private const int HeaderLength = EthernetView.HeaderLength + Ipv6View.HeaderLength;
    private static readonly Duration Interval = Duration.FromMilliseconds(330);

    /// <summary>33:33:00:00:00:01: every IPv6 station listens there, and who defends an address answers there.</summary>
    internal static MacAddress AllNodesMac => new(0x3333_0000_0001);

    /// <summary>Asks for addresses of the station, which takes a second; comes back when nobody has one.</summary>
    /// <param name="device">The interface, before a session reads it: what comes in meanwhile is lost.</param>
    /// <param name="addresses">Null: all that the device is open for.</param>
    /// <exception cref="BridgeException">An address is the system's own, is no host's, or somebody else has it.</exception>
    public static void Run(StationDevice device, IReadOnlyList<IpAddress>? addresses = null)
    {
        addresses ??= device.Options.Addresses;
        CheckOwn(device, addresses);
        if (addresses.Count == 0)
        {
            return;
        }

        FramePool pool = new();
        using DeviceWaiter waiter = new([device]);
        WallClock clock = new(Instant.Zero);
        Frame[] frames = new Frame[64];
        for (int i = 1; i <= Questions; i++)
        {
            foreach (IpAddress address in addresses)
            {
                device.Write(pool, Ask(pool, device.Station, address));
            }

            device.Flush(pool);
            Instant next = Instant.Zero + Interval * i;
            while (clock.Now < next)
            {
                int count = device.Read(pool, frames);
                for (int k = 0; k < count; k++)
                {
                    Judge(device, addresses, frames[k].Bytes);
                    pool.Return(frames[k]);
                }

                if (count == 0 && next > clock.Now)
                {
                    waiter.Wait(next - clock.Now);
                }
            }
        }
    }

    /// <summary>The Ethernet group that hears solicitations for an IPv6 address (RFC 4291 §2.7.1, RFC 2464 §7).</summary>
    internal static MacAddress GroupOf(IpAddress address) => new(0x3333_FF00_0000 | address.Low & 0xFF_FFFF);

    private static void CheckOwn(StationDevice device, IReadOnlyList<IpAddress> addresses)
    {
        foreach (IpAddress address in addresses)
        {
            if (address.IsUnspecified || address.IsMulticast || address.IsLoopback || address == IpAddress.BroadcastV4)
            {
                throw new BridgeException($"{address} is no address that a host can have");
            }

            if (device.SystemAddresses.Contains(address))
            {
                throw new BridgeException(
                    $"{address} is this system's own address: its kernel would answer what comes for the simulated host, connections with RST; give the host an address that nobody has");
            }
        }
    }

    /// <summary>One question, which says nothing of who asks: others must not learn the address before it is known to be free.</summary>
    private static Frame Ask(FramePool pool, MacAddress station, IpAddress address)
    {
        Frame frame = pool.Rent(128);
        if (address.IsV4)
        {
            EthernetWriter.Write(frame.Buffer, MacAddress.Broadcast, station, EtherType.Arp);
            frame.Length = EthernetView.HeaderLength + ArpWriter.Write(
                frame.Buffer.AsSpan(EthernetView.HeaderLength), ArpOperation.Request, station, IpAddress.AnyV4, MacAddress.Zero, address);
            return frame;
        }

        IpAddress group = new(0xFF02_0000_0000_0000, 0x0000_0001_FF00_0000 | address.Low & 0xFF_FFFF);
        EthernetWriter.Write(frame.Buffer, GroupOf(address), station, EtherType.Ipv6);
        int length = Icmpv6Writer.WriteSolicitation(frame.Buffer.AsSpan(HeaderLength), IpAddress.AnyV6, group, address, station);
        Ipv6Writer.Write(frame.Buffer.AsSpan(EthernetView.HeaderLength), IpAddress.AnyV6, group, IpProtocol.IcmpV6, length, byte.MaxValue);
        frame.Length = HeaderLength + length;
        return frame;
    }

    private static void Judge(StationDevice device, IReadOnlyList<IpAddress> addresses, ReadOnlySpan<byte> bytes)
    {
        if (!EthernetView.TryParse(bytes, out EthernetView ethernet, out _))
        {
            return;
        }

        if (FindClaim(ethernet) is { } claimed && addresses.Contains(claimed))
        {
            throw new BridgeException(
                $"{claimed} belongs to {ethernet.Source}, which answered on {device.Name}: give the simulated host an address that nobody has");
        }
    }

    /// <summary>The address that a frame's sender has, or is just about to take.</summary>
    private static IpAddress? FindClaim(in EthernetView ethernet)
    {
        switch (ethernet.EtherType)
        {
            case EtherType.Arp when ArpView.TryParse(ethernet.Payload, out ArpView arp, out _):
                // RFC 5227 §2.1.1: whatever comes from that address, and somebody else's probe for it.
                return arp.SenderAddress.IsUnspecified && arp.Operation == ArpOperation.Request ? arp.TargetAddress : arp.SenderAddress;
            case EtherType.Ipv4 when Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _):
                return v4.Source;
            case EtherType.Ipv6 when Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _):
                return FindClaim(v6);
            default:
                return null;
        }
    }

    private static IpAddress? FindClaim(in Ipv6View ip)
    {
        // RFC 4862 §5.4.3, §5.4.4. A solicitation from an address is a question of somebody who wants to talk.
        bool isNeighbour = ip.Protocol == IpProtocol.IcmpV6 && ip.HopLimit == byte.MaxValue
            && InternetChecksum.Fold(InternetChecksum.Sum(
                ip.Payload, InternetChecksum.PseudoHeader(ip.Source, ip.Destination, IpProtocol.IcmpV6, ip.Payload.Length))) == 0;
        if (isNeighbour && NeighborView.TryParse(ip.Payload, out NeighborView message, out _)
            && (!message.IsSolicitation || ip.Source.IsUnspecified))
        {
            return message.Target;
        }

        return ip.Source;
    }
}
