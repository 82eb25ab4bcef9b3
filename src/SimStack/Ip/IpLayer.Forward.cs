using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>Passing on what is for others: RFC 1812 §5 and RFC 8200 as Linux does it, when <c>ip_forward</c> or <c>forwarding</c> says so.</summary>
public sealed partial class IpLayer
{
    // Codes of "destination unreachable" (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1).
    private const byte NetUnreachable = 0;
    private const byte ProhibitedV4 = 13;
    private const byte ProhibitedV6 = 1;
    private const byte BeyondScopeV6 = 2;

    private readonly Dictionary<IpAddress, ForwardingPath> _forwarding = [];

    private void ForwardV4(Instant now, NetworkInterface through, in Ipv4View packet, bool group)
    {
        IpAddress source = packet.Source;
        IpAddress destination = packet.Destination;
        ForwardingPath way = FindForwarding(destination);
        // Never what came as an Ethernet broadcast (RFC 1812 §5.3.4), neither 0/8 nor a network's broadcast address (RFC 2644).
        if (group || source.V4 >> 24 == 0 || destination.V4 >> 24 == 0 || way.IsBroadcast)
        {
            _counters[SnmpCounter.IpInAddrErrors]++;
            return;
        }

        IpPacketInfo ip = new(source, destination, packet.TrafficClass, packet.Ttl, through, false);
        if (way.Path is not { } path)
        {
            RefuseV4(now, ip, way.Type, packet.Bytes);
            return;
        }

        if (packet.Ttl <= 1)
        {
            _counters[SnmpCounter.IpInHdrErrors]++;
            SendError(now, ip, IcmpType.TimeExceeded, 0, 0, packet.Bytes);
            return;
        }

        _counters[SnmpCounter.IpForwDatagrams]++;
        bool tooLong = packet.TotalLength > path.Mtu;
        if (tooLong && packet.DontFragment)
        {
            _counters[SnmpCounter.IpFragFails]++;
            SendError(now, ip, IcmpType.DestinationUnreachable, FragmentationNeededCode, (uint)path.Mtu, packet.Bytes);
            return;
        }

        Frame frame = Pool.Rent(EthernetView.HeaderLength + packet.TotalLength);
        Span<byte> bytes = frame.Bytes[EthernetView.HeaderLength..];
        packet.Bytes.CopyTo(bytes);
        DecrementTtl(bytes);
        if (path.Interface == through && _sysctls.SendRedirects)
        {
            SendRedirect(now, ip, path, bytes);
        }

        if (tooLong)
        {
            SendFragmentsV4(now, path, bytes, path.Mtu, source);
            Pool.Return(frame);
        }
        else
        {
            Transmit(now, path, frame, source);
        }
    }

    private void ForwardV6(Instant now, NetworkInterface through, in Ipv6View packet, bool group)
    {
        IpAddress source = packet.Source;
        IpAddress destination = packet.Destination;
        IpPacketInfo ip = new(source, destination, packet.TrafficClass, packet.HopLimit, through, false);
        // RFC 4291 §2.5.6: nothing with a link-local address leaves its link; §2.5.2: the unspecified address is no destination.
        if (group || source.IsUnspecified || destination.IsUnspecified || source.IsLinkLocalV6 || destination.IsLinkLocalV6)
        {
            _counters[SnmpCounter.Ip6InAddrErrors]++;
            if (!group && source.IsLinkLocalV6 && !destination.IsLinkLocalV6 && !destination.IsUnspecified)
            {
                SendErrorV6(now, ip, Icmpv6Type.DestinationUnreachable, BeyondScopeV6, 0, packet.Bytes);
            }

            return;
        }

        ForwardingPath way = FindForwarding(destination);
        if (way.Path is not { } path)
        {
            RefuseV6(now, ip, way.Type, packet.Bytes);
            return;
        }

        if (packet.HopLimit <= 1)
        {
            _counters[SnmpCounter.Ip6InHdrErrors]++;
            SendErrorV6(now, ip, Icmpv6Type.TimeExceeded, 0, 0, packet.Bytes);
            return;
        }

        _counters[SnmpCounter.Ip6OutForwDatagrams]++;
        int mtu = Math.Max(path.Mtu, MinMtuV6);
        if (packet.Bytes.Length > mtu)
        {
            _counters[SnmpCounter.Ip6InTooBigErrors]++;
            _counters[SnmpCounter.Ip6FragFails]++;
            SendErrorV6(now, ip, Icmpv6Type.PacketTooBig, 0, (uint)mtu, packet.Bytes);
            return;
        }

        Frame frame = Pool.Rent(EthernetView.HeaderLength + packet.Bytes.Length);
        Span<byte> bytes = frame.Bytes[EthernetView.HeaderLength..];
        packet.Bytes.CopyTo(bytes);
        bytes[7]--;
        Transmit(now, path, frame, source);
    }

