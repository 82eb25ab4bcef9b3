using System.Globalization;
using System.Text;
using SimNet.Scripting.Tables;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>nstat</c>: the host's counters, as they are or since the last call.</summary>
internal static class NstatProgram
{
    private const string History = "/tmp/.nstat.u0";

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        HashSet<char> options = [];
        List<string> patterns = [];
        foreach (string argument in call.Arguments)
        {
            if (!argument.StartsWith('-'))
            {
                patterns.Add(argument);
                continue;
            }

            foreach (char option in ShortOptions(argument))
            {
                if (!"aznrs".Contains(option, StringComparison.Ordinal))
                {
                    throw call.UnsupportedOption(argument);
                }

                options.Add(option);
            }
        }

        KeyValuePair<string, long>[] counters = [.. call.Target.Counters.Where(c => CounterTable.IsListed(c.Key))];
        foreach (string pattern in patterns)
        {
            if (!counters.Any(c => Matches(c.Key, pattern)))
            {
                throw call.Unsupported($"counter {CommandCall.Shown(pattern)}");
            }
        }

        // -n shows nothing, -r starts anew; either way the history is brought up to date, unless -s.
        Dictionary<string, long> before = options.Contains('a') || options.Contains('r') ? [] : ReadHistory(call);
        if (!options.Contains('n'))
        {
            Show(call, counters, before, patterns, options.Contains('z'));
        }

        if (!options.Contains('s'))
        {
            call.Target.Files.Write(History, Encoding.Latin1.GetBytes(string.Concat(counters.Select(c => $"{c.Key} {c.Value}\n"))));
        }

        return 0;
    }

    private static string ShortOptions(string argument) => argument switch
    {
        "--ignore" => "a",
        "--reset" => "r",
        "--noupdate" => "s",
        "--nooutput" => "n",
        "--zeros" or "--zero" => "z",
        _ when argument.Length > 1 && argument[1] != '-' => argument[1..],
        _ => "?",
    };

    private static void Show(
        CommandCall call,
        KeyValuePair<string, long>[] counters,
        Dictionary<string, long> before,
        List<string> patterns,
        bool zeros)
    {
        call.Output.Append("#kernel\n");
        foreach ((string name, long value) in counters)
        {
            long shown = value - before.GetValueOrDefault(name);
            if ((shown != 0 || zeros) && (patterns.Count == 0 || patterns.Any(p => Matches(name, p))))
            {
                call.Output.Append(CounterTable.NstatLine(new(name, shown))).Append('\n');
            }
        }
    }

    private static Dictionary<string, long> ReadHistory(CommandCall call)
    {
        Dictionary<string, long> values = new(StringComparer.Ordinal);
        string text = Encoding.Latin1.GetString(call.Target.Files.Read(History) ?? []);
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ');
            if (words.Length == 2 && long.TryParse(words[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            {
                values[words[0]] = value;
            }
        }

        return values;
    }

    // A shell pattern: * and ?.
    private static bool Matches(string name, string pattern) => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, false);
}
