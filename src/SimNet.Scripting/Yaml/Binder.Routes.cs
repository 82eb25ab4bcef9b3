using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;

namespace SimNet.Scripting.Yaml;

/// <summary>Routers, and the routes of all hosts, whose next hops may be routers' names.</summary>
internal sealed partial class Binder
{
    private readonly List<(HostDefinition Host, MapReader Map)> _routesToBind = [];

    private void Routers(MapReader map)
    {
        string profile = map.Find("profile") is { } node ? node.Text : "linux";
        foreach (ScriptEntry entry in map.Entries("routers"))
        {
            if (_hosts.Exists(h => h.Name == entry.Key.Text))
            {
                _errors.Add(entry.Key.Position, $"duplicate name `{entry.Key.Text}`: there is a host of that name already; give the router another one");
            }
            else if (Host(entry, profile, router: true) is { } router)
            {
                _hosts.Add(router);
            }
        }
    }

    private void BindRoutes()
    {
        foreach ((HostDefinition host, MapReader map) in _routesToBind)
        {
            var routes = new List<RouteDefinition>();
            foreach (ScriptNode node in map.List("routes"))
            {
                if (MapReader.Open(node, Shapes.Route, _errors, "route") is { } route)
                {
                    Route(routes, host, route);
                }
            }

            if (map.Find("gateway") is { } gateway)
            {
                foreach (IpAddress router in NextHops(host, gateway, "gateway", null))
                {
                    routes.Add(new RouteDefinition(new AddressPrefix(router.IsV4 ? IpAddress.AnyV4 : IpAddress.AnyV6, 0), router, gateway.Position));
                }
            }

            host.Routes = routes;
        }
    }

    private void Route(List<RouteDefinition> routes, HostDefinition host, MapReader route)
    {
        if (route.Find("to") is not { } to || _values.Prefix(to, "to") is not { } prefix)
        {
            return;
        }

        RouteType type = route.Word("type", "unicast", "unreachable", "prohibit", "blackhole") switch
        {
            "unreachable" => RouteType.Unreachable,
            "prohibit" => RouteType.Prohibit,
            "blackhole" => RouteType.Blackhole,
            _ => RouteType.Unicast,
        };
        if (type != RouteType.Unicast)
        {
            if (route.Find("via") is { } useless)
            {
                _errors.Add(useless.Position, $"via: a route of type `{route.Find("type")!.Text}` has no next hop; leave `via` or `type` out");
            }

            routes.Add(new RouteDefinition(prefix, null, to.Position, type));
        }
        else if (route.Find("via") is not { } via)
        {
            if (!route.Has("type") || route.Find("type")!.Text == "unicast")
            {
                _errors.Add(to.Position, "route: `via` is missing; write the next hop, like `via: 10.0.0.254`, or `type: unreachable`");
            }
        }
        else
        {
            foreach (IpAddress hop in NextHops(host, via, "via", prefix.Address))
            {
                routes.Add(new RouteDefinition(prefix, hop, via.Position));
            }
        }
    }

    /// <summary>
    /// An address, or those behind a name that are on this host's networks: of the destination's family, or one of each family; empty
    /// after an error.
    /// </summary>
    private List<IpAddress> NextHops(HostDefinition host, ScriptNode node, string what, IpAddress? destination)
    {
        if (node.Kind != NodeKind.Scalar || IpAddress.TryParse(node.Text, out _) || !IsName(node.Text))
        {
            if (_values.Address(node, what) is not { } hop)
            {
                return [];
            }

            if (!IsOnNetworkOf(host, hop))
            {
                _errors.Add(node.Position, $"next hop `{hop}` is in no network of this host; its networks: {NetworksOf(host)}");
            }

            return [hop];
        }

        if (AddressesOf(node.Text, node.Position) is not { } addresses)
        {
            return [];
        }

        List<IpAddress> found = [];
        foreach (IpAddress address in addresses)
        {
            bool wanted = destination is null || destination.Value.IsV4 == address.IsV4;
            if (wanted && !found.Exists(f => f.IsV4 == address.IsV4) && IsOnNetworkOf(host, address))
            {
                found.Add(address);
            }
        }

        if (found.Count == 0)
        {
            string family = destination is { } to ? to.IsV4 ? "IPv4 " : "IPv6 " : "";
            _errors.Add(node.Position, $"{what}: `{node.Text}` has no {family}address in a network of `{host.Name}`; its networks: {NetworksOf(host)}");
        }

        return found;
    }

    private static string NetworksOf(HostDefinition host) => string.Join(", ", host.Interfaces.SelectMany(i => i.Addresses));

    private static bool IsOnNetworkOf(HostDefinition host, IpAddress address) =>
        host.Interfaces.Any(i => i.Addresses.Any(a => a.Contains(address)));
}