    // RFC 1812 §5.2.7.1, Linux's ip_error.
    private void RefuseV4(Instant now, in IpPacketInfo ip, RouteType type, ReadOnlySpan<byte> packet)
    {
        switch (type)
        {
            case RouteType.Unicast:
                _counters[SnmpCounter.IpExtInNoRoutes]++;
                SendError(now, ip, IcmpType.DestinationUnreachable, NetUnreachable, 0, packet);
                break;
            case RouteType.Unreachable:
                _counters[SnmpCounter.IpInDiscards]++;
                SendError(now, ip, IcmpType.DestinationUnreachable, HostUnreachable, 0, packet);
                break;
            case RouteType.Prohibit:
                _counters[SnmpCounter.IpInDiscards]++;
                SendError(now, ip, IcmpType.DestinationUnreachable, ProhibitedV4, 0, packet);
                break;
            default:
                _counters[SnmpCounter.IpInDiscards]++;
                break;
        }
    }

    // RFC 4443 §3.1; Linux says "no route" for unreachable routes too.
    private void RefuseV6(Instant now, in IpPacketInfo ip, RouteType type, ReadOnlySpan<byte> packet)
    {
        if (type == RouteType.Blackhole)
        {
            _counters[SnmpCounter.Ip6InDiscards]++;
            return;
        }

        _counters[SnmpCounter.Ip6InNoRoutes]++;
        byte code = type == RouteType.Prohibit ? ProhibitedV6 : NetUnreachable;
        SendErrorV6(now, ip, Icmpv6Type.DestinationUnreachable, code, 0, packet);
    }

    // RFC 1141: the checksum follows the one byte that changes; a wrong one stays wrong.
    private static void DecrementTtl(Span<byte> packet)
    {
        packet[8]--;
        uint sum = (uint)BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + 0x100;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)(sum + (sum >= 0xFFFF ? 1 : 0)));
    }

    /// <summary>rp_filter (RFC 3704): an answer would leave where the packet came in (1), or has a way at all (2).</summary>
    private bool PassesReversePathFilter(NetworkInterface through, in IpAddress source)
    {
        if (_sysctls.ReversePathFilter == 0 || through.IsLoopback || source.IsUnspecified)
        {
            return true;
        }

        IpPath? back = FindForwarding(source).Path;
        return back is not null && (_sysctls.ReversePathFilter == 2 || back.Interface == through);
    }

    private ForwardingPath FindForwarding(in IpAddress destination)
    {
        if (_forwarding.TryGetValue(destination, out ForwardingPath known))
        {
            return known;
        }

        if (_forwarding.Count >= MaxCachedPaths)
        {
            _forwarding.Clear();
        }

        Route? route = Routes.Find(destination);
        bool usable = route is { Type: RouteType.Unicast, Interface.IsLoopback: false };
        ForwardingPath found = new(
            usable ? new IpPath(this, route, route!.Interface, default, destination, route.NextHop ?? destination) : null,
            route?.Type ?? RouteType.Unicast,
            IsAnyBroadcast(destination));
        _forwarding.Add(destination, found);
        return found;
    }

    private bool IsAnyBroadcast(in IpAddress destination)
    {
        foreach (NetworkInterface candidate in _interfaces)
        {
            if (IsBroadcast(candidate, destination))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the routing table says of a destination.</summary>
    private readonly record struct ForwardingPath(IpPath? Path, RouteType Type, bool IsBroadcast);
}
