using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;
using SimStack;
using SimStack.Ip;

namespace Scenarios.Bridge;

/// <summary>The options that all forms of <c>sim bridge</c> have.</summary>
internal sealed class BridgeOptionSet
{
    private readonly Option<ulong?> _seed = SharedOptions.Seed("root of all randomness, in place of the script's");
    private readonly Option<string?> _profile = SharedOptions.Profile($"behaviour of every host, in place of the script's: {SharedOptions.ProfileList}");
    private readonly Option<bool> _quiet = new("--quiet") { Description = "print only what is wrong" };
    private readonly Option<bool> _noLive = new("--no-live") { Description = "no live table on a terminal" };
    private readonly Option<Duration?> _for = Time("--for", "how long it lasts; default: until Ctrl-C", "30s");
    private readonly Option<Duration?> _maxLag = Time("--max-lag", "how far virtual time may fall behind the wall clock before it stands still for the rest, and the run is called unfaithful; default: 100ms", "50ms");
    private readonly Option<Duration?> _spin = Time("--spin", "look for frames again and again for so long before sleeping: less delay, for a processor's whole time; default: 0", "50us");
    private readonly Option<string?> _out = SharedOptions.Out();
    private readonly Option<string?> _json = JsonOption.Create("the result");

    private readonly Option<string[]> _settings = SharedOptions.Settings("links.0.loss=5%");

    private readonly Option<string?> _capture = SharedOptions.Capture(
        "where to capture besides what passes to and from the real network, which is in NAME.pcapng for `sim replay`",
        "all: every interface, a file each; none: nothing at all", "POINT|all|-|none");

    private readonly Option<string?> _format = SharedOptions.Format();

    /// <summary>For commands whose devices can have it; these add it.</summary>
    public Option<bool> Offload { get; } = new("--offload")
    {
        Description = "leave checksums and the cutting of long TCP packets to whoever is last (IFF_VNET_HDR), and join segments before a host: more in less time, in packets longer than "
            + "the MTU. Links that do anything to packets get segments all the same",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _seed, _profile, _settings, _for, _capture, _format, _out, _maxLag, _spin, _noLive, _quiet, _json })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Runs the bridge.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="console">Where the program writes.</param>
    /// <param name="script">The scenario's script and the name that its errors are reported under.</param>
    /// <param name="openDevices">Opens a device for each of the scenario's ports to the real network.</param>
    /// <param name="cancellationToken">As Ctrl-C.</param>
    public Task<int> Run(
        ParseResult parsed,
        SimConsole console,
        Func<(string Script, string FileName)> script,
        Func<ScenarioDefinition, IReadOnlyList<FrameDevice>> openDevices,
        CancellationToken cancellationToken)
    {
        var commandLine = new Dictionary<string, string?>
        {
            [RunDefaults.Out] = parsed.GetValue(_out),
            [RunDefaults.Format] = parsed.GetValue(_format),
        };
        return CommandHost.Run(
            console,
            commandLine,
            (services, stop) => services.GetRequiredService<BridgeRun>().Run(
                Request(parsed, services.GetRequiredService<RunDefaults>(), console, script(), openDevices), stop),
            cancellationToken);
    }

    private BridgeRequest Request(
        ParseResult parsed,
        RunDefaults defaults,
        SimConsole console,
        (string Script, string FileName) script,
        Func<ScenarioDefinition, IReadOnlyList<FrameDevice>> openDevices)
    {
        bool quiet = parsed.GetValue(_quiet);
        var request = new BridgeRequest
        {
            Script = script.Script,
            FileName = script.FileName,
            Settings = parsed.GetValue(_settings) ?? [],
            Seed = parsed.GetValue(_seed),
            Profile = parsed.GetValue(_profile),
            OpenDevices = openDevices,
            Offload = parsed.GetValue(Offload),
            Out = defaults.Folder,
            Format = defaults.CaptureFormat,
            Capture = parsed.GetValue(_capture),
            For = parsed.GetValue(_for),
            Options = new BridgeOptions
            {
                MaxLag = parsed.GetValue(_maxLag) ?? new BridgeOptions().MaxLag,
                Spin = parsed.GetValue(_spin) ?? Duration.Zero,
            },
            Quiet = quiet,
            Live = !quiet && !parsed.GetValue(_noLive) && console.ErrorIsTerminal,
            Json = parsed.GetValue(_json),
        };
        return request.CaptureToOutput && request.Json == JsonOption.StandardOutput
            ? throw SimException.BadRequest("sim bridge: --capture - and --json both want standard output; write --json=FILE")
            : request;
    }

    /// <summary>The device for a bridge: as given by an option, NAME or BRIDGE=NAME,BRIDGE=NAME, or what the scenario says; null: neither.</summary>
    public static string? DeviceName(string? given, BridgeDefinition bridge, ScenarioDefinition scenario)
    {
        string[] pairs = given?.Split(',') ?? [];
        string? own = pairs.FirstOrDefault(p => p.StartsWith(bridge.Name + "=", StringComparison.Ordinal))?[(bridge.Name.Length + 1)..];
        if (own is null && scenario.Bridges.Count == 1 && given is not null && !given.Contains('=', StringComparison.Ordinal))
        {
            own = given;
        }

        return own ?? bridge.Device;
    }

    /// <summary>Refuses addresses for this machine's end of a device that a simulated host has: neither would answer the other.</summary>
    /// <param name="command">For the message: <c>sim bridge tap</c>.</param>
    /// <param name="addresses">For any device.</param>
    /// <param name="scenario">Whose hosts they are not to be of.</param>
    /// <exception cref="SimException">One is.</exception>
    public static void CheckAddresses(string command, IEnumerable<InterfaceAddress> addresses, ScenarioDefinition scenario)
    {
        foreach (InterfaceAddress address in addresses)
        {
            if (scenario.Hosts.FirstOrDefault(h => h.Interfaces.Any(i => i.Addresses.Any(a => a.Address == address.Address))) is { } host)
            {
                throw SimException.BadRequest($"{command}: --address: {address.Address} is the simulated host `{host.Name}`'s address; give this machine's end another one of its network");
            }
        }
    }

    /// <summary>An option whose value is a time.</summary>
    public static Option<Duration?> Time(string name, string description, string example) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => Units.TryDuration(result.Tokens[0].Value, out Duration value) && value > Duration.Zero
            ? value
            : result.Wrong<Duration?>(name, $"a time like {example}"),
    };
}
