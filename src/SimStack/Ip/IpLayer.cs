using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// One host's IPv4 and IPv6 (RFC 791, RFC 8200, RFC 1122): interfaces, addresses, routes, neighbours, ICMP. Sans-I/O: frames come
/// in by <see cref="Receive"/>, go out by each interface's queue, and time is an argument.
/// </summary>
public sealed partial class IpLayer
{
    private const int MaxCachedPaths = 4096;
    private readonly SnmpCounters _counters;
    private readonly TransportInput _transport;
    private readonly Sysctls _sysctls;
    private readonly List<NetworkInterface> _interfaces = [];
    private readonly List<IpAddress> _own = [];
    private readonly Dictionary<(IpAddress Destination, IpAddress Source), IpPath> _paths = [];
    private IpAddress _lastOwn;

    /// <param name="pool">Where frames come from and go back to.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="transport">Where segments and errors go.</param>
    /// <param name="sysctls">The host's settings, which may change at any time; null: Linux's.</param>
    internal IpLayer(FramePool pool, SnmpCounters counters, TransportInput transport, Sysctls? sysctls = null)
    {
        Pool = pool;
        _sysctls = sysctls ?? new Sysctls();
        _counters = counters;
        _transport = transport;
        Routes.Changed = Invalidate;
        Loopback = new NetworkInterface(this, pool, "lo", 1, MacAddress.Zero, 65_536, loopback: true);
        Loopback.AddressList.Add(new InterfaceAddress(IpAddress.LoopbackV4, 8));
        Loopback.AddressList.Add(new InterfaceAddress(IpAddress.LoopbackV6, 128));
        _interfaces.Add(Loopback);
        _own.Add(IpAddress.LoopbackV4);
        _own.Add(IpAddress.LoopbackV6);
        _lastOwn = IpAddress.LoopbackV4;
    }

    /// <summary>The interface <c>lo</c>; whoever empties its queue gives the frames back to <see cref="Receive"/>.</summary>
    public NetworkInterface Loopback { get; }

    /// <summary>All interfaces, <c>lo</c> first.</summary>
    public IReadOnlyList<NetworkInterface> Interfaces => _interfaces;
    public RoutingTable Routes { get; } = new();

    /// <summary>Time to live and hop limit of what this layer sends itself.</summary>
    public byte DefaultTtl
    {
        get => (byte)_sysctls.DefaultTtl;
        set => _sysctls.DefaultTtl = value;
    }

    /// <summary>Datagrams with DF have an identification too, all from one counter (Windows).</summary>
    internal bool CountsEveryDatagram { get; init; }

    /// <summary>An echo reply has its request's code.</summary>
    internal bool EchoesCode { get; init; } = true;

    internal FramePool Pool { get; }

    /// <summary>Changes whenever a path may have become wrong.</summary>
    internal int Generation { get; private set; }

    /// <summary>Adds an Ethernet interface, which is up at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An MTU below 68 (RFC 791) or above 65,536.</exception>
    public NetworkInterface AddInterface(string name, MacAddress mac, int mtu = 1500)
    {
        CheckMtu(mtu);
        NetworkInterface added = new(this, Pool, name, _interfaces.Count + 1, mac, mtu, loopback: false);
        _interfaces.Add(added);
        Invalidate();
        return added;
    }

