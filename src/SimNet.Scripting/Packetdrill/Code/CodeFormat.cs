using System.Globalization;
using System.Numerics;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>The <c>%</c> operator of strings (printf-style formatting).</summary>
internal sealed class CodeFormat
{
    private const int MostWidth = 1000;

    private readonly int _place;
    private readonly string _format;
    private readonly object[] _arguments;
    private readonly bool _mustUseAll;
    private readonly StringBuilder _result = new();
    private int _at;
    private int _used;

    private CodeFormat(int place, string format, object argument)
    {
        _place = place;
        _format = format;
        _arguments = argument is CodeSequence { IsTuple: true } tuple ? tuple.Items : [argument];

        // A list might be a mapping for named values, which need not all be used.
        _mustUseAll = argument is not CodeSequence { IsTuple: false };
    }

    /// <summary>The formatted text.</summary>
    /// <exception cref="CodeException">Format and values don't fit, or the text grows too long.</exception>
    public static string Format(int at, string format, object argument) => new CodeFormat(at, format, argument).Run();

    /// <summary>An integer in another base: <c>-0x1f</c>.</summary>
    public static string Radix(BigInteger value, int radix, string prefix) => (value.Sign < 0 ? "-" : "") + prefix + Digits(value, radix);

    private string Run()
    {
        while (_at < _format.Length)
        {
            char c = _format[_at++];
            if (c == '%')
            {
                Conversion();
            }
            else
            {
                _result.Append(c);
            }

            if (_result.Length > CodeValues.LongestText)
            {
                throw new CodeException(_place, $"a string of more than {CodeValues.LongestText} characters");
            }
        }

        return _used >= _arguments.Length || !_mustUseAll
            ? _result.ToString()
            : throw new CodeException(_place, $"the format uses {_used} of {_arguments.Length} values");
    }

    private char Next() => _at < _format.Length
        ? _format[_at++]
        : throw new CodeException(_place, "the format ends behind `%`");

    private object Argument() => _used < _arguments.Length
        ? _arguments[_used++]
        : throw new CodeException(_place, $"the format needs more than {_arguments.Length} value{(_arguments.Length == 1 ? "" : "s")}");

    private void Conversion()
    {
        string flags = "";
        char c = Next();
        if (c == '(')
        {
            throw new CodeException(CodeOutcomeKind.Unsupported, _place, "a format with names is not supported yet");
        }

        for (; "-+ #0".Contains(c, StringComparison.Ordinal); c = Next())
        {
            flags += flags.Contains(c, StringComparison.Ordinal) ? "" : c;
        }

        int? width = Count(ref c);
        if (width < 0)
        {
            (width, flags) = (-width, flags + "-");
        }

        int? precision = null;
        if (c == '.')
        {
            c = Next();
            precision = Math.Max(0, Count(ref c) ?? 0);
        }

        while (c is 'h' or 'l' or 'L')
        {
            c = Next();
        }

        string text = c == '%' ? "%" : Convert(c, flags, precision);
        Pad(text, flags, width ?? 0, isNumber: "diouxXeEfFgG".Contains(c, StringComparison.Ordinal));
    }

    private int? Count(ref char c)
    {
        if (c == '*')
        {
            c = Next();
            return CodeValues.Number(Argument()) is BigInteger i && BigInteger.Abs(i) <= MostWidth
                ? (int)i : throw new CodeException(_place, $"`*` in a format takes an integer of up to {MostWidth}");
        }

        int? count = null;
        for (; char.IsAsciiDigit(c); c = Next())
        {
            count = (count ?? 0) * 10 + (c - '0');
            if (count > MostWidth)
            {
                throw new CodeException(_place, $"a width or precision of more than {MostWidth}");
            }
        }

        return count;
    }

    private string Convert(char c, string flags, int? precision)
    {
        switch (c)
        {
            case 's' or 'r' or 'a':
                object value = Argument();
                string text = c == 's' ? CodeValues.Str(value) : CodeValues.Repr(value);
                return precision is { } p && p < text.Length ? text[..p] : text;
            case 'c':
                return Character(Argument());
            case 'd' or 'i' or 'u' or 'o' or 'x' or 'X':
                return Integer(c, flags, precision, Argument());
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                return Float(c, flags, precision ?? 6, Argument());
            default:
                throw new CodeException(_place, $"the format has no {CodeLexer.Describe(c)} behind `%`");
        }
    }

    private string Character(object value) => value switch
    {
        string { Length: 1 } s => s,
        BigInteger i when i >= 0 && i < 0x10000 => ((char)(int)i).ToString(),
        _ => throw new CodeException(_place, "`%c` takes one character"),
    };

    private string Integer(char c, string flags, int? precision, object argument)
    {
        BigInteger value = CodeValues.Number(argument) switch
        {
            BigInteger i => i,
            double d when c is 'd' or 'i' or 'u' && double.IsFinite(d) => new BigInteger(Math.Truncate(d)),
            _ => throw new CodeException(_place, $"`%{c}` takes a number, not a value of type {CodeValues.TypeName(argument)}"),
        };
        int radix = c switch { 'o' => 8, 'x' or 'X' => 16, _ => 10 };
        string digits = Digits(value, radix).PadLeft(precision ?? 0, '0');
        string prefix = !flags.Contains('#', StringComparison.Ordinal) ? "" : c switch { 'o' => "0o", 'x' or 'X' => "0x", _ => "" };
        string text = prefix + digits;
        return Sign(value.Sign < 0, flags) + (c == 'X' ? text.ToUpperInvariant() : text);
    }

    private static string Digits(BigInteger value, int radix)
    {
        BigInteger rest = BigInteger.Abs(value);
        if (radix == 10)
        {
            return rest.ToString(CultureInfo.InvariantCulture);
        }

        StringBuilder digits = new();
        do
        {
            digits.Insert(0, "0123456789abcdef"[(int)(rest % radix)]);
            rest /= radix;
        }
        while (!rest.IsZero);

        return digits.ToString();
    }

    private string Float(char c, string flags, int precision, object argument)
    {
        double value = CodeValues.Number(argument) switch
        {
            BigInteger i => CodeOperators.ToFloat(_place, i),
            double d => d,
            _ => throw new CodeException(_place, $"`%{c}` takes a number, not a value of type {CodeValues.TypeName(argument)}"),
        };
        double magnitude = Math.Abs(value);
        string text = char.ToLowerInvariant(c) switch
        {
            'e' => CodeFloats.Exponential(magnitude, precision),
            'f' => CodeFloats.Fixed(magnitude, precision),
            _ => CodeFloats.General(magnitude, precision, flags.Contains('#', StringComparison.Ordinal)),
        };
        text = char.IsUpper(c) ? text.ToUpperInvariant() : text;
        return Sign(double.IsNegative(value) && !double.IsNaN(value), flags) + text;
    }

    private static string Sign(bool negative, string flags) =>
        negative ? "-" : flags.Contains('+', StringComparison.Ordinal) ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";

    private void Pad(string text, string flags, int width, bool isNumber)
    {
        if (flags.Contains('-', StringComparison.Ordinal))
        {
            _result.Append(text.PadRight(width));
        }
        else if (isNumber && flags.Contains('0', StringComparison.Ordinal) && text.Length < width)
        {
            int sign = text[0] is '-' or '+' or ' ' ? 1 : 0;
            sign += text.Length > sign + 1 && text[sign] == '0' && text[sign + 1] is 'x' or 'X' or 'o' ? 2 : 0;
            _result.Append(text[..sign]).Append('0', width - text.Length).Append(text[sign..]);
        }
        else
        {
            _result.Append(text.PadLeft(width));
        }
    }
}
