using System.Text;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Splits commands as the POSIX shell does (Shell Command Language §2.2, §2.3): quotes, escapes, comments, operators.</summary>
internal sealed class ShellLexer
{
    private const string WordEnd = " \t\r\n;|&<>()";

    // Longest first.
    private static readonly string[] Operators = ["&&", "||", ";;", ";", "|", "&", "(", ")"];

    private readonly string _text;
    private readonly List<ShellToken> _tokens = [];
    private readonly List<ShellWordPart> _parts = [];
    private readonly StringBuilder _literal = new();
    private int _at;

    private ShellLexer(string text) => _text = text;

    /// <summary>All tokens, the last one being the end.</summary>
    /// <exception cref="ShellException">A quote has no end, or the text uses more of the shell than is supported.</exception>
    public static List<ShellToken> Read(string text)
    {
        ShellLexer lexer = new(text);
        while (lexer.Next())
        {
        }

        lexer._tokens.Add(new ShellToken("end", null, text.Length));
        return lexer._tokens;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private char Following => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private bool Next()
    {
        while (Current is ' ' or '\t' or '\r' || (Current == '\\' && Following == '\n'))
        {
            _at += Current == '\\' ? 2 : 1;
        }

        if (_at >= _text.Length)
        {
            return false;
        }

        if (Current == '#')
        {
            int end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
            return _at < _text.Length;
        }

        if (Current == '\n')
        {
            _tokens.Add(new ShellToken("\n", null, _at++));
            return true;
        }

        if (!Redirection() && !Operator())
        {
            Word();
        }

        return true;
    }

    private bool Operator()
    {
        foreach (string op in Operators)
        {
            if (string.CompareOrdinal(_text, _at, op, 0, op.Length) == 0)
            {
                _tokens.Add(new ShellToken(op, null, _at));
                _at += op.Length;
                return true;
            }
        }

        return false;
    }

    // [n]> [n]>> [n]< [n]>&
    private bool Redirection()
    {
        int start = _at;
        bool numbered = char.IsAsciiDigit(Current) && Following is '<' or '>';
        int sign = numbered ? _at + 1 : _at;
        if (sign >= _text.Length || _text[sign] is not ('<' or '>'))
        {
            return false;
        }

        int length = 1;
        string rest = _text[sign..Math.Min(_text.Length, sign + 3)];
        if (rest.StartsWith("<<", StringComparison.Ordinal) || rest.StartsWith("<>", StringComparison.Ordinal)
            || rest.StartsWith("<&", StringComparison.Ordinal))
        {
            throw ShellException.Unsupported(start, $"the redirection `{rest[..2]}`");
        }

        if (rest.StartsWith(">>", StringComparison.Ordinal) || rest.StartsWith(">&", StringComparison.Ordinal)
            || rest.StartsWith(">|", StringComparison.Ordinal))
        {
            length = 2;
        }

        string op = rest[..length] == ">|" ? ">" : rest[..length];
        int descriptor = numbered ? _text[start] - '0' : op == "<" ? 0 : 1;
        if (descriptor > 2 || (descriptor == 0) != (op == "<"))
        {
            throw ShellException.Unsupported(start, $"the redirection `{_text[start]}{op}`");
        }

        _at = sign + length;
        _tokens.Add(new ShellToken(op, null, start, descriptor));
        return true;
    }

    private void Word()
    {
        int start = _at;
        _parts.Clear();
        while (_at < _text.Length && !WordEnd.Contains(Current, StringComparison.Ordinal))
        {
            switch (Current)
            {
                case '\'':
                    SingleQuoted();
                    break;
                case '"':
                    DoubleQuoted();
                    break;
                case '\\':
                    Escape();
                    break;
                case '$' or '`':
                    Expansion(isQuoted: false);
                    break;
                case '~' when _at == start:
                    throw ShellException.Unsupported(_at, "the home folder `~`");
                case '*' or '?' or '[':
                    throw ShellException.Unsupported(_at, $"the file pattern `{Current}` outside quotes");
                default:
                    _literal.Append(_text[_at++]);
                    break;
            }
        }

        EndLiteral(isQuoted: false);
        _tokens.Add(new ShellToken("", new ShellWord(start, [.. _parts]), start));
    }

    private void EndLiteral(bool isQuoted)
    {
        if (_literal.Length > 0 || isQuoted)
        {
            _parts.Add(new ShellWordPart(_literal.ToString(), false, isQuoted));
            _literal.Clear();
        }
    }

    private void Escape()
    {
        if (_at + 1 >= _text.Length)
        {
            _literal.Append('\\');
            _at++;
            return;
        }

        if (Following != '\n')
        {
            EndLiteral(isQuoted: false);
            _literal.Append(Following);
            EndLiteral(isQuoted: true);
        }

        _at += 2;
    }

    private void SingleQuoted()
    {
        EndLiteral(isQuoted: false);
        int end = _text.IndexOf('\'', _at + 1);
        if (end < 0)
        {
            throw ShellException.Wrong(_at, "the quote `'` has no end");
        }

        _literal.Append(_text, _at + 1, end - _at - 1);
        EndLiteral(isQuoted: true);
        _at = end + 1;
    }

    private void DoubleQuoted()
    {
        EndLiteral(isQuoted: false);
        int start = _at++;
        while (Current != '"')
        {
            if (_at >= _text.Length)
            {
                throw ShellException.Wrong(start, "the quote `\"` has no end");
            }

            if (Current == '\\' && Following is '$' or '`' or '"' or '\\' or '\n')
            {
                _literal.Append(Following == '\n' ? "" : Following.ToString());
                _at += 2;
            }
            else if (Current is '$' or '`')
            {
                Expansion(isQuoted: true);
            }
            else
            {
                _literal.Append(_text[_at++]);
            }
        }

        EndLiteral(isQuoted: true);
        _at++;
    }

    private void Expansion(bool isQuoted)
    {
        int start = _at;
        if (Current == '`' || Following == '(')
        {
            throw ShellException.Unsupported(start, "the command substitution");
        }

        if (Following is '@' or '*' or '#' or '!' or '-')
        {
            throw ShellException.Unsupported(start, $"the expansion `${Following}`");
        }

        _at++;
        bool braced = Current == '{';
        _at += braced ? 1 : 0;
        int name = _at;
        if (Current is '?' or '$')
        {
            _at++;
        }
        else
        {
            while (char.IsAsciiLetterOrDigit(Current) || Current == '_')
            {
                _at++;
            }
        }

        string written = _text[name.._at];
        if (braced ? written.Length == 0 || Current != '}' : written.Length > 0 && char.IsAsciiDigit(written[0]))
        {
            throw ShellException.Unsupported(start, $"the expansion `{Around(start)}`");
        }

        _at += braced ? 1 : 0;
        if (written.Length == 0)
        {
            _literal.Append('$');
            return;
        }

        bool hadText = _literal.Length > 0;
        if (hadText)
        {
            EndLiteral(isQuoted);
        }

        _parts.Add(new ShellWordPart(written, true, isQuoted));
    }

    private string Around(int start)
    {
        int end = _text.IndexOfAny([' ', '\n', '\t', '"'], start);
        string text = _text[start..Math.Min(end < 0 ? _text.Length : end, start + 30)];
        return Code.CodeValues.OneLine(text, 30);
    }
}
