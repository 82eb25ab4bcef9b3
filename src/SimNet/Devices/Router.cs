using SimNet.Hosts;
using SimStack.Ip;

namespace SimNet.Devices;

/// <summary>
/// A router: a host whose stack forwards IPv4 and IPv6 by its own table, with the ICMP errors that this brings. Its interfaces are
/// ports for links.
/// </summary>
public sealed class Router
{
    /// <summary>Adds a router to a simulation; it has no interfaces yet.</summary>
    /// <param name="simulation">Where.</param>
    /// <param name="options">Name, profile, processing delay.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public Router(Simulation simulation, SimHostOptions options)
    {
        Host = simulation.AddHost(options);
        Host.Stack.Sysctls.IpForward = true;
        Host.Stack.Sysctls.Ip6Forwarding = true;
    }

    /// <summary>Adds a router that behaves like Linux.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public Router(Simulation simulation, string name)
        : this(simulation, new SimHostOptions { Name = name })
    {
    }

    /// <summary>The host that it is; also among <see cref="Simulation.Hosts"/>.</summary>
    public SimHost Host { get; }

    /// <summary>Its name.</summary>
    public string Name => Host.Name;

    /// <summary>Its routing table.</summary>
    public RoutingTable Routes => Host.Stack.Ip.Routes;

    /// <summary>Its interfaces in the order in which they were added.</summary>
    public IReadOnlyList<HostInterface> Interfaces => Host.Interfaces;

    /// <summary>Adds an interface with an address; the route to its network comes with it.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <param name="prefixLength">Bits of the network: up to 32 or 128.</param>
    /// <param name="mtu">Bytes, Ethernet header not counted.</param>
    public HostInterface AddInterface(IpAddress address, int prefixLength, int mtu = 1500)
    {
        HostInterface port = Host.AddInterface(mtu: mtu);
        port.AddAddress(address, prefixLength);
        return port;
    }

    /// <summary>Adds a route by a next hop, which an interface's network must hold.</summary>
    /// <exception cref="ArgumentException">No interface's network holds the next hop.</exception>
    public void AddRoute(IpAddress prefix, int prefixLength, IpAddress nextHop)
    {
        foreach (HostInterface port in Host.Interfaces)
        {
            foreach (InterfaceAddress own in port.Stack.Addresses)
            {
                if (own.Contains(nextHop))
                {
                    Routes.Add(new Route(prefix, prefixLength, nextHop, port.Stack));
                    return;
                }
            }
        }

        throw new ArgumentException($"{nextHop} is in no network of {Name}", nameof(nextHop));
    }

    /// <summary>Adds a route that leads nowhere.</summary>
    /// <param name="prefix">Destinations.</param>
    /// <param name="prefixLength">Bits of the prefix.</param>
    /// <param name="type">How packets are refused.</param>
    public void AddRoute(IpAddress prefix, int prefixLength, RouteType type) =>
        Routes.Add(new Route(prefix, prefixLength, null, Host.Stack.Loopback) { Type = type });

    public override string ToString() => Name;
}
