namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Puts commands together: pipelines, lists with <c>;</c>, <c>&amp;&amp;</c>, <c>||</c>, assignments and redirections.</summary>
internal sealed class ShellParser
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "select", "time", "{", "}",
        "[[",
    };

    private readonly List<ShellToken> _tokens;
    private int _at;

    private ShellParser(List<ShellToken> tokens) => _tokens = tokens;

    /// <summary>The pipelines of a text, in order; none when it is empty.</summary>
    /// <exception cref="ShellException">The shell could not read it, or it uses more of the shell than is supported.</exception>
    public static List<ShellPipeline> Parse(string text)
    {
        ShellParser parser = new(ShellLexer.Read(text));
        List<ShellPipeline> all = [];
        parser.SkipLines();
        string connector = ";";
        while (parser.Current.Operator != "end")
        {
            all.Add(parser.Pipeline(connector));
            connector = parser.Connector();
        }

        return connector == ";" ? all : throw parser.Wrong();
    }

    private ShellToken Current => _tokens[_at];

    private ShellException Wrong() => ShellException.Wrong(
        Current.Start, $"unexpected {(Current.Operator switch { "end" => "end of the commands", "\n" => "end of line", var op => $"`{op}`" })}");

    private void SkipLines()
    {
        while (Current.Operator == "\n")
        {
            _at++;
        }
    }

    private string Connector()
    {
        ShellToken token = Current;
        switch (token.Operator)
        {
            case "end":
                return ";";
            case "\n" or ";":
                _at++;
                SkipLines();
                return ";";
            case "&&" or "||":
                _at++;
                SkipLines();
                return token.Operator;
            case "&":
                throw ShellException.Unsupported(token.Start, "a command in the background (`&`)");
            case "(" or ")":
                throw ShellException.Unsupported(token.Start, $"the shell's `{token.Operator}`");
            default:
                throw Wrong();
        }
    }

    private ShellPipeline Pipeline(string connector)
    {
        int start = Current.Start;
        bool negated = false;
        while (Current.Word?.Plain == "!")
        {
            negated = !negated;
            _at++;
        }

        List<ShellCommand> commands = [Command()];
        while (Current.Operator == "|")
        {
            _at++;
            SkipLines();
            commands.Add(Command());
        }

        return new ShellPipeline(start, connector, negated, commands);
    }

    private ShellCommand Command()
    {
        int start = Current.Start;
        List<(string, ShellWord)> assignments = [];
        List<ShellWord> words = [];
        List<ShellRedirection> redirections = [];
        while (true)
        {
            ShellToken token = Current;
            if (token.Word is { } word)
            {
                _at++;
                if (words.Count == 0 && Assignment(word) is { } assignment)
                {
                    assignments.Add(assignment);
                    continue;
                }

                if (words.Count == 0 && word.Plain is { } name && Keywords.Contains(name))
                {
                    throw ShellException.Unsupported(token.Start, $"the shell's `{name}`");
                }

                words.Add(word);
            }
            else if (token.Descriptor >= 0)
            {
                _at++;
                ShellWord target = Current.Word ?? throw Wrong();
                redirections.Add(new ShellRedirection(token.Descriptor, token.Operator, target));
                _at++;
            }
            else if (assignments.Count + words.Count + redirections.Count > 0)
            {
                return new ShellCommand(start, assignments, words, redirections);
            }
            else if (token.Operator is "(" or ")" or "&")
            {
                throw ShellException.Unsupported(token.Start, $"the shell's `{token.Operator}`");
            }
            else
            {
                throw Wrong();
            }
        }
    }

    // NAME=value: the name and the sign unquoted at the beginning.
    private static (string, ShellWord)? Assignment(ShellWord word)
    {
        ShellWordPart first = word.Parts[0];
        int sign = first.IsVariable || first.IsQuoted ? -1 : first.Text.IndexOf('=', StringComparison.Ordinal);
        if (sign <= 0 || char.IsAsciiDigit(first.Text[0]) || !first.Text[..sign].All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            return null;
        }

        ShellWordPart rest = first with { Text = first.Text[(sign + 1)..] };
        return (first.Text[..sign], new ShellWord(word.Start, [rest, .. word.Parts.Skip(1)]));
    }
}
