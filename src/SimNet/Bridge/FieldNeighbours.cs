using SimNet.Devices;
using SimNet.Hosts;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// The Ethernet around a capture that is fed through a port: all addresses that no simulated host has are behind one Ethernet address, which
/// answers ARP and neighbour solicitations for them.
/// </summary>
internal sealed class FieldNeighbours
{
    private static readonly MacAddress Field = new(0x0200_5E00_F1E1);
    private readonly Simulation _simulation;
    private readonly BridgePort _port;
    private readonly List<HostInterface> _segment = [];
    private readonly Dictionary<IpAddress, HostInterface> _owners = [];

    public FieldNeighbours(Simulation simulation, BridgePort port)
    {
        _simulation = simulation;
        _port = port;
        Walk(port, _segment, []);
        foreach (HostInterface own in simulation.Hosts.SelectMany(h => h.Interfaces))
        {
            foreach (IpAddress address in own.Addresses)
            {
                _owners.TryAdd(address, own);
            }
        }
    }

    /// <summary>Every address of the simulated hosts.</summary>
    public IEnumerable<IpAddress> Addresses => _simulation.Hosts.SelectMany(h => h.Interfaces).SelectMany(i => i.Addresses);

    /// <summary>A host that has no way to an address is given one through the port, so that a capture needs no routes.</summary>
    public void AddRoute(IpAddress peer)
    {
        foreach (HostInterface own in _segment)
        {
            RoutingTable routes = own.Host.Stack.Ip.Routes;
            if (!peer.IsMulticast && own.Addresses.Any(a => a.IsV4 == peer.IsV4) && !_owners.ContainsKey(peer) && routes.Find(peer) is null)
            {
                routes.Add(new Route(peer, peer.IsV4 ? 32 : 128, null, own.Stack));
            }
        }
    }

    /// <summary>Writes the Ethernet addresses of a frame that enters.</summary>
    public void Address(Span<byte> frame, IpAddress destination)
    {
        MacAddress to = destination.IsMulticast || destination == IpAddress.BroadcastV4 ? Group(destination)
            : _owners.TryGetValue(destination, out HostInterface? owner) && _segment.Contains(owner) ? owner.Stack.MacAddress
            : _segment.Count > 0 ? _segment[0].Stack.MacAddress
            : default;
        _ = EthernetView.TryParse(frame, out EthernetView ethernet, out _);
        EthernetWriter.Write(frame, to, Field, ethernet.EtherType);
    }

    /// <summary>Answers what a simulated host asks its neighbours.</summary>
    public void Answer(Instant now, ReadOnlySpan<byte> frame)
    {
        byte[]? answer = AnswerTo(frame);
        if (answer is not null)
        {
            _simulation.Loop.Post(now, () => _port.Enter(_simulation.Now, _simulation.FramePool.Copy(answer)));
        }
    }

    private byte[]? AnswerTo(ReadOnlySpan<byte> frame)
    {
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return null;
        }

        byte[] answer;
        if (ethernet.EtherType == EtherType.Arp)
        {
            if (!ArpView.TryParse(ethernet.Payload, out ArpView arp, out _) || arp.Operation != ArpOperation.Request
                || _owners.ContainsKey(arp.TargetAddress) || arp.SenderAddress.IsUnspecified)
            {
                return null;
            }

            answer = new byte[EthernetView.HeaderLength + ArpView.MessageLength];
            EthernetWriter.Write(answer, arp.SenderMac, Field, EtherType.Arp);
            ArpWriter.Write(answer.AsSpan(EthernetView.HeaderLength), ArpOperation.Reply, Field, arp.TargetAddress, arp.SenderMac, arp.SenderAddress);
            return answer;
        }

        if (ethernet.EtherType != EtherType.Ipv6 || !Ipv6View.TryParse(ethernet.Payload, out Ipv6View ip, out _) || ip.Protocol != IpProtocol.IcmpV6
            || !NeighborView.TryParse(ip.Payload, out NeighborView asked, out _) || !asked.IsSolicitation
            || _owners.ContainsKey(asked.Target) || ip.Source.IsUnspecified)
        {
            return null;
        }

        const int Room = EthernetView.HeaderLength + Ipv6View.HeaderLength + 64;
        answer = new byte[Room];
        int length = Icmpv6Writer.WriteAdvertisement(
            answer.AsSpan(EthernetView.HeaderLength + Ipv6View.HeaderLength), asked.Target, ip.Source, asked.Target, Field, router: false, solicited: true, overrides: true);
        EthernetWriter.Write(answer, ethernet.Source, Field, EtherType.Ipv6);
        // RFC 4861 §7.1.2: a hop limit of 255 shows that no router passed it on.
        _ = Ipv6Writer.Write(answer.AsSpan(EthernetView.HeaderLength), asked.Target, ip.Source, IpProtocol.IcmpV6, length, 255);
        return answer[..(EthernetView.HeaderLength + Ipv6View.HeaderLength + length)];
    }

    private static MacAddress Group(IpAddress group) =>
        group == IpAddress.BroadcastV4 ? new MacAddress(0xFFFF_FFFF_FFFF)
        : group.IsV4 ? new MacAddress(0x0100_5E00_0000UL | (group.V4 & 0x7F_FFFF))
        : new MacAddress(0x3333_0000_0000UL | (group.Low & 0xFFFF_FFFF));

    /// <summary>The interfaces that a frame reaches from a port without passing a router.</summary>
    private static void Walk(LinkPort port, List<HostInterface> found, HashSet<LinkPort> seen)
    {
        if (!seen.Add(port) || port.Outgoing is not { } way)
        {
            return;
        }

        switch (way.To)
        {
            case HostInterface own:
                found.Add(own);
                break;
            case SwitchPort entry:
                seen.Add(entry);
                foreach (SwitchPort other in entry.Switch.Ports.Where(p => p != entry))
                {
                    Walk(other, found, seen);
                }

                break;
        }
    }
}
