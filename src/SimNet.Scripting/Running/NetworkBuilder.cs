using System.Globalization;
using SimNet.Bridge;
using SimNet.Devices;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Scripting.Model;
using SimNet.Time;
using SimStack.Ip;
using SimStack.Profiles;

namespace SimNet.Scripting.Running;

/// <summary>Builds a scenario's network.</summary>
internal sealed class NetworkBuilder(ScenarioDefinition scenario, RunOptions options)
{
    private readonly Dictionary<InterfaceName, HostInterface> _ports = [];
    private readonly Dictionary<InterfaceName, SwitchPort> _switchPorts = [];
    private readonly Dictionary<string, BridgePort> _bridgePorts = new(StringComparer.Ordinal);

    public Simulation Build()
    {
        RunLimits limits = options.Limits ?? scenario.Limits;
        var simulation = new Simulation(new SimulationOptions
        {
            Seed = options.Seed ?? scenario.Seed,
            // Ticks of 100 ns are as fine as a DateTimeOffset gets; captures add the rest.
            Start = DateTimeOffset.UnixEpoch.AddTicks((options.Start ?? scenario.Start).UnixNanoseconds / 100),
            Limits = new SimulationLimits { VirtualTime = limits.Time, Events = limits.Events },
        });
        foreach (HostDefinition host in scenario.Hosts)
        {
            AddHost(simulation, host);
        }

        foreach (SwitchDefinition device in scenario.Switches)
        {
            AddSwitch(simulation, device);
        }

        foreach (BridgeDefinition bridge in scenario.Bridges)
        {
            _bridgePorts.Add(bridge.Name, simulation.AddBridgePort(bridge.Name));
        }

        foreach (LinkDefinition link in scenario.Links)
        {
            AddLink(simulation, link);
        }

        foreach (HostDefinition host in scenario.Hosts)
        {
            AddNeighbours(host);
        }

        foreach (InterfaceName station in options.Stations.Keys.Where(_ports.ContainsKey).OrderBy(k => k.ToString(), StringComparer.Ordinal))
        {
            simulation.Loop.Post(simulation.Now, () => Announce(_ports[station]));
        }

        return simulation;
    }

    // RFC 5227 §2.3, RFC 4861 §7.2.6: who talked to somebody else by the address learns of the new one.
    private static void Announce(HostInterface port)
    {
        foreach (IpAddress address in port.Addresses)
        {
            port.Host.Stack.Ip.Announce(port.Stack, address);
        }

        port.Host.Pump();
    }

    private void AddHost(Simulation simulation, HostDefinition definition)
    {
        string name = options.Profile ?? definition.Profile;
        if (!Profile.TryGet(name, out Profile profile))
        {
            string[] known = [.. Profile.All.Select(p => p.Name)];
            throw new ScriptException([new ScriptError(definition.Position, $"unknown profile `{name}`" + Yaml.Suggestions.For(name, known, "profiles"))]);
        }

        var settings = new SimHostOptions
        {
            Name = definition.Name,
            Profile = profile,
            ProcessingDelay = definition.ProcessingDelay,
            WakeupDelay = definition.WakeupDelay,
            BusyTimes = definition.BusyTimes,
            Timestamps = definition.Timestamps is { } clock ? new TimestampClock(clock.Offset, clock.Phase) : null,
        };
        SimHost host = definition.IsRouter ? new Router(simulation, settings).Host : simulation.AddHost(settings);
        foreach (SysctlSetting setting in definition.Sysctls)
        {
            if (!host.Stack.Sysctls.TrySet(setting.Name, setting.Value, out string? error))
            {
                throw new ScriptException([new ScriptError(setting.Position, error ?? $"{setting.Name} cannot be {setting.Value}")]);
            }
        }

        foreach (InterfaceDefinition i in definition.Interfaces)
        {
            var full = new InterfaceName(definition.Name, i.Name);
            HostInterface port = host.AddInterface(i.Name, options.Stations.TryGetValue(full, out MacAddress station) ? station : i.Mac, i.Mtu);
            _ports[full] = port;
            foreach (AddressPrefix address in i.Addresses)
            {
                port.AddAddress(address.Address, address.Length);
            }

            if (i.Queue is { } queue)
            {
                port.SetQueue(queue.Create(i.Mtu));
            }
        }

        foreach (RouteDefinition route in definition.Routes)
        {
            if (route.Via is not { } via)
            {
                host.Stack.Ip.Routes.Add(new Route(route.To.Address, route.To.Length, null, host.Stack.Loopback) { Type = route.Type });
                continue;
            }

            InterfaceDefinition way = definition.Interfaces.First(i => i.Addresses.Any(a => a.Contains(via)));
            host.Stack.AddRoute(route.To.Address, route.To.Length, via, _ports[new InterfaceName(definition.Name, way.Name)].Stack);
        }
    }

    private void AddNeighbours(HostDefinition definition)
    {
        foreach (InterfaceDefinition i in definition.Interfaces)
        {
            var name = new InterfaceName(definition.Name, i.Name);
            HostInterface port = _ports[name];
            foreach (NeighbourDefinition neighbour in definition.Neighbours.Where(n => i.Addresses.Any(a => a.Contains(n.Address))))
            {
                port.AddNeighbour(neighbour.Address, neighbour.Mac);
            }

            foreach (HostInterface peer in definition.WarmNeighbours ? Peers(name) : [])
            {
                foreach (IpAddress address in peer.Addresses)
                {
                    port.AddNeighbour(address, peer.Stack.MacAddress);
                }
            }
        }
    }

