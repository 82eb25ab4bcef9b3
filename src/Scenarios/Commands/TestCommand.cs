using System.CommandLine;
using System.Globalization;
using Scenarios.CommandLine;
using Scenarios.Testing;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Yaml;
using SimStack;
using SimStack.Profiles;

namespace Scenarios.Commands;

/// <summary><c>sim test PATH…</c></summary>
internal sealed class TestCommand
{
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "packetdrill scripts, or folders, which are searched to the bottom for *.pkt",
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _jobs = new("--jobs")
    {
        Description = "how many scripts run side by side; default: one for each processor. The order of the lines is the same with any number",
        HelpName = "N",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int jobs) && jobs is > 0 and <= 1024
            ? jobs
            : result.Wrong<int?>("--jobs", "a whole number from 1 to 1024, like --jobs 4"),
    };

    private readonly Option<string?> _profile = SharedOptions.Profile(
        $"behaviour of the machine under test: {SharedOptions.ProfileList}; default: {Profile.Linux.Name}");

    private readonly Option<IReadOnlyList<PacketdrillIpVersion>?> _ipVersion = new("--ip-version")
    {
        Description = "which sockets and packets; all: each script once with every one. What a script says of itself wins; default: ipv4",
        HelpName = "ipv4|ipv6|ipv4-mapped-ipv6|all",
        CustomParser = result => IpVersionNames.TryParse(result.Tokens[0].Value, out IReadOnlyList<PacketdrillIpVersion> versions)
            ? versions
            : result.Wrong<IReadOnlyList<PacketdrillIpVersion>>("--ip-version", "ipv4, ipv6, ipv4-mapped-ipv6 or all"),
    };

    private readonly Option<string[]> _macros = new("-D") { Description = "value for a name in the scripts, as -D CODE=net_unreachable", HelpName = "NAME=VALUE" };

    private readonly Option<Duration?> _tolerance = new("--tolerance")
    {
        Description = "how far from its time an event may be, where the script says nothing; default: 4ms",
        HelpName = "4ms",
        CustomParser = result => Units.TryDuration(result.Tokens[0].Value, out Duration tolerance) && tolerance > Duration.Zero
            ? tolerance
            : result.Wrong<Duration?>("--tolerance", "a time like 4ms or 500us"),
    };

    private readonly Option<bool> _verbose = new("--verbose") { Description = "with every failure both sides of the mismatch, the packets before it, and what the script printed" };
    private readonly Option<string?> _out = new("--out") { Description = "folder for a capture of every run: PATH.pcapng", HelpName = "DIR" };
    private readonly Option<string?> _junit = new("--junit") { Description = "write a report in JUnit's XML, as CI systems read it", HelpName = "FILE" };
    private readonly Option<bool> _watch = new("--watch") { Description = "then run again what is saved, until Ctrl-C" };
    private readonly Option<string?> _json = JsonOption.Create("every script's verdict");

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new TestCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "test",
            "Runs packetdrill scripts against the simulated host in virtual time: without root, without waiting, the same each time. " +
            "Prints a line for each script and at last how many passed; exit status 1 when one failed, 2 when one could not be read.",
            "sim test handshake.pkt",
            "sim test scripts --jobs 4 --ip-version all --junit results.xml",
            "sim test scripts/close.pkt --verbose --out captures",
            "sim test scripts --watch")
        {
            _paths, _jobs, _profile, _ipVersion, _macros, _tolerance, _verbose, _out, _junit, _watch, _json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            TestRequest request = Request(parsed);
            return CommandHost.Run(
                console,
                new Dictionary<string, string?>(),
                (_, stop) => request.Watch ? new WatchSession(console, request).Run(stop) : new TestSession(console, request).Run(stop),
                cancellationToken);
        });
        return command;
    }

    private TestRequest Request(ParseResult parsed)
    {
        // With any number of paths, an option that is not known is read as one.
        string[] options = [.. parsed.CommandResult.Command.Options.Select(o => o.Name)];
        if (parsed.GetRequiredValue(_paths).FirstOrDefault(p => p.StartsWith('-') && !Path.Exists(p)) is { } option)
        {
            throw SimException.BadRequest($"sim test: unknown option `{option}`" + Suggestions.For(option, options, "options"));
        }

        var request = new TestRequest
        {
            Paths = parsed.GetRequiredValue(_paths),
            Jobs = parsed.GetValue(_jobs) ?? Environment.ProcessorCount,
            Profile = Profile.TryGet(parsed.GetValue(_profile) ?? "", out Profile? profile) ? profile : Profile.Linux,
            IpVersions = parsed.GetValue(_ipVersion) ?? [PacketdrillIpVersion.Ipv4],
            Macros = Macros(parsed.GetValue(_macros) ?? []),
            Tolerance = parsed.GetValue(_tolerance),
            Verbose = parsed.GetValue(_verbose),
            Out = parsed.GetValue(_out),
            Junit = parsed.GetValue(_junit),
            Json = parsed.GetValue(_json),
            Watch = parsed.GetValue(_watch),
        };
        return request is { Watch: true, Json: JsonOption.StandardOutput }
            ? throw SimException.BadRequest("sim test: --watch goes on and --json is one document; write --json=FILE, which is replaced with every run")
            : request;
    }

    /// <summary>Reads <c>NAME=VALUE</c>; the last of a name wins.</summary>
    private static Dictionary<string, string> Macros(string[] definitions)
    {
        var macros = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string definition in definitions)
        {
            int equals = definition.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : definition[..equals];
            if (name.Length == 0 || !(char.IsAsciiLetter(name[0]) || name[0] == '_') || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                throw SimException.BadRequest($"sim test: -D: `{definition}` is not a name and a value like -D CODE=net_unreachable");
            }

            macros[name] = definition[(equals + 1)..];
        }

        return macros;
    }
}