    /// <summary>Gives an interface an address and adds the route to its prefix.</summary>
    /// <exception cref="ArgumentException">The host has the address already, or it is no unicast address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length does not fit the family.</exception>
    public void AddAddress(NetworkInterface on, IpAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)prefixLength, address.IsV4 ? 32u : 128u, nameof(prefixLength));
        if (address.IsMulticast || address.IsUnspecified || address == IpAddress.BroadcastV4)
        {
            throw new ArgumentException($"{address} cannot be a host's address.", nameof(address));
        }

        if (_own.Contains(address))
        {
            throw new ArgumentException($"The host has {address} already.", nameof(address));
        }

        on.AddressList.Add(new InterfaceAddress(address, prefixLength));
        _own.Add(address);
        if (!on.IsLoopback)
        {
            Routes.Add(ConnectedRoute(on, address, prefixLength));
        }

        Invalidate();
    }

    /// <summary>Takes an address away, and the route that came with it; false when the interface does not have it.</summary>
    public bool RemoveAddress(NetworkInterface on, IpAddress address)
    {
        int index = on.AddressList.FindIndex(a => a.Address == address);
        if (index < 0)
        {
            return false;
        }

        int length = on.AddressList[index].PrefixLength;
        on.AddressList.RemoveAt(index);
        _own.Remove(address);
        _lastOwn = IpAddress.LoopbackV4;
        Routes.Remove(ConnectedRoute(on, address, length));
        Invalidate();
        return true;
    }

    /// <summary>Changes an interface's MTU in bytes; paths are found anew.</summary>
    public void SetMtu(NetworkInterface on, int mtu)
    {
        CheckMtu(mtu);
        on.Mtu = mtu;
        Invalidate();
    }

    /// <summary>
    /// Takes an interface up or down; while down it drops what is sent and received. Going down, what waits is dropped and the
    /// neighbours are forgotten, but for permanent ones.
    /// </summary>
    public void SetUp(NetworkInterface on, bool up)
    {
        on.IsUp = up;
        if (!up)
        {
            on.DropOutgoing();
            on.Neighbours.Flush();
        }

        Invalidate();
    }

    /// <summary>
    /// Says that the cable was pulled out or put in. As in Linux (ignore_routes_with_linkdown = 0) addresses and routes stay, and
    /// what the neighbours answered is forgotten; frames to send are dropped while there is no carrier.
    /// </summary>
    public void SetCarrier(NetworkInterface on, bool carrier)
    {
        on.HasCarrier = carrier;
        if (!carrier)
        {
            on.DropOutgoing();
            on.Neighbours.Flush();
        }
    }

    /// <summary>True for the addresses of all interfaces and for 127.0.0.0/8.</summary>
    public bool IsOwnAddress(in IpAddress address)
    {
        if (address == _lastOwn)
        {
            return true;
        }

        if (address.IsLoopback)
        {
            return true;
        }

        if (!_own.Contains(address))
        {
            return false;
        }

        _lastOwn = address;
        return true;
    }

    /// <summary>
    /// The way to a destination, from a cache while nothing changed. Null: no route, no source address, a source that is not the
    /// host's own or of the other family, or an unspecified destination.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">The host's address to send from; unspecified = selected (RFC 1122 §3.3.4.3, RFC 6724 in
    /// short).</param>
    public IpPath? FindPath(IpAddress destination, IpAddress source)
    {
        if (source.IsUnspecified)
        {
            source = default;
        }

        if (_paths.TryGetValue((destination, source), out IpPath? path) && path.IsValid)
        {
            return path;
        }

        path = Resolve(destination, source);
        if (path is not null)
        {
            if (_paths.Count >= MaxCachedPaths)
            {
                _paths.Clear();
            }

            _paths[(destination, source)] = path;
        }

        return path;
    }

    /// <summary>The same for packets with those options: the way to the first hop of their source route.</summary>
    internal IpPath? FindPathWith(in IpAddress destination, in IpAddress source, IpOptions? options)
    {
        if (options is null || destination.IsV6)
        {
            return FindPath(destination, source);
        }

        return FindPath(options.FirstHop, source) is { } way ? new IpPath(way, options) : null;
    }

    /// <summary>Why <see cref="FindPath"/> finds no way to a destination: what connect(2) and sendto(2) return.</summary>
    public Errno WhyNoPath(IpAddress destination) => Routes.Find(destination)?.Type switch
    {
        RouteType.Unreachable => Errno.EHOSTUNREACH,
        RouteType.Prohibit => Errno.EACCES,
        RouteType.Blackhole => Errno.EINVAL,
        _ => Errno.ENETUNREACH,
    };

    // With Linux's metrics; an IPv6 source is selected by scope and prefix instead.
    private static Route ConnectedRoute(NetworkInterface on, in IpAddress address, int length) =>
        new(address, length, null, on, address.IsV4 ? 0 : 256) { PreferredSource = address.IsV4 ? address : null };

    private static void CheckMtu(int mtu)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, 68);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mtu, 65_536);
    }

    private void Invalidate()
    {
        Generation++;
        _lastSource = default;
        _paths.Clear();
        _forwarding.Clear();
    }

    private IpPath? Resolve(in IpAddress destination, in IpAddress source)
    {
        bool chosen = source != default;
        if (destination.IsUnspecified || (chosen && (source.IsV4 != destination.IsV4 || !IsOwnAddress(source))))
        {
            return null;
        }

        if (IsOwnAddress(destination))
        {
            IpAddress from = chosen ? source : destination.IsV4 && destination.IsLoopback ? IpAddress.LoopbackV4 : destination;
            NeighbourEntry itself = Fixed(destination, MacAddress.Zero);
            return new IpPath(this, null, Loopback, from, destination, destination) { Neighbour = itself };
        }

        Route? route = Routes.Find(destination) is { } first ? PreferLiving(first) : null;
        NetworkInterface? through = route?.Interface ?? (destination.IsMulticast || destination == IpAddress.BroadcastV4
            ? FirstWith(destination.IsV4)
            : null);
        if (through is null || route is { Type: not RouteType.Unicast })
        {
            return null;
        }

        PathException? exception = ExceptionTo(destination);
        IpAddress nextHop = exception?.NextHop ?? route?.NextHop ?? destination;
        IpAddress selected = chosen ? source : SelectSource(route, through, destination, nextHop);
        // RFC 1122 §3.2.1.3 (g): loopback addresses stay inside the host.
        if (selected == default || (selected.IsLoopback && !through.IsLoopback))
        {
            return null;
        }

        IpPath path = new(this, route, through, selected, destination, nextHop, exception);
        if (GroupMac(through, destination) is { } mac)
        {
            path.Neighbour = Fixed(destination, mac);
        }

        return path;
    }

    /// <summary>
    /// Of several default routes with the same metric one whose router answers (RFC 1122 §3.3.1.4 and §3.3.1.5; Linux: fib_select_default).
    /// </summary>
    private Route PreferLiving(Route route)
    {
        if (route.PrefixLength != 0 || !IsDead(route))
        {
            return route;
        }

        foreach (Route other in Routes.WithPrefixOf(route))
        {
            if (other.Metric == route.Metric && other is { Type: RouteType.Unicast, NextHop: not null, Interface.IsUp: true } && !IsDead(other))
            {
                return other;
            }
        }

        return route;
    }

    private static bool IsDead(Route route) =>
        route.NextHop is { } router && route.Interface.Neighbours.Find(router) is { State: NeighbourState.Failed };

    private static NeighbourEntry Fixed(in IpAddress address, MacAddress mac) =>
        new(address) { MacAddress = mac, State = NeighbourState.Permanent };

    private NetworkInterface? FirstWith(bool v4)
    {
        foreach (NetworkInterface candidate in _interfaces)
        {
            if (!candidate.IsLoopback && candidate.IsUp && candidate.AddressList.Exists(a => a.Address.IsV4 == v4))
            {
                return candidate;
            }
        }

        return null;
    }

    // RFC 1112 §6.4, RFC 2464 §7; null for unicast.
    private static MacAddress? GroupMac(NetworkInterface through, in IpAddress destination)
    {
        if (destination.IsMulticast)
        {
            return new MacAddress(destination.IsV4
                ? 0x0100_5E00_0000ul | destination.V4 & 0x7F_FFFFu
                : 0x3333_0000_0000ul | destination.Low & 0xFFFF_FFFFul);
        }

        return IsBroadcast(through, destination) ? MacAddress.Broadcast : null;
    }

    /// <summary>The path leads to many hosts: its destination is a multicast or broadcast address.</summary>
    internal static bool LeadsToGroup(IpPath path) => path.Destination.IsMulticast || IsBroadcast(path.Interface, path.Destination);

    private static bool IsBroadcast(NetworkInterface on, in IpAddress address)
    {
        if (address == IpAddress.BroadcastV4)
        {
            return true;
        }

        foreach (InterfaceAddress own in on.AddressList)
        {
            if (own.IsBroadcast(address))
            {
                return true;
            }
        }

        return false;
    }

    private IpAddress SelectSource(Route? route, NetworkInterface through, in IpAddress destination, in IpAddress nextHop)
    {
        if (route?.PreferredSource is { } preferred)
        {
            return preferred;
        }

        IpAddress best = Best(through.AddressList, destination, nextHop);
        foreach (NetworkInterface other in _interfaces)
        {
            // Linux's weak host model: another interface's address serves, but no link-local one and not the loopback's.
            if (best == default && other != through && !other.IsLoopback)
            {
                best = Best(other.AddressList, destination, nextHop);
                best = best.IsLinkLocalV6 ? default : best;
            }
        }

        return best;
    }

    // IPv4: the address whose prefix holds the next hop, else the first. IPv6: RFC 6724 rules 2 (scope) and 8 (longest match).
    private static IpAddress Best(List<InterfaceAddress> candidates, in IpAddress destination, in IpAddress nextHop)
    {
        IpAddress best = default;
        int bestRank = -1;
        bool linkLocal = destination.IsLinkLocalV6 || destination.High >> 48 == 0xFF02;
        foreach (InterfaceAddress candidate in candidates)
        {
            if (candidate.Address.IsV4 != destination.IsV4)
            {
                continue;
            }

            int rank = destination.IsV4
                ? candidate.Contains(nextHop) ? 1 : 0
                : (candidate.Address.IsLinkLocalV6 == linkLocal ? 1000 : 0) + IpPrefix.CommonBits(candidate.Address, destination);
            if (rank > bestRank)
            {
                best = candidate.Address;
                bestRank = rank;
            }
        }

        return best;
    }
}
