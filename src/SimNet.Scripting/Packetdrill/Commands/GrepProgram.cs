using System.Globalization;
using System.Text.RegularExpressions;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary><c>grep</c>, evaluated for real on the text of the simulated machine.</summary>
internal static partial class GrepProgram
{
    [GeneratedRegex("[A-Za-z][A-Za-z0-9]{3,}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CounterWord();

    /// <summary>Runs it.</summary>
    public static int Run(CommandCall call)
    {
        HashSet<char> options = [];
        List<string> patterns = [];
        List<string> words = [];
        ReadArguments(call, options, patterns, words);
        if (patterns.Count == 0)
        {
            if (words.Count == 0)
            {
                return call.Fail(2, "Usage: grep [OPTION]... PATTERNS [FILE]...");
            }

            patterns.Add(words[0]);
            words.RemoveAt(0);
        }

        if (call.ReadsCounters && words.Count == 0)
        {
            CheckCounters(call, patterns);
        }

        char kind = options.Contains('F') ? 'F' : options.Contains('E') ? 'E' : 'G';
        char bounds = options.Contains('x') ? 'x' : options.Contains('w') ? 'w' : ' ';
        List<Regex> expressions = [];
        foreach (string pattern in patterns.SelectMany(p => p.Split('\n')))
        {
            expressions.Add(GrepPattern.TryBuild(pattern, kind, options.Contains('i'), bounds)
                ?? throw call.Unsupported($"command `grep`: the pattern `{CommandCall.Shown(pattern)}`"));
        }

        return Search(call, options, expressions, words);
    }

    private static void ReadArguments(CommandCall call, HashSet<char> options, List<string> patterns, List<string> words)
    {
        bool onlyWords = false;
        for (int i = 0; i < call.Arguments.Count; i++)
        {
            string argument = call.Arguments[i];
            if (onlyWords || argument.Length < 2 || argument[0] != '-')
            {
                words.Add(argument);
                continue;
            }

            onlyWords = argument == "--";
            string letters = onlyWords ? "" : ShortOptions(argument);
            for (int k = 0; k < letters.Length; k++)
            {
                if (letters[k] == 'e' && argument[1] != '-')
                {
                    // The rest of the word, or the next one.
                    patterns.Add(k + 1 < letters.Length ? letters[(k + 1)..] : ++i < call.Arguments.Count ? call.Arguments[i] : "");
                    break;
                }

                if (!"cqviwxnhHosEFG".Contains(letters[k], StringComparison.Ordinal))
                {
                    throw call.UnsupportedOption(argument);
                }

                options.Add(letters[k]);
            }
        }
    }

    private static string ShortOptions(string argument) => argument switch
    {
        "--count" => "c",
        "--quiet" or "--silent" => "q",
        "--invert-match" => "v",
        "--ignore-case" => "i",
        "--word-regexp" => "w",
        "--line-regexp" => "x",
        "--line-number" => "n",
        "--no-filename" => "h",
        "--with-filename" => "H",
        "--only-matching" => "o",
        "--no-messages" => "s",
        "--extended-regexp" => "E",
        "--fixed-strings" => "F",
        "--basic-regexp" => "G",
        _ when argument[1] != '-' => argument[1..],
        _ => "?",
    };

    // A counter that the machine does not count is not there: no line and no count of it would be true.
    private static void CheckCounters(CommandCall call, List<string> patterns)
    {
        foreach (string pattern in patterns)
        {
            foreach (Match word in CounterWord().Matches(pattern))
            {
                if (!call.Target.Counters.Any(c => c.Key.Contains(word.Value, StringComparison.OrdinalIgnoreCase)))
                {
                    throw call.Unsupported($"counter {CommandCall.Shown(word.Value)}");
                }
            }
        }
    }

    private static int Search(CommandCall call, HashSet<char> options, List<Regex> expressions, List<string> files)
    {
        bool found = false;
        bool failed = false;
        bool named = options.Contains('H') || (files.Count > 1 && !options.Contains('h'));
        foreach (string file in files.Count == 0 ? ["-"] : files)
        {
            string? text = file == "-" ? call.Input : call.FileSystem.Read(file);
            if (text is null)
            {
                failed = true;
                call.Errors.Append(options.Contains('s') ? "" : $"grep: {file}: No such file or directory\n");
                continue;
            }

            string prefix = named ? (file == "-" ? "(standard input)" : file) + ":" : "";
            found |= SearchText(call, options, expressions, text, prefix);
        }

        return found && options.Contains('q') ? 0 : failed ? 2 : found ? 0 : 1;
    }

    private static bool SearchText(CommandCall call, HashSet<char> options, List<Regex> expressions, string text, string prefix)
    {
        string[] lines = text.Split('\n');
        int count = 0;
        bool quiet = options.Contains('q');
        for (int i = 0; i < lines.Length - (lines[^1].Length == 0 ? 1 : 0); i++)
        {
            string line = lines[i];
            if (expressions.Any(e => e.IsMatch(line)) == options.Contains('v'))
            {
                continue;
            }

            count++;
            if (quiet || options.Contains('c'))
            {
                continue;
            }

            string head = options.Contains('n') ? string.Create(CultureInfo.InvariantCulture, $"{prefix}{i + 1}:") : prefix;
            foreach (string shown in options.Contains('o') ? Parts(call, options, expressions, line) : [line])
            {
                call.Output.Append(head).Append(shown).Append('\n');
            }
        }

        if (options.Contains('c') && !quiet)
        {
            call.Output.Append(prefix).Append(CultureInfo.InvariantCulture, $"{count}\n");
        }

        return count > 0;
    }

    private static IEnumerable<string> Parts(CommandCall call, HashSet<char> options, List<Regex> expressions, string line)
    {
        if (options.Contains('v') || options.Contains('w') || expressions.Count > 1)
        {
            throw call.Unsupported("command `grep`: the option `-o` with -v, -w or several patterns");
        }

        return expressions[0].Matches(line).Select(m => m.Value).Where(v => v.Length > 0);
    }
}
