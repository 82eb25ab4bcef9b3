using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// A resolved way to a destination, kept by a connection so that sending costs no look-up. Ask <see cref="IpLayer.FindPath"/>
/// again once <see cref="IsValid"/> is false: routes, addresses or interfaces changed.
/// </summary>
public sealed class IpPath
{
    private readonly IpLayer _layer;
    private readonly int _generation;
    private ushort _nextId;

    internal IpPath(
        IpLayer layer, Route? route, NetworkInterface through, in IpAddress source, in IpAddress destination,
        in IpAddress nextHop)
    {
        _layer = layer;
        _generation = layer.Generation;
        Route = route;
        Interface = through;
        Source = source;
        Destination = destination;
        NextHop = nextHop;
        TransportOffset = EthernetView.HeaderLength + (destination.IsV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength);
        int limit = destination.IsV4 ? ushort.MaxValue : ushort.MaxValue + Ipv6View.HeaderLength;
        Mtu = Math.Min(route is { Mtu: > 0 } ? Math.Min(route.Mtu, through.Mtu) : through.Mtu, limit);
        _nextId = (ushort)destination.GetHashCode();
    }

    public NetworkInterface Interface { get; }

    /// <summary>The host's own address for this way.</summary>
    public IpAddress Source { get; }
    public IpAddress Destination { get; }

    /// <summary>The router, or the destination itself when it is on the link.</summary>
    public IpAddress NextHop { get; }

    /// <summary>The route that led here; null for loopback and for multicast without a route.</summary>
    public Route? Route { get; }

    /// <summary>Path MTU: the longest IP packet in bytes.</summary>
    public int Mtu { get; private set; }

    /// <summary>IPv6 flow label of what goes this way, 20 bits.</summary>
    public uint FlowLabel { get; set; }

    /// <summary>Where the transport header begins in a frame: 34 or 54.</summary>
    public int TransportOffset { get; }

    /// <summary>Nothing changed since this path was found.</summary>
    public bool IsValid => _generation == _layer.Generation;

    /// <summary>The path ends in this host.</summary>
    public bool IsLoopback => Interface.IsLoopback;

    internal NeighbourEntry? Neighbour { get; set; }

    /// <summary>A message said that less fits (RFC 1191, RFC 8201); a larger value changes nothing.</summary>
    /// <param name="mtu">Bytes.</param>
    public void LowerMtu(int mtu) => Mtu = Math.Min(Mtu, mtu);

    /// <summary>
    /// The transport saw forward progress: the next hop is reachable (RFC 4861 §7.3.1), so it need not be probed.
    /// </summary>
    public void Confirm(Instant now) => Neighbour?.Confirm(now);

    /// <summary>Identification for a datagram that may be fragmented.</summary>
    internal ushort TakeId() => _nextId++;
}
