using System.CommandLine;
using Scenarios.Bridge;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimNet.Scripting.Yaml;
using SimStack.Ip;
using SimStack.Wire;

namespace Scenarios.Commands;

/// <summary><c>sim bridge packet --interface NAME --host scenario.yaml</c>, and the same by libpcap: <c>sim bridge pcap</c>.</summary>
internal sealed class BridgeStationCommand
{
    private readonly BridgeOptionSet _shared = new();
    private readonly SimConsole _console;
    private readonly string _kind;
    private readonly Func<StationOptions, StationDevice> _open;

    private readonly Option<string> _interface = new("--interface")
    {
        Description = "this machine's interface, which must be up and an Ethernet; it is never chosen for you. Of a scenario with several bridges: BRIDGE=NAME,BRIDGE=NAME",
        HelpName = "NAME",
        Required = true,
    };

    private readonly Option<string> _host = new("--host")
    {
        Description = "the scenario: a name of the catalogue or a .yaml file; the one interface that has no link, or is linked to a bridge of it, is on the real network",
        HelpName = "NAME|FILE.yaml",
        Required = true,
    };

    private readonly Option<bool> _promiscuous = new("--promiscuous")
    {
        Description = "set the network card to receive everything; an Ethernet address of the host's own takes it",
    };

    private readonly Option<MacAddress?> _mac = new("--mac")
    {
        Description = "the host's own Ethernet address, with --promiscuous; default: the scenario's, or the interface's, which host and system then share",
        HelpName = "02:00:00:00:00:07",
        CustomParser = result => MacAddress.TryParse(result.Tokens[0].Value, out MacAddress mac) && !mac.IsGroup
            ? mac
            : result.Wrong<MacAddress?>("--mac", "an Ethernet address like 02:00:00:00:00:07"),
    };

    private readonly Option<string?> _namespace = new("--netns")
    {
        Description = "the network namespace (ip netns, Linux) where the interface is; default: this one",
        HelpName = "NAME",
    };

    private BridgeStationCommand(SimConsole console, string kind, Func<StationOptions, StationDevice> open)
    {
        _console = console;
        _kind = kind;
        _open = open;
    }

    /// <summary>By a packet socket of Linux.</summary>
    public static Command CreatePacket(SimConsole console) => new BridgeStationCommand(console, "packet", PacketSocketDevice.Open).Build(
        "Puts a host of a scenario on an interface of this machine, with an address of its own, by a raw packet socket (Linux).");

    /// <summary>By libpcap.</summary>
    public static Command CreatePcap(SimConsole console) => new BridgeStationCommand(console, "pcap", PcapDevice.Open).Build(
        "Puts a host of a scenario on an interface of this machine, with an address of its own, by libpcap (Linux, macOS; Npcap on Windows).");

    private SimCommand Build(string description)
    {
        var command = new SimCommand(
            _kind,
            description + " Its addresses must be nobody's: the network is asked by ARP and neighbour discovery first. This machine itself can't reach the host; other machines can. "
            + "This machine's kernel leaves the host's connections alone as long as it has none of its addresses and doesn't forward; how to keep it quiet otherwise is in docs/bridge-interfaces.md.",
            $"sim bridge {_kind} --interface eth0 --host mine.yaml",
            $"sim bridge {_kind} --interface eth0 --host mine.yaml --promiscuous --mac 02:00:00:00:00:07 --for 1min")
        {
            _interface, _host, _promiscuous, _mac, _namespace,
        };
        _shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) => _shared.Run(
            parsed, _console, () => ScenarioTarget.Read(parsed.GetRequiredValue(_host)), scenario => Open(parsed, scenario), cancellationToken));
        return command;
    }

    private List<FrameDevice> Open(ParseResult parsed, ScenarioDefinition scenario)
    {
        CheckBridges(parsed.GetRequiredValue(_interface), scenario);
        var devices = new List<FrameDevice>();
        try
        {
            foreach (BridgeDefinition bridge in scenario.Bridges)
            {
                if (bridge.Offload)
                {
                    throw SimException.BadRequest(
                        $"sim bridge {_kind}: bridge `{bridge.Name}` is to have offload, which an interface that others use can't give; leave it out with --set bridges.{bridge.Name}.offload=false");
                }

                InterfaceDefinition own = Find(scenario, bridge, out HostDefinition host);
                IpAddress[] addresses = [.. own.Addresses.Select(a => a.Address)];
                // What is behind a router comes in through it.
                IEnumerable<IpAddress> behind = host.Interfaces.Count == 1 ? [] : scenario.Hosts.SelectMany(h => h.Interfaces).SelectMany(i => i.Addresses).Select(a => a.Address);
                StationDevice device = _open(new StationOptions
                {
                    Interface = BridgeOptionSet.DeviceName(parsed.GetRequiredValue(_interface), bridge, scenario)
                        ?? throw SimException.BadRequest($"sim bridge {_kind}: no interface for bridge `{bridge.Name}`; write --interface {bridge.Name}=eth0, with a comma between several"),
                    NetworkNamespace = parsed.GetValue(_namespace),
                    Addresses = [.. addresses.Concat(behind).Distinct()],
                    HardwareAddress = parsed.GetValue(_mac) ?? own.Mac,
                    Promiscuous = parsed.GetValue(_promiscuous),
                });
                devices.Add(device);
                AddressProbe.Run(device, addresses);
                Warn(device);
            }

            return devices;
        }
        catch
        {
            devices.ForEach(d => d.Dispose());
            throw;
        }
    }

    /// <summary>BRIDGE=NAME must name bridges that there are.</summary>
    private void CheckBridges(string given, ScenarioDefinition scenario)
    {
        foreach (string bridge in given.Split(',').Where(p => p.Contains('=', StringComparison.Ordinal)).Select(p => p[..p.IndexOf('=', StringComparison.Ordinal)]))
        {
            if (!scenario.Bridges.Any(b => b.Name == bridge))
            {
                throw SimException.BadRequest(
                    $"sim bridge {_kind}: --interface: the scenario has no bridge `{bridge}`" + Suggestions.For(bridge, scenario.Bridges.Select(b => b.Name), "bridges"));
            }
        }
    }

    private InterfaceDefinition Find(ScenarioDefinition scenario, BridgeDefinition bridge, out HostDefinition host)
    {
        InterfaceName name = LiveScenario.StationOf(scenario, bridge.Name)
            ?? throw SimException.BadRequest(
                $"sim bridge {_kind}: bridge `{bridge.Name}` must have a link to one interface of one host or router: on a real interface there is one station");
        host = scenario.Host(name.Host);
        return host.Interfaces.First(i => i.Name == name.Interface);
    }

    private void Warn(StationDevice device)
    {
        if (device.SystemForwards)
        {
            _console.Error.WriteLine(
                $"sim: warning: this system forwards packets and shares {device.Station} with the host: it forwards what is for the host too; "
                + "see `Keeping the system quiet` in docs/bridge-interfaces.md, or give the host its own address by --promiscuous --mac");
        }
    }
}
