using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.Catalogue;
using Scenarios.CommandLine;
using Scenarios.Recording;
using Scenarios.Running;
using SimNet.Scripting.Packetdrill.Recording;
using SimNet.Scripting.Yaml;
using SimStack;
using SimStack.Profiles;

namespace Scenarios.Commands;

/// <summary><c>sim record NAME|FILE.yaml|CAPTURE</c></summary>
internal sealed class RecordCommand
{
    private readonly Argument<string> _source = new("NAME|FILE|CAPTURE")
    {
        Description = "a scenario of the catalogue, a .yaml file, or a capture: pcap or pcapng, whoever made it",
        HelpName = "NAME|FILE|CAPTURE",
    };

    private readonly Option<int?> _connection = new("--connection")
    {
        Description = "which TCP connection, counted from 1 in the order of first packets; default: the first",
        HelpName = "N",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : result.Wrong<int?>("--connection", "a whole number from 1 up"),
    };

    private readonly Option<RecordingSide?> _side = new("--side")
    {
        Description = "whose calls and segments the script is about; default: the host whose interface was captured at",
        HelpName = "client|server",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "client" => RecordingSide.Client,
            "server" => RecordingSide.Server,
            _ => result.Wrong<RecordingSide?>("--side", "client or server"),
        },
    };

    private readonly Option<string?> _out = new("--out")
    {
        Description = "folder for NAME.pkt, or the script's own file name ending with .pkt, or - for standard output; default: the current folder",
        HelpName = "DIR|FILE.pkt|-",
    };

    private readonly Option<Duration?> _tolerance = new("--tolerance")
    {
        Description = "the script's --tolerance_usecs; default: as little as it takes, 4 ms at least",
        HelpName = "10ms",
        CustomParser = result => Units.TryDuration(result.Tokens[0].Value, out Duration tolerance) && tolerance >= Duration.FromMicroseconds(1) && tolerance <= Duration.FromSeconds(100)
            ? tolerance
            : result.Wrong<Duration?>("--tolerance", "a time like 10ms or 500us"),
    };

    private readonly Option<string?> _profile = SharedOptions.Profile(
        $"the machine that shall follow the script: {SharedOptions.ProfileList}; default: {Profile.Linux.Name}");

    private readonly Option<ulong?> _seed = SharedOptions.Seed("of a scenario's run");

    private readonly Option<string[]> _settings = new("--set") { Description = "of a scenario: change a value by its path, as sim run does", HelpName = "PATH=VALUE" };

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new RecordCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "record",
            "Makes a packetdrill script of one TCP connection, of a scenario's run or of a capture, as one of its hosts saw it: its calls (of a " +
            "capture they are inferred), what came to it, and what it must send. Then runs the script and says whether it passes.",
            "sim record daytime",
            "sim record recorded.pcap --connection 2 --out scripts",
            "sim record lost-syn --side client --out lost-syn.pkt")
        {
            _source, _connection, _side, _out, _tolerance, _profile, _seed, _settings,
        };
        _source.CompletionSources.Add(_ => ScenarioCatalogue.Names.Select(n => new System.CommandLine.Completions.CompletionItem(n)));
        command.SetAction((parsed, cancellationToken) => CommandHost.Run(
            console,
            new Dictionary<string, string?> { [RunDefaults.Out] = parsed.GetValue(_out) },
            (services, stop) => new RecordSession(console, Request(parsed, services.GetRequiredService<RunDefaults>())).Run(stop),
            cancellationToken));
        return command;
    }

    private RecordRequest Request(ParseResult parsed, RunDefaults defaults) => new()
    {
        Source = parsed.GetRequiredValue(_source),
        Connection = parsed.GetValue(_connection),
        Side = parsed.GetValue(_side),
        Out = defaults.Folder,
        Tolerance = parsed.GetValue(_tolerance),
        Profile = parsed.GetValue(_profile),
        Seed = parsed.GetValue(_seed),
        Settings = parsed.GetValue(_settings) ?? [],
    };
}
