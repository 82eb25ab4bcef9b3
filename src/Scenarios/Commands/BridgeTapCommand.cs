using System.CommandLine;
using System.Globalization;
using Scenarios.Bridge;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;
using SimStack.Ip;

namespace Scenarios.Commands;

/// <summary><c>sim bridge tap --host scenario.yaml</c></summary>
internal sealed class BridgeTapCommand
{
    private readonly BridgeOptionSet _shared = new();

    private readonly Option<string?> _name = new("--name")
    {
        Description = "the TAP device: made for the session, or one that exists and is yours (ip tuntap add mode tap user NAME), which takes no root; "
            + "default: what the scenario's bridge says, or tap0. %d becomes the first number that is free. Of a scenario with several bridges: BRIDGE=NAME,BRIDGE=NAME",
        HelpName = "NAME",
    };

    private readonly Option<string> _host = new("--host")
    {
        Description = "the scenario whose hosts are bridged: a name of the catalogue or a .yaml file; what has no link, or is linked to a bridge of it, meets the device",
        HelpName = "NAME|FILE.yaml",
        Required = true,
    };

    private readonly Option<InterfaceAddress[]> _address = new("--address")
    {
        Description = "address with prefix length for this machine's end of the device, IPv4 or IPv6; may be repeated; takes root",
        HelpName = "10.0.0.9/24",
        CustomParser = result =>
        {
            var addresses = new List<InterfaceAddress>();
            foreach (string text in result.Tokens.Select(t => t.Value))
            {
                if (DeviceName.TryParseAddress(text, out InterfaceAddress address) && !address.Address.IsMulticast && !address.Address.IsUnspecified && !address.Address.IsLoopback)
                {
                    addresses.Add(address);
                }
                else
                {
                    result.AddError($"--address: `{text}` is not an address with prefix length like 10.0.0.9/24 or fd00::9/64");
                }
            }

            return [.. addresses];
        },
    };

    private readonly Option<int?> _mtu = new("--mtu")
    {
        Description = "MTU of the device in bytes; default: as it is, 1500 for a new one",
        HelpName = "BYTES",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int mtu) && mtu is >= 68 and <= 65_521
            ? mtu
            : result.Wrong<int?>("--mtu", "a number from 68 to 65521"),
    };

    private readonly Option<string?> _namespace = new("--netns")
    {
        Description = "the network namespace (ip netns) to make the device in; default: this one",
        HelpName = "NAME",
    };

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new BridgeTapCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "tap",
            "Puts the hosts of a scenario on a TAP device, in real time: this machine's kernel is their neighbour. Links keep their delay, loss and rate.",
            "sim bridge tap --host web-server --address 10.9.0.1/24 --address fd09::1/64",
            "sim bridge tap --host web-server --netns lab --address 10.9.0.1/24",
            "sim bridge tap --name tap7 --host mine.yaml --for 1min --capture all --out runs",
            "sim bridge tap --host mine.yaml --netns lab --address 10.9.0.1/24 --offload",
            "sim bridge tap --name left=tap7,right=tap8 --host between.yaml --set links.0.loss=3%")
        {
            _name, _host, _address, _mtu, _namespace, _shared.Offload,
        };
        _shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) => _shared.Run(
            parsed, console, () => ScenarioTarget.Read(parsed.GetRequiredValue(_host)), scenario => Open(parsed, scenario), cancellationToken));
        return command;
    }

    private List<FrameDevice> Open(ParseResult parsed, ScenarioDefinition scenario)
    {
        DeviceName[] names = Names(parsed.GetValue(_name), scenario);
        BridgeOptionSet.CheckAddresses("sim bridge tap", parsed.GetValue(_address) ?? [], scenario);
        var devices = new List<FrameDevice>();
        try
        {
            for (int i = 0; i < names.Length; i++)
            {
                devices.Add(TapDevice.Open(new TapOptions
                {
                    Name = names[i].Name,
                    NetworkNamespace = names[i].Namespace ?? parsed.GetValue(_namespace),
                    Addresses = i == 0 ? parsed.GetValue(_address) ?? [] : [],
                    Mtu = parsed.GetValue(_mtu),
                    Offload = parsed.GetValue(_shared.Offload) || scenario.Bridges[i].Offload,
                }));
            }

            return devices;
        }
        catch
        {
            devices.ForEach(d => d.Dispose());
            throw;
        }
    }

    /// <summary>The devices of the scenario's bridges: as the command line names them, else as the scenario does.</summary>
    private static DeviceName[] Names(string? given, ScenarioDefinition scenario)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in given?.Split(',') ?? [])
        {
            int sign = part.IndexOf('=', StringComparison.Ordinal);
            string bridge = sign >= 0 ? part[..sign]
                : scenario.Bridges.Count == 1 ? scenario.Bridges[0].Name
                : throw Wrong($"`{part}` is for which of the bridges {List(scenario)}? write --name {scenario.Bridges[0].Name}={part}, with a comma between several");
            if (!scenario.Bridges.Any(b => b.Name == bridge))
            {
                throw Wrong($"the scenario has no bridge `{bridge}`" + Suggestions.For(bridge, scenario.Bridges.Select(b => b.Name), "bridges"));
            }

            if (!named.TryAdd(bridge, part[(sign + 1)..]))
            {
                throw Wrong($"two devices for bridge `{bridge}`; each has one");
            }
        }

        return [.. scenario.Bridges.Select(b => Device(b, named.GetValueOrDefault(b.Name), scenario))];
    }

    private static DeviceName Device(BridgeDefinition bridge, string? given, ScenarioDefinition scenario)
    {
        string name = given ?? bridge.Device ?? (scenario.Bridges.Count == 1
            ? "tap0"
            : throw Wrong($"no device for bridge `{bridge.Name}`; write --name {bridge.Name}=tap0, with a comma between several"));
        return DeviceName.TryParse(name, out DeviceName device) ? device : throw Wrong($"`{name}` is not {DeviceName.Form}");
    }

    private static string List(ScenarioDefinition scenario) => string.Join(", ", scenario.Bridges.Select(b => b.Name));

    private static SimException Wrong(string message) => SimException.BadRequest("sim bridge tap: --name: " + message);
}
