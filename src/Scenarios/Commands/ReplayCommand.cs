using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.CommandLine;
using Scenarios.Replay;
using Scenarios.Running;

namespace Scenarios.Commands;

/// <summary><c>sim replay FILE</c></summary>
internal sealed class ReplayCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "a recording that sim bridge wrote (pcapng), or with --host any capture", HelpName = "FILE" };

    private readonly Option<ulong?> _seed = SharedOptions.Seed("root of all randomness, in place of the recorded one");

    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "change a value of the script by its path before it is read, like links.0.loss=5%, after what the recording says",
        HelpName = "PATH=VALUE",
    };

    private readonly Option<string?> _profile = SharedOptions.Profile($"behaviour of every host, in place of the recorded one: {SharedOptions.ProfileList}");
    private readonly Option<bool> _compare = new("--compare") { Description = "compare with the recording although --seed, --set or --profile change the run" };

    private readonly Option<bool> _expect = new("--expect")
    {
        Description = "judge what the scenario expects, too; without it only where nothing is compared",
    };

    private readonly Option<string?> _capture = new("--capture")
    {
        Description = "capture the replay in NAME.replay.pcapng: ports (what enters and leaves), a host, host.interface or switch.port; -: the ports, to standard output",
        HelpName = "ports|POINT|-",
    };

    private readonly Option<string?> _ladder = new("--ladder")
    {
        Description = "how many packets of the ladder to print; default: none where the recording is compared",
        HelpName = "all|N|none",
        CustomParser = result => LadderAmount.TryParse(result.Tokens[0].Value, out _)
            ? result.Tokens[0].Value
            : result.Wrong<string?>("--ladder", "all, none, or a number of lines"),
    };

    private readonly Option<string?> _out = new("--out") { Description = "folder of the output files; default: SIM_OUT, or the current one", HelpName = "DIR" };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "print only what is wrong" };
    private readonly Option<string?> _json = JsonOption.Create("the outcome");

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new ReplayCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "replay",
            "Runs a recorded session of sim bridge again in virtual time: the same frames come in at the same instants, and what leaves must be the same, "
            + "byte for byte and nanosecond for nanosecond. With a change, shows what would have happened otherwise.",
            "sim replay web.pcapng",
            "sim replay web.pcapng --ladder 40 --capture ports --out runs",
            "sim replay web.pcapng --seed 7",
            "sim replay web.pcapng --set hosts.server.sysctls.net.ipv4.tcp_sack=0")
        {
            _file, _seed, _settings, _profile, _compare, _expect, _capture, _ladder, _out, _quiet, _json,
        };
        command.SetAction((parsed, cancellationToken) => CommandHost.Run(
            console,
            new Dictionary<string, string?> { [RunDefaults.Out] = parsed.GetValue(_out) },
            (services, stop) => new ReplaySession(console, Request(parsed, services.GetRequiredService<RunDefaults>())).Run(stop),
            cancellationToken));
        return command;
    }

    private ReplayRequest Request(ParseResult parsed, RunDefaults defaults)
    {
        var request = new ReplayRequest
        {
            File = parsed.GetRequiredValue(_file),
            Seed = parsed.GetValue(_seed),
            Settings = parsed.GetValue(_settings) ?? [],
            Profile = parsed.GetValue(_profile),
            Compare = parsed.GetValue(_compare),
            Expect = parsed.GetValue(_expect),
            Capture = parsed.GetValue(_capture),
            Ladder = parsed.GetValue(_ladder) is { } text && LadderAmount.TryParse(text, out LadderAmount amount) ? amount : null,
            Out = defaults.Folder,
            Quiet = parsed.GetValue(_quiet),
            Json = parsed.GetValue(_json),
        };
        return request.Capture == "-" && request.Json == JsonOption.StandardOutput
            ? throw SimException.BadRequest("sim replay: --capture - and --json both want standard output; write --json=FILE")
            : request;
    }
}
