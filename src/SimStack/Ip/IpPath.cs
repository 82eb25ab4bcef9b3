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
    private Instant _expires = Instant.Never;
    private readonly int _change;
    private int _looked;

    internal IpPath(
        IpLayer layer, Route? route, NetworkInterface through, in IpAddress source, in IpAddress destination,
        in IpAddress nextHop, PathException? exception = null)
    {
        _layer = layer;
        _generation = layer.Generation;
        _change = layer.ChangeOf(destination);
        _looked = layer.Changes;
        Route = route;
        Interface = through;
        Source = source;
        Destination = destination;
        NextHop = nextHop;
        TransportOffset = EthernetView.HeaderLength + (destination.IsV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength);
        int limit = destination.IsV4 ? ushort.MaxValue : ushort.MaxValue + Ipv6View.HeaderLength;
        Mtu = Math.Min(route is { Mtu: > 0 } ? Math.Min(route.Mtu, through.Mtu) : through.Mtu, limit);
        IsMtuLocked = route is { IsMtuLocked: true };
        if (exception is not null)
        {
            Mtu = Math.Min(Mtu, exception.Mtu);
            IsMtuLocked |= exception.IsMtuLocked;
            _expires = exception.NextExpiry;
        }
    }

    /// <summary>The same way for packets with options.</summary>
    internal IpPath(IpPath way, IpOptions options)
        : this(way._layer, way.Route, way.Interface, way.Source, way.Destination, way.NextHop)
    {
        Mtu = way.Mtu;
        IsMtuLocked = way.IsMtuLocked;
        _expires = way._expires;
        Neighbour = way.Neighbour;
        Options = options;
        TransportOffset += options.Length;
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
    public int Mtu { get; }

    /// <summary>The MSS to advertise in bytes: the route's, or what the path MTU leaves behind the headers.</summary>
    public int AdvertisedMss => Route is { AdvMss: > 0 } ? Route.AdvMss : Mtu - (Destination.IsV4 ? 40 : 60);

    /// <summary>
    /// Somewhere on the way is less than <c>min_pmtu</c>, or the route says so: IPv4 packets go without DF, for routers to fragment (Linux).
    /// </summary>
    public bool IsMtuLocked { get; }

    /// <summary>IPv6 flow label of the next packet that goes this way, 20 bits; 0 for none, as it is again behind that packet.</summary>
    public uint FlowLabel { get; set; }

    /// <summary>Where the transport header begins in a frame: 34 or 54.</summary>
    public int TransportOffset { get; }

    /// <summary>Nothing changed since this path was found, and its MTU has not expired.</summary>
    public bool IsValid => _generation == _layer.Generation && (_looked == _layer.Changes || IsUnchanged()) && _layer.Clock < _expires;

    /// <summary>The path ends in this host.</summary>
    public bool IsLoopback => Interface.IsLoopback;

    /// <summary>When a path MTU or a router that ICMP told of is forgotten; never: without such.</summary>
    internal Instant Expires => _expires;

    internal NeighbourEntry? Neighbour { get; set; }

    /// <summary>IPv4 options of every packet; <see cref="Destination"/> then is the source route's first hop.</summary>
    internal IpOptions? Options { get; }

    /// <summary>Bytes that <see cref="Options"/> take of every packet.</summary>
    internal int OptionsLength => Options?.Length ?? 0;

    /// <summary>
    /// The transport saw forward progress: the next hop is reachable (RFC 4861 §7.3.1), so it need not be probed.
    /// </summary>
    public void Confirm(Instant now) => Neighbour?.Confirm(now);

    /// <summary>
    /// The transport hears nothing from the other end (RFC 1122 §3.3.1.4, negative advice): whoever uses this path looks for one anew (Linux:
    /// dst_negative_advice).
    /// </summary>
    internal void Doubt() => _expires = new Instant(long.MinValue);

    /// <summary>Identification for an IPv4 datagram that may be fragmented.</summary>
    internal ushort TakeId() => (ushort)_layer.NextId(Destination);

    // Something was learned about some destination: about this one? Looked up once for each such event, not for each packet.
    private bool IsUnchanged()
    {
        if (_layer.ChangeOf(Destination) != _change)
        {
            return false;
        }

        _looked = _layer.Changes;
        return true;
    }
}