    /// <summary>The interfaces at the other end of a link, and those behind a switch there.</summary>
    private IEnumerable<HostInterface> Peers(InterfaceName name)
    {
        LinkDefinition? link = scenario.Links.FirstOrDefault(l => l.A == name || l.B == name);
        if (link is null)
        {
            return [];
        }

        InterfaceName other = link.A == name ? link.B : link.A;
        if (_ports.TryGetValue(other, out HostInterface? port))
        {
            return [port];
        }

        // The links make no loop of switches.
        return scenario.Links.SelectMany(l => new[] { l.A, l.B }).Where(end => end.Host == other.Host && end != other).SelectMany(Peers);
    }

    private void AddSwitch(Simulation simulation, SwitchDefinition definition)
    {
        int linked = scenario.Links.SelectMany(l => new[] { l.A, l.B }).Where(end => end.Host == definition.Name)
            .Select(end => SwitchDefinition.PortNumber(end.Interface)).DefaultIfEmpty(1).Max();
        Switch device = simulation.AddSwitch(new SwitchOptions
        {
            Name = definition.Name,
            Ports = definition.Ports ?? linked,
            Ageing = definition.Ageing,
            TableSize = definition.TableSize,
            ForwardingDelay = definition.Delay,
        });
        foreach (SwitchPort port in device.Ports)
        {
            _switchPorts[new InterfaceName(definition.Name, port.ShortName)] = port;
        }
    }

    private LinkPort Port(InterfaceName name) =>
        _ports.TryGetValue(name, out HostInterface? port) ? port
        : _switchPorts.TryGetValue(name, out SwitchPort? switchPort) ? switchPort
        : _bridgePorts[name.Host];

    private void AddLink(Simulation simulation, LinkDefinition definition)
    {
        Link link = simulation.AddLink(Port(definition.A), Port(definition.B), new LinkOptions
        {
            HasCarrier = definition.HasCarrier,
            AToB = Apply(new LinkDirectionOptions(), definition.AToB),
            BToA = Apply(new LinkDirectionOptions(), definition.BToA),
        });
        for (int i = 0; i < scenario.Faults.Count; i++)
        {
            FaultDefinition fault = scenario.Faults[i];
            if (fault.From == definition.A && fault.To == definition.B)
            {
                AddFault(simulation, link.AToB, fault, i + 1);
            }
            else if (fault.From == definition.B && fault.To == definition.A)
            {
                AddFault(simulation, link.BToA, fault, i + 1);
            }
        }

        foreach (LinkChange change in definition.Changes)
        {
            simulation.Loop.Post(Instant.Zero + change.At, () =>
            {
                link.AToB.Options = Apply(link.AToB.Options, change.AToB);
                link.BToA.Options = Apply(link.BToA.Options, change.BToA);
            });
        }
    }

    private static void AddFault(Simulation simulation, LinkDirection direction, FaultDefinition fault, int number)
    {
        if (fault.At is { } at)
        {
            var timed = new InjectionRule(fault.Match, fault.Action.Packets ?? []);
            direction.AddRule(timed);
            simulation.Loop.Post(Instant.Zero + at, () => timed.Fire(direction));
            return;
        }

        string name = fault.Name ?? number.ToString(CultureInfo.InvariantCulture);
        direction.AddRule(new NthMatchRule(fault.Match, fault.Action, [.. fault.Nth])
        {
            Every = fault.Every,
            Chance = fault.Chance,
            Random = simulation.Random.Child("fault:" + name),
        });
    }

    private static LinkDirectionOptions Apply(LinkDirectionOptions before, LinkSettings settings) => before with
    {
        Up = settings.Up ?? before.Up,
        Rate = settings.Rate ?? before.Rate,
        Delay = settings.Delay ?? before.Delay,
        Jitter = settings.Jitter ?? before.Jitter,
        JitterShape = settings.JitterShape ?? (settings.Jitter is null ? before.JitterShape : JitterShape.Uniform),
        AllowReordering = settings.JitterReorders ?? (settings.Jitter is null && before.AllowReordering),
        Loss = settings.Loss ?? before.Loss,
        BurstLoss = settings.BurstLoss ?? (settings.Loss is null ? before.BurstLoss : null),
        Reorder = settings.Reorder ?? before.Reorder,
        ReorderDelay = settings.ReorderDelay ?? before.ReorderDelay,
        Duplicate = settings.Duplicate ?? before.Duplicate,
        Corrupt = settings.Corrupt ?? before.Corrupt,
        Mtu = settings.Mtu ?? before.Mtu,
        QueuePackets = settings.QueuePackets ?? before.QueuePackets,
        QueueBytes = settings.QueueBytes ?? before.QueueBytes,
        QueueMarkAbove = settings.QueueMarkAbove ?? before.QueueMarkAbove,
        QueueCoDel = settings.QueueCoDel ?? (settings.QueueRed is null ? before.QueueCoDel : null),
        QueueRed = settings.QueueRed ?? (settings.QueueCoDel is null ? before.QueueRed : null),
    };
}
