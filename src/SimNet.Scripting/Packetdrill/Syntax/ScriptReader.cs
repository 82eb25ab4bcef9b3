using System.Globalization;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>The parser, by recursive descent. One per script; ends at the first mistake. This part: tokens, and the script as a whole.</summary>
internal sealed partial class ScriptReader
{
    // Deeper than any structure of the language, and far from the end of the stack.
    private const int DeepestNesting = 50;

    private const int MostOperators = 200;

    private readonly string _file;
    private readonly Dictionary<string, string> _macros;
    private readonly Lexer _lexer;
    private readonly List<Token> _ahead = [];
    private int _lastLine = 1;
    private int _depth;
    private int _operators;

    public ScriptReader(string text, string file, IReadOnlyDictionary<string, string> macros)
    {
        _file = file;
        _macros = new Dictionary<string, string>(macros, StringComparer.Ordinal);
        _lexer = new Lexer(text, file, _macros);
    }

    public PacketdrillScript Read()
    {
        List<ScriptOption> options = ReadOptions();
        SourceText? initial = Peek().Kind == TokenKind.Command ? ReadText() : null;
        List<ScriptEvent> events = [];
        SourceText? cleanup = null;
        while (Peek().Kind != TokenKind.End)
        {
            if (Peek().Kind == TokenKind.Command && events.Count > 0 && Peek(1).Kind == TokenKind.End)
            {
                cleanup = ReadText();
                break;
            }

            events.Add(ReadEvent());
        }

        return events.Count > 0
            ? new PacketdrillScript(new SourcePosition(_file, 1, 1), options, initial, events, cleanup)
            : throw Wrong(Peek(), "a script has at least one event, such as `+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3`");
    }

    private List<ScriptOption> ReadOptions()
    {
        List<ScriptOption> options = [];
        while (true)
        {
            _lexer.SkipBlanks();
            SourcePosition position = _lexer.Position;
            bool isDefinition = _lexer.TrySkip("-D");
            if (!isDefinition && !_lexer.TrySkip("--"))
            {
                return options;
            }

            string name = isDefinition ? "define" : _lexer.TakeRawWord();
            if (!OptionNames.TryGet(name, out bool takesValue))
            {
                string found = name.Length == 0 ? "`--` without a name" : $"there is no option `--{Token.Shorten(name)}`";
                throw Fail(position, found + Suggestions.For(name, OptionNames.All, "options"));
            }

            _lexer.SkipBlanks();
            bool hasValue = isDefinition || _lexer.TrySkip("=");
            if (hasValue != takesValue)
            {
                throw Fail(position, takesValue ? $"`--{name}` has no value; write `--{name}=VALUE`" : $"`--{name}` has a value; it is a switch and takes none");
            }

            _lexer.SkipBlanks();
            SourcePosition valuePosition = hasValue ? _lexer.Position : position;
            string? value = !hasValue ? null : name == "define" ? TakeDefinition() : _lexer.TakeRawValue();
            if (value is { Length: 0 })
            {
                throw Fail(valuePosition, $"`--{name}` has no value; write `--{name}=VALUE`");
            }

            options.Add(new ScriptOption(position, name, name == "define" ? Define(value!, valuePosition) : Unquote(value), valuePosition));
        }
    }

    // Blanks may stand around its second equals sign, and quotes around the whole.
    private string TakeDefinition()
    {
        string value = _lexer.TakeRawValue();
        if (value.StartsWith('"'))
        {
            return Unquote(value)!;
        }

        _lexer.SkipBlanks();
        if (!value.Contains('=', StringComparison.Ordinal) && _lexer.TrySkip("="))
        {
            value += '=';
        }

        _lexer.SkipBlanks();
        return value.IndexOf('=', StringComparison.Ordinal) == value.Length - 1 ? value + _lexer.TakeRawValue() : value;
    }

    private string Define(string value, SourcePosition position)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? value : value[..equals];
        if (equals <= 0 || equals == value.Length - 1 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw Fail(position, $"a macro is written `NAME=value`, not `{Token.Shorten(value)}`; for example `--define=PROTO=IPPROTO_TCP`");
        }

        _macros[name] = value[(equals + 1)..];
        return value;
    }

    private static string? Unquote(string? value) =>
        value is { Length: >= 2 } && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;

    private Token Peek(int distance = 0)
    {
        while (_ahead.Count <= distance)
        {
            _ahead.Add(_lexer.Next());
        }

        return _ahead[distance];
    }

    private Token Take()
    {
        Token token = Peek();
        _ahead.RemoveAt(0);
        _lastLine = token.EndLine;
        return token;
    }

    private bool TryTake(char character)
    {
        bool found = Peek().Is(character);
        if (found)
        {
            Take();
        }

        return found;
    }

    private bool TryTake(string word)
    {
        bool found = Peek().Is(word);
        if (found)
        {
            Take();
        }

        return found;
    }

    private Token Expect(char character, string right)
    {
        return Peek().Is(character) ? Take() : throw Wrong(Peek(), right);
    }

    private Token Expect(string word, string right)
    {
        return Peek().Is(word) ? Take() : throw Wrong(Peek(), right);
    }

    private Token Expect(TokenKind kind, string right)
    {
        return Peek().Kind == kind ? Take() : throw Wrong(Peek(), right);
    }

    /// <summary>A whole number between 0 and a limit.</summary>
    private ulong ReadNumber(ulong limit, string what, bool hexadecimal = false)
    {
        Token token = Peek();
        if (token.Kind != TokenKind.Integer && !(hexadecimal && token.Kind == TokenKind.HexInteger))
        {
            throw Wrong(token, $"{what} is a number from 0 to {limit}");
        }

        Take();
        return TryReadUnsigned(token, out ulong value) && value <= limit
            ? value
            : throw Fail(token.Position, $"{what} {Token.Shorten(token.Text)} is out of range; it is a number from 0 to {limit}");
    }

    private static bool TryReadUnsigned(in Token token, out ulong value) => token.Kind == TokenKind.HexInteger
        ? ulong.TryParse(token.Text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : ulong.TryParse(token.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private SourceText ReadText()
    {
        Token token = Take();
        int mark = token.Offset < 0 ? 0 : token.Kind == TokenKind.Code ? 2 : 1;
        return new SourceText(token.Position with { Column = token.Position.Column + mark }, token.Text);
    }

    private ScriptException Wrong(in Token found, string right) => Fail(found.Position, $"found {found.Describe()}; {right}");

    private static ScriptException Fail(SourcePosition position, string message) => new([new ScriptError(position, message)]);
}
