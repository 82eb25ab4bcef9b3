using System.CommandLine;
using System.Globalization;
using Scenarios.Bridge;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Model;
using SimStack.Ip;

namespace Scenarios.Commands;

/// <summary><c>sim bridge tap --host scenario.yaml</c></summary>
internal sealed class BridgeTapCommand
{
    private readonly BridgeOptionSet _shared = new();

    private readonly Option<string?> _name = new("--name")
    {
        Description = "the TAP device: made for the session, or one that exists and is yours (ip tuntap add mode tap user NAME), which takes no root; "
            + "default: what the scenario's bridge says, or tap0. Of a scenario with several bridges: BRIDGE=NAME,BRIDGE=NAME",
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
                string[] parts = text.Split('/');
                if (parts.Length != 2 || !IpAddress.TryParse(parts[0], out IpAddress address)
                    || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                    || length > (address.IsV4 ? 32 : 128))
                {
                    result.AddError($"--address: `{text}` is not an address with prefix length like 10.0.0.9/24 or fd00::9/64");
                    continue;
                }

                addresses.Add(new InterfaceAddress(address, length));
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
            "sim bridge tap --host daytime --address 10.0.0.9/24",
            "sim bridge tap --name tap7 --host mine.yaml --for 1min --capture all --out runs")
        {
            _name, _host, _address, _mtu, _namespace,
        };
        _shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) => _shared.Run(
            parsed, console, () => ScenarioTarget.Read(parsed.GetRequiredValue(_host)), scenario => Open(parsed, scenario), cancellationToken));
        return command;
    }

    private List<FrameDevice> Open(ParseResult parsed, ScenarioDefinition scenario)
    {
        var devices = new List<FrameDevice>();
        try
        {
            foreach (BridgeDefinition bridge in scenario.Bridges)
            {
                devices.Add(TapDevice.Open(new TapOptions
                {
                    Name = Name(parsed.GetValue(_name), bridge, scenario),
                    NetworkNamespace = parsed.GetValue(_namespace),
                    Addresses = devices.Count == 0 ? parsed.GetValue(_address) ?? [] : [],
                    Mtu = parsed.GetValue(_mtu),
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

    private static string Name(string? given, BridgeDefinition bridge, ScenarioDefinition scenario)
    {
        string[] pairs = given?.Split(',') ?? [];
        string? own = pairs.FirstOrDefault(p => p.StartsWith(bridge.Name + "=", StringComparison.Ordinal))?[(bridge.Name.Length + 1)..];
        if (own is null && scenario.Bridges.Count == 1 && given is not null && !given.Contains('=', StringComparison.Ordinal))
        {
            own = given;
        }

        return own ?? bridge.Device ?? (scenario.Bridges.Count == 1 && given is null
            ? "tap0"
            : throw SimException.BadRequest($"sim bridge tap: no device for bridge `{bridge.Name}`; write --name {bridge.Name}=tap0, with a comma between several"));
    }
}
