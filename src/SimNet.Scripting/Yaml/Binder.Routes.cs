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
            _errors.Add(to.Position, "route: `via` is missing; write the next hop, like `via: 10.0.0.254`, or `type: unreachable`");
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
    /// An address, or those of a router on this host's networks: of the destination's family, or one of each family; empty after an
    /// error.
    /// </summary>
    private List<IpAddress> NextHops(HostDefinition host, ScriptNode node, string what, IpAddress? destination)
    {
        if (_hosts.Find(h => h.Name == node.Text) is { } router)
        {
            List<IpAddress> found = [];
            foreach (AddressPrefix address in router.Interfaces.SelectMany(i => i.Addresses))
            {
                bool wanted = destination is { } to ? to.IsV4 == address.Address.IsV4 : !found.Exists(f => f.IsV4 == address.Address.IsV4);
                if (wanted && IsOnNetworkOf(host, address.Address) && (destination is null || found.Count == 0))
                {
                    found.Add(address.Address);
                }
            }

            if (found.Count == 0)
            {
                string family = destination is { } to ? to.IsV4 ? "IPv4 " : "IPv6 " : "";
                _errors.Add(node.Position, $"{what}: `{router.Name}` has no {family}address in a network of `{host.Name}`; its networks: "
                    + string.Join(", ", host.Interfaces.SelectMany(i => i.Addresses)));
            }

            return found;
        }

        if (_values.Text(node, what) is { } text && !IpAddress.TryParse(text, out _) && text.Length > 0 && char.IsAsciiLetter(text[0])
            && !text.Contains(':', StringComparison.Ordinal))
        {
            _errors.Add(node.Position, $"{what}: unknown router `{text}`"
                + Suggestions.For(text, _hosts.Where(h => h.IsRouter).Select(h => h.Name), "routers"));
            return [];
        }

        if (_values.Address(node, what) is not { } hop)
        {
            return [];
        }

        if (!IsOnNetworkOf(host, hop))
        {
            _errors.Add(node.Position, $"next hop `{hop}` is in no network of this host; its networks: "
                + string.Join(", ", host.Interfaces.SelectMany(i => i.Addresses)));
        }

        return [hop];
    }

    private static bool IsOnNetworkOf(HostDefinition host, IpAddress address) =>
        host.Interfaces.Any(i => i.Addresses.Any(a => a.Contains(address)));
}
