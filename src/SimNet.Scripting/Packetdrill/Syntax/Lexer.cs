namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>
/// Cuts a script into tokens: always the longest that fits, comments and white space left out. Words that are macros give the tokens of
/// their value instead; words that mean something to the language itself can't be macros.
/// </summary>
internal sealed class Lexer
{
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "sa_family", "sin_port", "sin_addr", "msg_name", "msg_iov", "msg_flags", "msg_control", "cmsg_data", "cmsg_level", "cmsg_type",
        "ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data", "scm_sec", "scm_nsec", "fd", "u32", "u64", "ptr", "events",
        "revents", "onoff", "linger", "htons", "ipv4", "ipv6", "icmp", "udp", "GREv0", "gre", "raw", "sum", "off", "key", "seq", "none",
        "checksum", "sequence#", "present", "mpls", "label", "tc", "ttl", "inet_addr", "inet6_addr", "ack", "eol", "ecr", "mss", "mtu",
        "nop", "sack", "sackOK", "md5", "TS", "FO", "FOEXP", "tos", "flowlabel", "flags", "Flags", "val", "win", "urg", "wscale", "ect01",
        "ect0", "ect1", "noecn", "ce", "id", "psp", "spi", "tcpm_key", "tcpm_prefixlen", "vc", "vnid", "encap",
    };

    private readonly string _text;
    private readonly string _file;
    private readonly IReadOnlyDictionary<string, string> _macros;
    private readonly Queue<Token> _fromMacro = [];
    private readonly SourcePosition _fixedPosition;

    private int _offset;
    private int _line = 1;
    private int _lineStart;

    public Lexer(string text, string file, IReadOnlyDictionary<string, string> macros)
    {
        _text = text;
        _file = file;
        _macros = macros;
        if (text.StartsWith('\uFEFF'))
        {
            _offset = _lineStart = 1;
        }
    }

    // For the value of a macro, all of whose tokens stand where its name was.
    private Lexer(string text, SourcePosition position)
        : this(text, position.File, new Dictionary<string, string>()) => _fixedPosition = position;

    /// <summary>Where the next character is.</summary>
    public SourcePosition Position =>
        _fixedPosition.IsKnown ? _fixedPosition : new SourcePosition(_file, _line, _offset - _lineStart + 1);

    /// <summary>The next character, <c>'\0'</c> at the end: for options, which are read before there are tokens.</summary>
    public char Current => At(0);

    /// <summary>The next token; at the end again and again <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="ScriptException">A comment, string, command or code block doesn't end.</exception>
    public Token Next()
    {
        while (true)
        {
            if (_fromMacro.TryDequeue(out Token queued))
            {
                return queued;
            }

            Token token = Scan();
            if (token.Kind != TokenKind.Word || Reserved.Contains(token.Text) || !_macros.TryGetValue(token.Text, out string? value))
            {
                return token;
            }

            Substitute(token, value);
        }
    }

    /// <summary>Passes over white space and comments.</summary>
    public void SkipBlanks()
    {
        while (_offset < _text.Length)
        {
            if (IsBlank(Current))
            {
                Advance(1);
            }
            else if (Current == '#' || (Current == '/' && At(1) == '/'))
            {
                int end = _text.IndexOf('\n', _offset);
                Advance((end < 0 ? _text.Length : end) - _offset);
            }
            else if (Current == '/' && At(1) == '*')
            {
                int end = _text.IndexOf("*/", _offset + 2, StringComparison.Ordinal);
                Advance(end < 0 ? throw Unclosed("a comment that doesn't end; close it with `*/`") : end + 2 - _offset);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>True, and passed over, when these characters are next.</summary>
    public bool TrySkip(string characters)
    {
        if (string.CompareOrdinal(_text, _offset, characters, 0, characters.Length) != 0)
        {
            return false;
        }

        Advance(characters.Length);
        return true;
    }

    /// <summary>The letters, digits and underscores that are next; possibly none.</summary>
    public string TakeRawWord()
    {
        int start = _offset;
        Advance(RunLength(_offset, IsWordCharacter));
        return _text[start.._offset];
    }

    /// <summary>Everything up to white space outside quotes, quotes included: an option's value.</summary>
    public string TakeRawValue()
    {
        int start = _offset;
        while (_offset < _text.Length && !IsBlank(Current))
        {
            Advance(Current is '"' or '`' ? QuotedLength(Current == '"' ? "string" : "command") : 1);
        }

        return _text[start.._offset];
    }

    /// <summary>A token's characters as they are written.</summary>
    public string Raw(in Token token) => token.Offset < 0 ? token.Text : _text[token.Offset..token.End];

    private Token Scan()
    {
        SkipBlanks();
        if (_offset >= _text.Length)
        {
            return Take(TokenKind.End, 0);
        }

        return Current switch
        {
            '"' => TakeQuoted(TokenKind.String, "string"),
            '`' => TakeQuoted(TokenKind.Command, "command"),
            '%' when At(1) == '{' => TakeCode(),
            '.' when At(1) == '.' && At(2) == '.' => Take(TokenKind.Ellipsis, 3),
            '-' when At(1) == '-' && IsWordCharacter(At(2)) => TakeOption(),
            _ => TakeNumberOrWord(),
        };
    }

    private Token TakeNumberOrWord()
    {
        int start = _offset;
        int word = RunLength(start, IsWordCharacter);
        int sign = Current == '-' ? 1 : 0;
        int whole = RunLength(start + sign, char.IsAsciiDigit);
        int point = start + sign + whole;
        int fraction = CharacterAt(point) == '.' ? RunLength(point + 1, char.IsAsciiDigit) : 0;
        int number = fraction > 0 ? sign + whole + 1 + fraction : whole > 0 ? sign + whole : 0;
        int v4 = AddressText.V4Length(_text, start);
        int v6 = AddressText.V6Length(_text, start);
        if (v6 > Math.Max(v4, Math.Max(word, number)))
        {
            return Take(TokenKind.Ipv6Address, v6);
        }

        if (v4 > Math.Max(word, number))
        {
            return Take(TokenKind.Ipv4Address, v4);
        }

        if (number > 0 && number >= word)
        {
            return Take(fraction > 0 ? TokenKind.Float : TokenKind.Integer, number);
        }

        if (word == 0)
        {
            return Take(TokenKind.Punctuation, 1);
        }

        if (word > 2 && Current == '0' && At(1) == 'x' && RunLength(start + 2, char.IsAsciiHexDigit) == word - 2)
        {
            return Take(TokenKind.HexInteger, word);
        }

        bool isNumberSign = CharacterAt(start + word) == '#' && string.CompareOrdinal(_text, start, "sequence", 0, word) == 0 && word == 8;
        return Take(TokenKind.Word, isNumberSign ? word + 1 : word);
    }

    private void Substitute(in Token word, string value)
    {
        try
        {
            Lexer lexer = new(value, word.Position);
            for (Token token = lexer.Next(); token.Kind != TokenKind.End; token = lexer.Next())
            {
                _fromMacro.Enqueue(token with { Offset = -1, End = -1, EndLine = word.EndLine });
            }
        }
        catch (ScriptException error)
        {
            throw new ScriptException([error.Errors[0] with { Message = $"in the macro `{word.Text}`: {error.Errors[0].Message}" }]);
        }
    }

    private Token TakeOption()
    {
        int length = RunLength(_offset + 2, IsWordCharacter);
        Token token = Take(TokenKind.Option, length + 2);
        return token with { Text = token.Text[2..] };
    }

    private Token TakeQuoted(TokenKind kind, string what)
    {
        Token token = Take(kind, QuotedLength(what));
        return token with { Text = kind == TokenKind.Command ? WithLineFeeds(token.Text[1..^1]) : token.Text[1..^1] };
    }

    private Token TakeCode()
    {
        int end = _text.IndexOf("}%", _offset + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Unclosed("a code block that doesn't end; close it with `}%`");
        }

        Token token = Take(TokenKind.Code, end + 2 - _offset);
        return token with { Text = WithLineFeeds(token.Text[2..^2]) };
    }

    // Shell and Python end a line, or continue it behind a backslash, at the line feed alone.
    private static string WithLineFeeds(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);

    private int QuotedLength(string what)
    {
        char quote = Current;
        for (int i = _offset + 1; i < _text.Length; i++)
        {
            if (_text[i] == quote)
            {
                return i + 1 - _offset;
            }

            if (_text[i] == '\\')
            {
                i++;
            }
        }

        throw Unclosed(quote == '"' ? $"a {what} that doesn't end; close it with `\"`" : $"a {what} that doesn't end; close it with a backquote");
    }

    private Token Take(TokenKind kind, int length)
    {
        SourcePosition position = Position;
        int start = _offset;
        Advance(length);
        // A token that ends with a line break ends on the line before it; none does but for what is inside marks.
        return new Token(kind, _text.Substring(start, length), start, _offset, position, _fixedPosition.IsKnown ? _fixedPosition.Line : _line);
    }

    private void Advance(int count)
    {
        for (int end = _offset + count; _offset < end;)
        {
            if (_text[_offset++] == '\n')
            {
                _line++;
                _lineStart = _offset;
            }
        }
    }

    private char At(int distance) => CharacterAt(_offset + distance);

    private char CharacterAt(int offset) => offset < _text.Length ? _text[offset] : '\0';

    private int RunLength(int start, Func<char, bool> belongs)
    {
        int end = start;
        while (end < _text.Length && belongs(_text[end]))
        {
            end++;
        }

        return end - start;
    }

    private ScriptException Unclosed(string message) => new([new ScriptError(Position, message)]);

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
