namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>Letters, digits and underscores; also what begins with a digit but is no number, such as a cookie.</summary>
    Word,

    /// <summary>Decimal digits, with a minus sign perhaps.</summary>
    Integer,

    /// <summary><c>0x…</c></summary>
    HexInteger,

    /// <summary>A number with a point; nothing need stand before the point.</summary>
    Float,

    /// <summary>The text between double quotes, escapes unresolved.</summary>
    String,

    /// <summary>The text between backquotes.</summary>
    Command,

    /// <summary>The text between <c>%{</c> and <c>}%</c>.</summary>
    Code,

    /// <summary>Four numbers with points.</summary>
    Ipv4Address,

    /// <summary>An IPv6 address.</summary>
    Ipv6Address,

    /// <summary><c>--name</c>; the text is the name.</summary>
    Option,

    /// <summary><c>...</c></summary>
    Ellipsis,

    /// <summary>Any other character.</summary>
    Punctuation,

    /// <summary>The end of the script.</summary>
    End,
}

/// <summary>A token of a script.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, without the marks around it.</param>
/// <param name="Offset">Of its first character, marks included; -1 for what a macro brought.</param>
/// <param name="End">The offset behind its last character; -1 likewise.</param>
/// <param name="Position">Of its first character; of the macro's name for what a macro brought.</param>
/// <param name="EndLine">The line of its last character.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Offset, int End, SourcePosition Position, int EndLine)
{
    /// <summary>True for this character.</summary>
    public bool Is(char character) => Kind == TokenKind.Punctuation && Text[0] == character;

    /// <summary>True for this word.</summary>
    public bool Is(string word) => Kind == TokenKind.Word && Text == word;

    /// <summary>True when nothing, not even white space, stands between this token and the next.</summary>
    public bool Touches(in Token next) => End >= 0 && End == next.Offset;

    /// <summary>For messages: the text in backquotes, shortened, or what else was found.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the script",
        TokenKind.String => "the string \"" + Shorten(Text) + "\"",
        TokenKind.Command => "a command in backquotes",
        TokenKind.Code => "a code block",
        TokenKind.Option => "the option `--" + Shorten(Text) + "`",
        TokenKind.Ellipsis => "`...`",
        TokenKind.Punctuation when Text[0] == '`' => "a backquote",
        _ => "`" + Shorten(Text) + "`",
    };

    /// <summary>One line of at most forty characters, none of them invisible.</summary>
    public static string Shorten(string text)
    {
        const int longest = 40;
        char[] visible = [.. text.Take(longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)];
        return new string(visible) + (text.Length > longest ? "…" : "");
    }
}
