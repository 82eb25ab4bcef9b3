using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>String literals: short and long, raw and with escapes.</summary>
internal sealed partial class CodeLexer
{
    private void String(int start, bool raw)
    {
        char quote = Current;
        bool isLong = string.CompareOrdinal(_text, _at, new string(quote, 3), 0, 3) == 0;
        _at += isLong ? 3 : 1;
        StringBuilder value = new();
        while (true)
        {
            if (_at >= _text.Length || (Current == '\n' && !isLong))
            {
                throw new CodeException(start, "the string has no end");
            }

            char c = _text[_at++];
            if (c == quote && (!isLong || string.CompareOrdinal(_text, _at, new string(quote, 2), 0, 2) == 0))
            {
                _at += isLong ? 2 : 0;
                break;
            }

            if (c == '\\' && _at < _text.Length)
            {
                Escape(value, raw);
            }
            else
            {
                value.Append(c);
            }
        }

        if (value.Length > CodeValues.LongestText)
        {
            throw new CodeException(start, $"a string of more than {CodeValues.LongestText} characters");
        }

        Add(CodeTokenKind.String, "", value.ToString(), start);
    }

    // Just behind the backslash. An escape that Python does not know stays as it is.
    private void Escape(StringBuilder value, bool raw)
    {
        int start = _at - 1;
        char c = _text[_at++];
        if (raw)
        {
            value.Append('\\').Append(c);
            return;
        }

        switch (c)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                value.Append(c);
                break;
            case >= '0' and <= '7':
                Octal(value, c - '0');
                break;
            case 'x':
                Hexadecimal(value, start, 2);
                break;
            case 'u':
                Hexadecimal(value, start, 4);
                break;
            case 'U':
                Hexadecimal(value, start, 8);
                break;
            case 'N':
                throw new CodeException(CodeOutcomeKind.Unsupported, start, "the escape `\\N`");
            default:
                int known = "abfnrtv".IndexOf(c, StringComparison.Ordinal);
                value.Append(known >= 0 ? "\a\b\f\n\r\t\v"[known].ToString() : $"\\{c}");
                break;
        }
    }

    private void Octal(StringBuilder value, int number)
    {
        for (int more = 0; more < 2 && Current is >= '0' and <= '7'; more++)
        {
            number = number * 8 + (_text[_at++] - '0');
        }

        value.Append((char)number);
    }

    private void Hexadecimal(StringBuilder value, int start, int digits)
    {
        if (_at + digits > _text.Length
            || !long.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long number)
            || !CodeLiterals.TryAppendCodePoint(value, number))
        {
            throw new CodeException(start, $"the escape needs {digits} hexadecimal digits of a character");
        }

        _at += digits;
    }
}
