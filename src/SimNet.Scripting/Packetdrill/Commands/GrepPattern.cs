using System.Text;
using System.Text.RegularExpressions;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>
/// POSIX regular expressions, basic and extended, as .NET's; matched without backtracking, so that no pattern takes long.
/// </summary>
internal static class GrepPattern
{
    private const int LongestPattern = 500;

    /// <summary>The expression; null when it is wrong or uses what is not supported.</summary>
    /// <param name="pattern">As written.</param>
    /// <param name="kind">G basic, E extended, F a fixed string.</param>
    /// <param name="ignoreCase">-i</param>
    /// <param name="bounds">w whole words, x whole lines, otherwise neither.</param>
    public static Regex? TryBuild(string pattern, char kind, bool ignoreCase, char bounds)
    {
        string? body = pattern.Length > LongestPattern ? null : kind == 'F' ? Regex.Escape(pattern) : Translate(pattern, kind == 'E');
        if (body is null)
        {
            return null;
        }

        string whole = bounds switch { 'x' => $"^(?:{body})$", 'w' => $"(?:^|\\W)(?:{body})(?:\\W|$)", _ => body };
        RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
        try
        {
            return new Regex(whole, ignoreCase ? options | RegexOptions.IgnoreCase : options, Regex.InfiniteMatchTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    // In basic expressions ( ) { } + ? | are ordinary and special with a backslash; in extended ones the other way round.
    private static string? Translate(string pattern, bool extended)
    {
        StringBuilder result = new();
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            bool escaped = c == '\\';
            if (escaped)
            {
                if (++i == pattern.Length)
                {
                    return null;
                }

                c = pattern[i];
            }

            if (!escaped && c == '[')
            {
                int end = Bracket(pattern, i, result);
                if (end < 0)
                {
                    return null;
                }

                i = end;
                continue;
            }

            if (escaped && char.IsAsciiLetterOrDigit(c))
            {
                if (!"wWsSb".Contains(c, StringComparison.Ordinal))
                {
                    return null;
                }

                result.Append('\\').Append(c);
            }
            else if ("(){}+?|".Contains(c, StringComparison.Ordinal))
            {
                bool special = escaped != extended;
                result.Append(special ? "" : "\\").Append(c);
            }
            else
            {
                bool special = !escaped && IsSpecial(pattern, i, c, extended);
                result.Append(special ? c.ToString() : Regex.Escape(c.ToString()));
            }
        }

        return result.ToString();
    }

    // ^ and $ anchor only at the ends of a basic expression; * repeats only what comes before it.
    private static bool IsSpecial(string pattern, int at, char c, bool extended) => c switch
    {
        '.' => true,
        '*' => at > 0 && !(at == 1 && pattern[0] == '^') && !(at > 1 && !extended && pattern[at - 2] == '\\' && pattern[at - 1] is '(' or '|'),
        '^' => extended || at == 0 || (at > 1 && pattern[at - 2] == '\\' && pattern[at - 1] is '(' or '|'),
        '$' => extended || at == pattern.Length - 1 || (at + 2 < pattern.Length && pattern[at + 1] == '\\' && pattern[at + 2] is ')' or '|'),
        _ => false,
    };

    private static int Bracket(string pattern, int start, StringBuilder result)
    {
        int at = start + 1;
        result.Append('[');
        if (at < pattern.Length && pattern[at] == '^')
        {
            result.Append('^');
            at++;
        }

        for (int first = at; at < pattern.Length; at++)
        {
            char c = pattern[at];
            if (c == ']' && at > first)
            {
                result.Append(']');
                return at;
            }

            if (c == '[' && at + 1 < pattern.Length && pattern[at + 1] is ':' or '.' or '=')
            {
                int end = pattern.IndexOf(":]", at + 2, StringComparison.Ordinal);
                string? members = end < 0 || pattern[at + 1] != ':' ? null : Class(pattern[(at + 2)..end]);
                if (members is null)
                {
                    return -1;
                }

                result.Append(members);
                at = end + 1;
            }
            else
            {
                bool isRange = c == '-' && at > first && at + 1 < pattern.Length && pattern[at + 1] != ']';
                result.Append(isRange ? "-" : c is '\\' or '[' or ']' or '^' or '-' ? $"\\{c}" : c.ToString());
            }
        }

        return -1;
    }

    private static string? Class(string name) => name switch
    {
        "alpha" => "A-Za-z",
        "digit" => "0-9",
        "alnum" => "A-Za-z0-9",
        "upper" => "A-Z",
        "lower" => "a-z",
        "space" => " \\t\\n\\r\\f\\v",
        "blank" => " \\t",
        "xdigit" => "0-9A-Fa-f",
        _ => null,
    };
}
