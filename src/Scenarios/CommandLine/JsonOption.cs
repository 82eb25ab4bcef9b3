using System.CommandLine;
using Scenarios.Running;

namespace Scenarios.CommandLine;

/// <summary><c>--json[=FILE]</c>, which every command has.</summary>
internal static class JsonOption
{
    /// <summary>Stands for standard output.</summary>
    public const string StandardOutput = "-";

    private const string Name = "--json";

    /// <summary>A new option; its value is null, <see cref="StandardOutput"/> or a file.</summary>
    public static Option<string?> Create(string what) => new(Name)
    {
        Description = $"{what} as JSON: --json to standard output, --json=FILE to a file",
        HelpName = "FILE",
    };

    /// <summary>
    /// Gives a bare <c>--json</c> its value. An option whose value may be left out would otherwise take the next word for it:
    /// <c>sim run --json handshake</c>.
    /// </summary>
    public static string[] Normalize(string[] args)
    {
        int end = Array.IndexOf(args, "--");
        return [.. args.Select((arg, i) => arg == Name && (end < 0 || i < end) ? $"{Name}={StandardOutput}" : arg)];
    }

    /// <summary>Writes a document where the option says.</summary>
    /// <returns>True when that was standard output, so that nothing else may be written there.</returns>
    public static bool Write(string? target, string json, SimConsole console)
    {
        if (target == StandardOutput)
        {
            console.Output.WriteLine(json);
            return true;
        }

        if (target is not null)
        {
            OutputFiles.Write(target, json + "\n", "--json=FILE");
        }

        return false;
    }
}
