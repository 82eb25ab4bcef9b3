using System.CommandLine;
using System.Globalization;
using Scenarios.Bridge;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting;
using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;
using SimStack.Ip;

namespace Scenarios.Commands;

/// <summary><c>sim bridge wan --between tapA tapB</c></summary>
internal sealed class BridgeWanCommand
{
    private readonly BridgeOptionSet _shared = new();

    private readonly Option<string[]> _between = new("--between")
    {
        Description = "the two TAP devices, made for the session, or existing ones that are yours; NETNS:NAME is one in a network namespace (ip netns). "
            + "With --scenario: a device for each of its bridges, in their order, or BRIDGE=NAME; default: what they say themselves",
        HelpName = "[NETNS:]NAME",
        Arity = new ArgumentArity(1, 64),
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _scenario = new("--scenario")
    {
        Description = "what is between the devices, in place of a link: a scenario with two or more bridges, and routers, switches, links and faults",
        HelpName = "NAME|FILE.yaml",
    };

    private readonly Option<string[]> _address = new("--address")
    {
        Description = "address with prefix length for this machine's end of one of the devices; may be repeated; takes root",
        HelpName = "tapA=10.0.0.1/24",
    };

    private readonly Option<int?> _deviceMtu = new("--device-mtu")
    {
        Description = "MTU of the devices in bytes; default: as it is, 1500 for a new one",
        HelpName = "BYTES",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int mtu) && mtu is >= 68 and <= 65_521
            ? mtu
            : result.Wrong<int?>("--device-mtu", "a number from 68 to 65521"),
    };

    /// <summary>What is said of the link: the option, the key in a scenario, and the form of its value.</summary>
    private readonly (Option<string?> Option, string Key)[] _settings =
    [
        Setting("rate", "10Mbit", "bits per second each way, Ethernet headers counted; default: no limit"),
        Setting("delay", "30ms", "one way; default: none"),
        Setting("jitter", "1ms", "evenly up to so much more; or normal=1ms, pareto=1ms, pareto-normal=1ms; with ,reorders=true frames may overtake each other"),
        Setting("loss", "1%", "of frames, at random; p=1%,r=10%[,good=0%,bad=100%]: in bursts, by Gilbert and Elliott"),
        Setting("reorder", "1%", "of frames, held back so that later ones overtake them; probability=1%,delay=3ms says for how long"),
        Setting("duplicate", "0.5%", "of frames, which arrive twice"),
        Setting("corrupt", "0.1%", "of frames, which arrive with a bit changed"),
        Setting("mtu", "1400", "longest IP packet in bytes; longer ones are dropped without a word"),
        Setting("queue", "100", "frames that may wait for the rate; packets=100,bytes=64KiB,mark-above=20; codel or codel.target=5ms; red.min=10,red.max=30"),
        Direction("a-to-b", "a->b", "what differs from the first device to the second: rate=2Mbit,delay=10ms,loss.p=1%,loss.r=10%,queue.packets=50"),
        Direction("b-to-a", "b->a", "what differs from the second device to the first"),
    ];

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new BridgeWanCommand().Build(console);

    private static (Option<string?> Option, string Key) Setting(string key, string form, string description) =>
        (new Option<string?>("--" + key) { Description = description, HelpName = form }, key);

