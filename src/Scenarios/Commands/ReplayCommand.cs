using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.Bridge;
using Scenarios.CommandLine;
using Scenarios.Replay;
using Scenarios.Running;
using SimNet.Bridge;
using SimStack;
using SimStack.Ip;

namespace Scenarios.Commands;

/// <summary><c>sim replay FILE</c></summary>
internal sealed class ReplayCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "a recording that sim bridge wrote (pcapng), or with --host any capture", HelpName = "FILE" };

    private readonly Option<string?> _host = new("--host")
    {
        Description = "feed the capture to the hosts of this scenario, a name of the catalogue or a .yaml file: what the other side sent enters at its times",
        HelpName = "NAME|FILE.yaml",
    };

    private readonly Option<string?> _to = new("--to") { Description = "with --host: the bridge of the scenario where the packets enter; default: the first", HelpName = "BRIDGE" };

    private readonly Option<(IpAddress Captured, IpAddress? Simulated)[]> _as = new("--as")
    {
        Description = "with --host: the address in the capture whose part the simulated host plays, and the host's own where that is another; may be repeated; default: the addresses that both have",
        HelpName = "ADDRESS[=OWN]",
        CustomParser = result => [.. result.Tokens.Select(t => As(t.Value, result))],
    };

    private readonly Option<string[]> _only = new("--only")
    {
        Description = "with --host: only packets from this peer or of this protocol enter: an address, address:port, port, tcp, udp or icmp; may be repeated, and any of them is enough",
        HelpName = "FILTER",
    };

    private readonly Option<Duration?> _start = BridgeOptionSet.Time("--start", "with --host: when the capture's first frame has its time; default: 0", "1s");

    private readonly Option<Duration?> _patience = BridgeOptionSet.Time(
        "--patience", "with --host: how long a packet waits for the host to send what it answers; default: 60s", "5s");

    private readonly Option<bool> _asCaptured = new("--as-captured")
    {
        Description = "with --host: leave acknowledgement numbers, echoed timestamps and ports as they are, although the simulated host has others",
    };

    private readonly Option<ulong?> _seed = SharedOptions.Seed("root of all randomness, in place of the recorded one");

    private readonly Option<string[]> _settings = SharedOptions.Settings("links.0.loss=5%, after what the recording says");

    private readonly Option<string?> _profile = SharedOptions.Profile($"behaviour of every host, in place of the recorded one: {SharedOptions.ProfileList}");
    private readonly Option<bool> _compare = new("--compare") { Description = "compare with the recording although --seed, --set or --profile change the run" };

    private readonly Option<bool> _expect = new("--expect")
    {
        Description = "judge what the scenario expects, too; without it only where nothing is compared",
    };

    private readonly Option<string?> _capture = SharedOptions.Capture(
        "where to capture the replay, in NAME.replay.pcapng", "ports, as with -: what enters and leaves", "ports|POINT|-");

    private readonly Option<string?> _ladder = SharedOptions.Ladder("none where the recording is compared");

    private readonly Option<string?> _out = SharedOptions.Out();
    private readonly Option<bool> _quiet = new("--quiet") { Description = "print only what is wrong" };
    private readonly Option<string?> _json = JsonOption.Create("the outcome");

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new ReplayCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "replay",
            "Runs a recorded session of sim bridge again in virtual time: the same frames come in at the same instants, and what leaves must be the same, "
            + "byte for byte and nanosecond for nanosecond. With a change, shows what would have happened otherwise. With --host, any capture is fed "
            + "to simulated hosts: they play one side of it, and what the other side sent comes at its times.",
            "sim replay web.pcapng",
            "sim replay web.pcapng --ladder 40 --capture ports --out runs",
            "sim replay web.pcapng --seed 7",
            "sim replay web.pcapng --set hosts.server.sysctls.net.ipv4.tcp_sack=0",
            "sim replay field.pcap --host mine.yaml --as 192.0.2.7=10.0.0.2 --only tcp")
        {
            _file, _host, _to, _as, _only, _start, _patience, _asCaptured,
            _seed, _settings, _profile, _compare, _expect, _capture, _ladder, _out, _quiet, _json,
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
            Host = parsed.GetValue(_host),
            To = parsed.GetValue(_to),
            Feed = Feed(parsed),
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
        Option? alone = new Option[] { _to, _as, _only, _start, _patience, _asCaptured }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false });
        if (request.Host is null && alone is not null)
        {
            throw SimException.BadRequest($"sim replay: {alone.Name} is about a capture that is fed to a scenario's hosts; add --host scenario.yaml");
        }

        if (request.Host is not null && (request.Compare || request.Expect))
        {
            throw SimException.BadRequest($"sim replay: {(request.Compare ? "--compare is for recordings" : "--expect is for recordings; with --host the scenario's expectations always count")}; leave it out");
        }

        return request.Capture == "-" && request.Json == JsonOption.StandardOutput
            ? throw SimException.BadRequest("sim replay: --capture - and --json both want standard output; write --json=FILE")
            : request;
    }

    private CaptureFeedOptions Feed(ParseResult parsed)
    {
        var defaults = new CaptureFeedOptions();
        return new CaptureFeedOptions
        {
            As = [.. (parsed.GetValue(_as) ?? []).Select(a => (a.Captured, a.Simulated ?? a.Captured))],
            Filter = FeedFilter.Of(parsed.GetValue(_only) ?? []),
            Start = parsed.GetValue(_start) ?? defaults.Start,
            Patience = parsed.GetValue(_patience) ?? defaults.Patience,
            AdaptsNumbers = !parsed.GetValue(_asCaptured),
        };
    }

    private static (IpAddress Captured, IpAddress? Simulated) As(string text, System.CommandLine.Parsing.ArgumentResult result)
    {
        string[] parts = text.Split('=');
        IpAddress own = default;
        if (parts.Length > 2 || !IpAddress.TryParse(parts[0], out IpAddress captured) || (parts.Length == 2 && !IpAddress.TryParse(parts[1], out own)))
        {
            result.AddError($"--as: `{text}` is not an address like 192.0.2.7, or two like 192.0.2.7=10.0.0.2");
            return default;
        }

        return (captured, parts.Length == 2 ? own : null);
    }
}
