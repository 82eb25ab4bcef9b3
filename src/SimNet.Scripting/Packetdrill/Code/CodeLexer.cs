using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's lexical rules (language reference, chapter 2): lines, indentation, joining, literals.</summary>
internal sealed partial class CodeLexer
{
    private const int LongestNumber = 1000;
    private const int DeepestIndentation = 32;

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
        "return", "try", "while", "with", "yield",
    };

    // Longest first.
    private static readonly string[] Operators =
    [
        "**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "<=", ">=", "==", "!=", "<>", "->", "+=", "-=", "*=", "/=", "%=", "&=",
        "|=", "^=", "@=", ":=", "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".",
        ";", "=",
    ];

    private readonly string _text;
    private readonly List<CodeToken> _tokens = [];
    private readonly List<int> _indents = [0];
    private int _at;
    private int _brackets;

    private CodeLexer(string text) => _text = text;

    /// <summary>All tokens, the last one being End.</summary>
    /// <exception cref="CodeException">The text is not Python.</exception>
    public static List<CodeToken> Read(string text)
    {
        CodeLexer lexer = new(text);
        lexer.Run();
        return lexer._tokens;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private void Run()
    {
        bool atLineStart = true;
        while (true)
        {
            if (atLineStart && _brackets == 0)
            {
                Indentation();
            }

            atLineStart = false;
            SkipBlanks();
            if (_at >= _text.Length)
            {
                break;
            }

            if (Current == '\n')
            {
                if (_brackets == 0)
                {
                    NewLine();
                }

                _at++;
                atLineStart = true;
                continue;
            }

            Token();
        }

        NewLine();
        for (; _indents.Count > 1; _indents.RemoveAt(_indents.Count - 1))
        {
            Add(CodeTokenKind.Dedent, "", null, _text.Length);
        }

        Add(CodeTokenKind.End, "", null, _text.Length);
    }

    private void Add(CodeTokenKind kind, string text, object? value, int start) =>
        _tokens.Add(new CodeToken(kind, text, value, start, _at));

    // A line of nothing but blanks and a comment makes no NewLine.
    private void NewLine()
    {
        if (_tokens.Count > 0 && _tokens[^1].Kind is not (CodeTokenKind.NewLine or CodeTokenKind.Indent or CodeTokenKind.Dedent))
        {
            Add(CodeTokenKind.NewLine, "", null, _at);
        }
    }

    private void Indentation()
    {
        int width = 0;
        int start = _at;
        for (; Current is ' ' or '\t' or '\r' or '\f'; _at++)
        {
            width = Current switch { '\t' => (width / 8 + 1) * 8, ' ' => width + 1, _ => width };
        }

        if (_at >= _text.Length || Current is '\n' or '#' || (Current == '\\' && IsBlankAfterJoin()))
        {
            return;
        }

        if (width > _indents[^1])
        {
            if (_indents.Count >= DeepestIndentation)
            {
                throw new CodeException(_at, $"more than {DeepestIndentation - 1} levels of indentation");
            }

            _indents.Add(width);
            Add(CodeTokenKind.Indent, "", null, start);
        }

        for (; width < _indents[^1]; _indents.RemoveAt(_indents.Count - 1))
        {
            Add(CodeTokenKind.Dedent, "", null, start);
        }

        if (width != _indents[^1])
        {
            throw new CodeException(_at, "the indentation matches no outer line");
        }
    }

    private bool IsBlankAfterJoin()
    {
        int i = _at;
        while (i < _text.Length && _text[i] is ' ' or '\t' or '\r' or '\n' or '\\')
        {
            i++;
        }

        return i >= _text.Length;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (Current is ' ' or '\t' or '\r' or '\f')
            {
                _at++;
            }
            else if (Current == '#')
            {
                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
            }
            else if (Current == '\\')
            {
                Join();
            }
            else
            {
                return;
            }
        }
    }

    // A backslash before the end of the block joins it with the empty line that follows every block.
    private void Join()
    {
        int next = _at + 1;
        if (next < _text.Length && _text[next] == '\r')
        {
            next++;
        }

        if (next < _text.Length && _text[next] != '\n')
        {
            throw new CodeException(_at, "a character follows the backslash that continues a line");
        }

        _at = Math.Min(next + 1, _text.Length);
    }

    private void Token()
    {
        int start = _at;
        char c = Current;
        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
        {
            Number();
        }
        else if (c is '\'' or '"')
        {
            String(start, raw: false);
        }
        else if (char.IsAsciiLetter(c) || c == '_' || char.IsLetter(c))
        {
            NameOrPrefixedString();
        }
        else
        {
            Operator();
        }
    }

    private void NameOrPrefixedString()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(Current) || Current == '_'))
        {
            _at++;
        }

        string name = _text[start.._at];
        if (Current is '\'' or '"' && name.Length <= 2 && name.All(c => "rRbBuUfFtT".Contains(c, StringComparison.Ordinal)))
        {
            if (name is not ("r" or "R" or "u" or "U"))
            {
                throw new CodeException(CodeOutcomeKind.Unsupported, start, $"a string with the prefix `{name}`");
            }

            String(start, raw: name is "r" or "R");
            return;
        }

        Add(Keywords.Contains(name) ? CodeTokenKind.Keyword : CodeTokenKind.Name, name, null, start);
    }

    private void Operator()
    {
        foreach (string op in Operators)
        {
            if (string.CompareOrdinal(_text, _at, op, 0, op.Length) != 0)
            {
                continue;
            }

            int start = _at;
            _at += op.Length;
            _brackets += op is "(" or "[" or "{" ? 1 : 0;
            if (op is ")" or "]" or "}" && --_brackets < 0)
            {
                throw new CodeException(start, $"`{op}` closes nothing");
            }

            Add(CodeTokenKind.Operator, op, null, start);
            return;
        }

        throw new CodeException(_at, $"unexpected {Describe(Current)}");
    }

    internal static string Describe(char c) =>
        c is > ' ' and < '\x7f' || char.IsLetterOrDigit(c) ? $"`{c}`" : $"character U+{(int)c:X4}";

    private void Number()
    {
        int start = _at;
        int radix = Current != '0' || _at + 1 >= _text.Length ? 10 : char.ToLowerInvariant(_text[_at + 1]) switch
        {
            'x' => 16,
            'o' => 8,
            'b' => 2,
            _ => 10,
        };
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '.' || IsExponentSign(start, radix)))
        {
            _at++;
        }

        string written = _text[start.._at];
        if (written.Length > LongestNumber)
        {
            throw new CodeException(start, $"a number of more than {LongestNumber} characters");
        }

        if (radix == 10 && written.AsSpan().IndexOfAny(".eE") >= 0)
        {
            Add(CodeTokenKind.Float, "", CodeLiterals.Float(written) ?? throw NotANumber(start, written), start);
        }
        else
        {
            BigInteger value = CodeLiterals.Integer(radix == 10 ? written : written[2..], radix, afterPrefix: radix != 10)
                ?? throw NotANumber(start, written);
            if (radix == 10 && written[0] == '0' && !value.IsZero)
            {
                throw new CodeException(start, $"`{written}`: a decimal number has no leading zeros, an octal one begins with 0o");
            }

            Add(CodeTokenKind.Integer, "", value, start);
        }
    }

    private bool IsExponentSign(int start, int radix) =>
        Current is '+' or '-' && radix == 10 && _at > start && _text[_at - 1] is 'e' or 'E';

    private static CodeException NotANumber(int start, string written) =>
        written[^1] is 'j' or 'J'
            ? new CodeException(CodeOutcomeKind.Unsupported, start, $"the complex number `{written}`")
            : new CodeException(start, $"`{written}` is not a number");
}
