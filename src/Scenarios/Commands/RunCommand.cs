using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.Catalogue;
using Scenarios.CommandLine;
using Scenarios.Running;

namespace Scenarios.Commands;

/// <summary><c>sim run NAME|FILE.yaml|FILE.pkt</c></summary>
internal sealed class RunCommand
{
    private readonly Argument<string> _target = new("NAME|FILE") { Description = "a scenario of the catalogue, a .yaml file, or a packetdrill script (.pkt)", HelpName = "NAME|FILE" };

    private readonly Option<ulong?> _seed = SharedOptions.Seed("root of all randomness, in place of the script's");

    private readonly Option<string[]> _settings = SharedOptions.Settings("links.0.loss=5% or hosts.client.profile=linux26");

    private readonly Option<string?> _profile = SharedOptions.Profile(
        $"behaviour of every host, in place of the script's: {SharedOptions.ProfileList}");

    private readonly Option<bool> _quiet = new("--quiet") { Description = "print only expectations that failed" };
    private readonly Option<bool> _csv = new("--csv") { Description = "of a sweep: write its table to NAME.csv, a line for each run" };
    private readonly Option<bool> _verify = new("--verify") { Description = "run twice and compare the captures and the results byte for byte" };

    private readonly Option<string?> _capture = SharedOptions.Capture(
        "where to capture", "all: every interface, a file each; a sweep captures only where this is said", "POINT|all|-");

    private readonly Option<string?> _format = SharedOptions.Format();

    private readonly Option<string?> _ladder = SharedOptions.Ladder("SIM_LADDER, or of long runs the first, the last and what is unusual");

    private readonly Option<string?> _out = SharedOptions.Out();
    private readonly Option<string?> _json = JsonOption.Create("the result (as NAME.json has it)");

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new RunCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "run",
            "Runs one scenario in virtual time; writes NAME.pcapng and NAME.json, prints the ladder of segments, tables and verdicts. " +
            "A scenario with a sweep is run once for each cell of its table, without captures unless --capture POINT asks for one per cell. " +
            "Of a packetdrill script the ladder shows the machine under test and the script.",
            "sim run handshake",
            "sim run lossy-transfer --seed 7 --ladder 40 --out runs",
            "sim run mine.yaml --set links.0.loss=5% --set hosts.client.sysctls.net.ipv4.tcp_sack=0",
            "sim run handshake.pkt --profile freebsd",
            "sim run backlog-sweep --csv --set sweep.axes.backlog=[2]",
            "sim run daytime --capture - | wireshark -k -i -")
        {
            _target, _seed, _settings, _profile, _quiet, _verify, _capture, _format, _ladder, _csv, _out, _json,
        };
        _target.CompletionSources.Add(_ => ScenarioCatalogue.Names.Select(n => new System.CommandLine.Completions.CompletionItem(n)));
        command.SetAction((parsed, cancellationToken) => Run(parsed, console, cancellationToken));
        return command;
    }

    private Task<int> Run(ParseResult parsed, SimConsole console, CancellationToken cancellationToken)
    {
        var commandLine = new Dictionary<string, string?>
        {
            [RunDefaults.Out] = parsed.GetValue(_out),
            [RunDefaults.Format] = parsed.GetValue(_format),
            [RunDefaults.Ladder] = parsed.GetValue(_ladder),
        };
        return CommandHost.Run(
            console,
            commandLine,
            (services, stop) =>
            {
                RunRequest request = Request(parsed, services.GetRequiredService<RunDefaults>());
                return PacketdrillRunSession.IsScript(request.Target)
                    ? new PacketdrillRunSession(console, request).Run()
                    : services.GetRequiredService<RunSession>().Run(request, stop);
            },
            cancellationToken);
    }

    private RunRequest Request(ParseResult parsed, RunDefaults defaults)
    {
        var request = new RunRequest
        {
            Target = parsed.GetRequiredValue(_target),
            Seed = parsed.GetValue(_seed),
            Settings = parsed.GetValue(_settings) ?? [],
            Profile = parsed.GetValue(_profile),
            Quiet = parsed.GetValue(_quiet),
            Verify = parsed.GetValue(_verify),
            Csv = parsed.GetValue(_csv),
            Capture = parsed.GetValue(_capture),
            Format = defaults.CaptureFormat,
            Ladder = defaults.LadderAmount,
            Out = defaults.Folder,
            Json = parsed.GetValue(_json),
        };
        if (request.CaptureToOutput && request.Json == JsonOption.StandardOutput)
        {
            throw SimException.BadRequest("sim run: --capture - and --json both want standard output; write --json=FILE");
        }

        return request.CaptureToOutput && request.Verify
            ? throw SimException.BadRequest("sim run: --verify compares capture files; leave out --capture -")
            : request;
    }
}