    private static (Option<string?> Option, string Key) Direction(string name, string key, string description) =>
        (new Option<string?>("--" + name) { Description = description, HelpName = "SETTING=VALUE,…" }, key);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "wan",
            "Joins two TAP devices by a simulated link, in real time: real hosts behind them see each other through a bad network. Given the seed, it is always the same frames that are lost.",
            "sim bridge wan --between tapA tapB --rate 10Mbit --delay 30ms --loss 1%",
            "sim bridge wan --between left:tap0 right:tap0 --address left:tap0=10.0.0.1/24 --address right:tap0=10.0.0.2/24 --delay 30ms",
            "sim bridge wan --between tapA tapB --delay 20ms --loss p=1%,r=10% --a-to-b rate=1Mbit,queue.packets=20 --b-to-a rate=16Mbit",
            "sim bridge wan --between tapA tapB --scenario two-routers.yaml --seed 7")
        {
            _between, _scenario,
        };
        foreach ((Option<string?> option, _) in _settings)
        {
            command.Options.Add(option);
        }

        command.Options.Add(_address);
        command.Options.Add(_deviceMtu);
        _shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            // Everything that is wrong is said before a device is made.
            IReadOnlyList<(string? Bridge, DeviceName Device)> given = Devices(parsed);
            (string Script, string FileName) script = Script(parsed, given);
            return _shared.Run(parsed, console, () => script, scenario => Open(parsed, scenario, given), cancellationToken);
        });
        return command;
    }

    private (string Script, string FileName) Script(ParseResult parsed, IReadOnlyList<(string? Bridge, DeviceName Device)> devices)
    {
        (Option<string?> Option, string Key)[] said = [.. _settings.Where(s => parsed.GetValue(s.Option) is not null)];
        if (parsed.GetValue(_scenario) is { } file)
        {
            (string text, string name) = ScenarioTarget.Read(file);
            CheckBridges(ScenarioScript.Parse(text, name));
            return said.Length == 0
                ? (text, name)
                : throw Wrong($"{said[0].Option.Name} is for the link that there is without --scenario; write --set links[0].{said[0].Key}=…, or put it into {file}");
        }

        if (devices.Count != 2 || devices.Any(d => d.Bridge is not null))
        {
            throw Wrong(devices.Count == 0
                ? "--between is missing: the two devices, like --between tapA tapB"
                : devices.Count == 2 ? "--between: BRIDGE=NAME is for bridges of a --scenario"
                : $"--between takes two devices, like --between tapA tapB, not {devices.Count}; a --scenario may have more");
        }

        var script = new WanScript(devices[0].Device.ToString(), devices[1].Device.ToString());
        foreach ((Option<string?> option, string key) in said)
        {
            script.Set(key, parsed.GetValue(option)!, option.Name);
        }

        return (script.ToText(), WanScript.FileName);
    }

    private List<(string? Bridge, DeviceName Device)> Devices(ParseResult parsed)
    {
        var devices = new List<(string?, DeviceName)>();
        foreach (string text in parsed.GetValue(_between) ?? [])
        {
            string[] parts = text.Split('=', 2);
            if (!DeviceName.TryParse(parts[^1], out DeviceName device))
            {
                throw Wrong($"--between: `{parts[^1]}` is not {DeviceName.Form}");
            }

            devices.Add((parts.Length == 2 ? parts[0] : null, device));
        }

        RefuseTwice(devices.Select(d => d.Item2), "--between");
        return devices;
    }

    private static void RefuseTwice(IEnumerable<DeviceName> devices, string where)
    {
        if (devices.GroupBy(d => d).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Wrong($"{where}: `{twice.Key}` is named twice; each end is a device of its own");
        }
    }

    private List<FrameDevice> Open(ParseResult parsed, ScenarioDefinition scenario, IReadOnlyList<(string? Bridge, DeviceName Device)> given)
    {
        DeviceName[] names = Assign(scenario, given);
        List<InterfaceAddress>[] addresses = Addresses(parsed, scenario, names);
        BridgeOptionSet.CheckAddresses("sim bridge wan", addresses.SelectMany(a => a), scenario);
        var devices = new List<FrameDevice>();
        try
        {
            for (int i = 0; i < names.Length; i++)
            {
                devices.Add(TapDevice.Open(new TapOptions
                {
                    Name = names[i].Name,
                    NetworkNamespace = names[i].Namespace,
                    Addresses = addresses[i],
                    Mtu = parsed.GetValue(_deviceMtu),
                    Offload = scenario.Bridges[i].Offload,
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

    private static void CheckBridges(ScenarioDefinition scenario)
    {
        if (scenario.Bridges.Count < 2)
        {
            throw Wrong($"scenario `{scenario.Name}` has {(scenario.Bridges.Count == 0 ? "no bridge" : "one bridge")}; it takes two or more, like `bridges: [west, east]`, with links to them");
        }
    }

    /// <summary>The device of each bridge of the scenario.</summary>
    private static DeviceName[] Assign(ScenarioDefinition scenario, IReadOnlyList<(string? Bridge, DeviceName Device)> given)
    {
        string[] bridges = [.. scenario.Bridges.Select(b => b.Name)];
        if (given.FirstOrDefault(g => g.Bridge is { } name && !bridges.Contains(name)) is { Bridge: { } unknown })
        {
            throw Wrong($"--between: the scenario has no bridge `{unknown}`" + Suggestions.For(unknown, bridges, "bridges"));
        }

        DeviceName[] unnamed = [.. given.Where(g => g.Bridge is null).Select(g => g.Device)];
        var names = new DeviceName[bridges.Length];
        int next = 0;
        for (int i = 0; i < names.Length; i++)
        {
            DeviceName? own = given.FirstOrDefault(g => g.Bridge == bridges[i]).Device ?? (next < unnamed.Length ? unnamed[next++] : null);
            if (own is null && scenario.Bridges[i].Device is { } said && !DeviceName.TryParse(said, out own))
            {
                throw Wrong($"bridge `{bridges[i]}`: device `{said}` is not {DeviceName.Form}");
            }

            names[i] = own ?? throw Wrong($"no device for bridge `{bridges[i]}`; write --between with one for each of {string.Join(", ", bridges)}");
        }

        if (next < unnamed.Length)
        {
            throw Wrong($"--between: `{unnamed[next]}` is one device too many; the scenario's bridges are {string.Join(", ", bridges)}");
        }

        RefuseTwice(names, "devices");
        return names;
    }

    private List<InterfaceAddress>[] Addresses(ParseResult parsed, ScenarioDefinition scenario, DeviceName[] devices)
    {
        List<InterfaceAddress>[] addresses = [.. devices.Select(_ => new List<InterfaceAddress>())];
        foreach (string text in parsed.GetValue(_address) ?? [])
        {
            string[] parts = text.Split('=', 2);
            if (parts.Length != 2 || !DeviceName.TryParseAddress(parts[1], out InterfaceAddress address)
                || address.Address.IsMulticast || address.Address.IsUnspecified || address.Address.IsLoopback)
            {
                throw Wrong($"--address: `{text}` is not DEVICE=ADDRESS/LENGTH, like {devices[0]}=10.0.0.1/24");
            }

            int index = Enumerable.Range(0, devices.Length).FirstOrDefault(i => devices[i].ToString() == parts[0] || scenario.Bridges[i].Name == parts[0], -1);
            if (index < 0)
            {
                throw Wrong($"--address: there is no device `{parts[0]}` here; there are {string.Join(", ", devices.Select(d => d.ToString()))}");
            }

            addresses[index].Add(address);
        }

        return addresses;
    }

    private static SimException Wrong(string what) => SimException.BadRequest("sim bridge wan: " + what);
}
