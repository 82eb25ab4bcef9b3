namespace SimStack.Ip;

/// <summary>
/// Longest-prefix match for IPv4 and IPv6. One hash table per prefix length in use, longest first: a look-up costs as many probes
/// as there are different lengths.
/// </summary>
public sealed class RoutingTable
{
    private readonly List<Route> _routes = [];
    private readonly List<Level> _v4 = [];
    private readonly List<Level> _v6 = [];

    /// <summary>All routes in the order they were added.</summary>
    public IReadOnlyList<Route> Routes => _routes;

    internal Action? Changed { get; set; }

    /// <summary>Adds a route; among equal prefixes and metrics the one added first is used.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length does not fit the family.</exception>
    public void Add(Route route)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)route.PrefixLength, route.Prefix.IsV4 ? 32u : 128u, nameof(route));
        route = route with { Prefix = IpPrefix.Mask(route.Prefix, route.PrefixLength) };
        _routes.Add(route);
        Level level = LevelFor(route);
        if (!level.ByPrefix.TryGetValue(route.Prefix, out List<Route>? same))
        {
            level.ByPrefix[route.Prefix] = same = [];
        }

        int at = same.Count;
        while (at > 0 && same[at - 1].Metric > route.Metric)
        {
            at--;
        }

        same.Insert(at, route);
        Changed?.Invoke();
    }

    /// <summary>Adds a default route (0.0.0.0/0 or ::/0) through that router.</summary>
    public void AddDefault(IpAddress nextHop, NetworkInterface through, int metric = 0) =>
        Add(new Route(nextHop.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6, 0, nextHop, through, metric));

    /// <summary>Removes an equal route; false when there is none.</summary>
    public bool Remove(Route route)
    {
        route = route with { Prefix = IpPrefix.Mask(route.Prefix, route.PrefixLength) };
        if (!_routes.Remove(route))
        {
            return false;
        }

        LevelFor(route).ByPrefix[route.Prefix].Remove(route);
        Changed?.Invoke();
        return true;
    }

    /// <summary>
    /// The route of the longest prefix, then the smallest metric, whose interface is up; null when there is none.
    /// </summary>
    public Route? Find(in IpAddress destination)
    {
        foreach (Level level in destination.IsV4 ? _v4 : _v6)
        {
            if (!level.ByPrefix.TryGetValue(IpPrefix.Mask(destination, level.Length), out List<Route>? same))
            {
                continue;
            }

            foreach (Route route in same)
            {
                if (route.Interface.IsUp)
                {
                    return route;
                }
            }
        }

        return null;
    }

    /// <summary>The routes with that one's prefix, best first.</summary>
    internal IReadOnlyList<Route> WithPrefixOf(Route route) => LevelFor(route).ByPrefix.GetValueOrDefault(route.Prefix) ?? [];

    private Level LevelFor(Route route)
    {
        List<Level> levels = route.Prefix.IsV4 ? _v4 : _v6;
        int at = 0;
        while (at < levels.Count && levels[at].Length > route.PrefixLength)
        {
            at++;
        }

        if (at == levels.Count || levels[at].Length != route.PrefixLength)
        {
            levels.Insert(at, new Level(route.PrefixLength));
        }

        return levels[at];
    }

    private sealed class Level(int length)
    {
        internal int Length { get; } = length;
        internal Dictionary<IpAddress, List<Route>> ByPrefix { get; } = [];
    }
}
