using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's built-in functions, those that assertions use.</summary>
internal static class CodeFunctions
{
    private static readonly Dictionary<string, CodeFunction> Known = Build();

    // The rest of what Python has without an import: told apart from a misspelling.
    private static readonly HashSet<string> OfPython = new(StringComparer.Ordinal)
    {
        "all", "any", "ascii", "bin", "breakpoint", "bytearray", "bytes", "callable", "chr", "classmethod", "compile", "complex", "delattr",
        "dict", "dir", "divmod", "enumerate", "eval", "exec", "exit", "filter", "format", "frozenset", "getattr", "globals", "hasattr",
        "hash", "help", "id", "input", "isinstance", "issubclass", "iter", "locals", "map", "memoryview", "next", "object", "oct", "open",
        "ord", "property", "quit", "reversed", "set", "setattr", "slice", "sorted", "staticmethod", "super", "sys", "traceback", "type",
        "vars", "zip",
    };

    /// <summary>A function by its name.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out CodeFunction? function) => Known.TryGetValue(name, out function);

    /// <summary>True for a function or module that packetdrill's Python has and code blocks here have not.</summary>
    public static bool IsOfPython(string name) => OfPython.Contains(name);

    private static Dictionary<string, CodeFunction> Build()
    {
        CodeFunction[] all =
        [
            new("print", 0, int.MaxValue, (_, _) => CodeNone.Value),
            new("abs", 1, 1, (at, a) => Absolute(at, a[0])),
            new("min", 1, int.MaxValue, (at, a) => Extreme(at, "min", "<", a)),
            new("max", 1, int.MaxValue, (at, a) => Extreme(at, "max", ">", a)),
            new("sum", 1, 1, Sum),
            new("len", 1, 1, Length),
            new("int", 0, 2, Int),
            new("float", 0, 1, Float),
            new("bool", 0, 1, (_, a) => a.Length > 0 && CodeValues.Truth(a[0])),
            new("str", 0, 1, (_, a) => a.Length > 0 ? CodeValues.Str(a[0]) : ""),
            new("repr", 1, 1, (_, a) => CodeValues.Repr(a[0])),
            new("hex", 1, 1, (at, a) => CodeFormat.Radix(Whole(at, "hex", a[0]), 16, "0x")),
            new("round", 1, 2, Round),
            new("pow", 2, 2, (at, a) => CodeOperators.Binary(at, "**", a[0], a[1])),
            new("range", 1, 3, Range),
            new("tuple", 0, 1, (at, a) => Sequence(at, true, a)),
            new("list", 0, 1, (at, a) => Sequence(at, false, a)),
        ];
        return all.ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    private static CodeException Wrong(int at, string function, object value) =>
        new(at, $"{function}() does not take a value of type {CodeValues.TypeName(value)}");

    private static IEnumerable<object> Items(int at, string function, object value) =>
        CodeOperators.Items(value) ?? throw Wrong(at, function, value);

    private static BigInteger Whole(int at, string function, object value) =>
        CodeValues.Number(value) is BigInteger i ? i : throw Wrong(at, function, value);

    private static object Absolute(int at, object value) => CodeValues.Number(value) switch
    {
        BigInteger i => BigInteger.Abs(i),
        double d => Math.Abs(d),
        _ => throw Wrong(at, "abs", value),
    };

    private static object Extreme(int at, string function, string op, object[] arguments)
    {
        object[] items = arguments.Length == 1 ? [.. Items(at, function, arguments[0])] : arguments;
        if (items.Length == 0)
        {
            throw new CodeException(at, $"{function}() of nothing");
        }

        object best = items[0];
        foreach (object item in items.Skip(1))
        {
            best = CodeOperators.Compare(at, op, item, best) ? item : best;
        }

        return best;
    }

    private static object Sum(int at, object[] arguments)
    {
        object sum = BigInteger.Zero;
        foreach (object item in Items(at, "sum", arguments[0]))
        {
            sum = CodeOperators.Binary(at, "+", sum, item);
        }

        return sum;
    }

    private static object Length(int at, object[] arguments) => (BigInteger)Items(at, "len", arguments[0]).Count();

    private static CodeSequence Sequence(int at, bool isTuple, object[] arguments) => CodeOperators.Sequence(
        at, isTuple, arguments.Length == 0 ? [] : [.. Items(at, isTuple ? "tuple" : "list", arguments[0])]);

    private static object Int(int at, object[] arguments)
    {
        if (arguments.Length == 2)
        {
            BigInteger radix = Whole(at, "int", arguments[1]);
            return arguments[0] is string digits && (radix.IsZero || (radix >= 2 && radix <= 36))
                ? ParseInteger(at, digits, (int)radix)
                : throw new CodeException(at, "int() with two arguments takes a string and a base of 2 to 36, or 0");
        }

        return arguments.Length == 0 ? BigInteger.Zero : CodeValues.Number(arguments[0]) switch
        {
            BigInteger i => i,
            double d when double.IsFinite(d) => new BigInteger(Math.Truncate(d)),
            double d => throw new CodeException(at, $"{CodeFloats.Repr(d)} is no integer"),
            string s => ParseInteger(at, s, 10),
            _ => throw Wrong(at, "int", arguments[0]),
        };
    }

    private static object ParseInteger(int at, string text, int radix)
    {
        string trimmed = text.Trim();
        bool negative = trimmed.StartsWith('-');
        string digits = negative || trimmed.StartsWith('+') ? trimmed[1..] : trimmed;
        int prefix = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        bool hasPrefix = prefix != 0 && (radix == 0 || radix == prefix);
        int used = hasPrefix ? prefix : radix == 0 ? 10 : radix;
        BigInteger? value = digits.Length > CodeValues.LargestInteger / 3
            ? null : CodeLiterals.Integer(hasPrefix ? digits[2..] : digits, used, hasPrefix);
        if (value is null || (radix == 0 && !hasPrefix && digits[0] == '0' && !value.Value.IsZero))
        {
            throw new CodeException(at, $"{CodeValues.OneLine(CodeValues.Repr(text), 60)} is no integer of base {used}");
        }

        return negative ? -value.Value : value.Value;
    }

    private static object Float(int at, object[] arguments) => arguments.Length == 0 ? 0.0 : CodeValues.Number(arguments[0]) switch
    {
        double d => d,
        BigInteger i => CodeOperators.ToFloat(at, i),
        string s => ParseFloat(at, s),
        _ => throw Wrong(at, "float", arguments[0]),
    };

    private static object ParseFloat(int at, string text)
    {
        string trimmed = text.Trim().ToLowerInvariant();
        bool negative = trimmed.StartsWith('-');
        string body = negative || trimmed.StartsWith('+') ? trimmed[1..] : trimmed;
        double? value = body switch
        {
            "inf" or "infinity" => double.PositiveInfinity,
            "nan" => double.NaN,
            _ when body.Length > 0 && (char.IsAsciiDigit(body[0]) || body[0] == '.') => CodeLiterals.Float(body),
            _ => null,
        };
        return value is { } v
            ? negative ? -v : v
            : throw new CodeException(at, $"{CodeValues.OneLine(CodeValues.Repr(text), 60)} is no number");
    }

    // To the even neighbour when it lies in the middle.
    private static object Round(int at, object[] arguments)
    {
        object value = CodeValues.Number(arguments[0]);
        if (arguments.Length == 1 || arguments[1] is CodeNone)
        {
            return value switch
            {
                BigInteger i => i,
                double d when double.IsFinite(d) => new BigInteger(Math.Round(d, MidpointRounding.ToEven)),
                double d => throw new CodeException(at, $"{CodeFloats.Repr(d)} is no integer"),
                _ => throw Wrong(at, "round", arguments[0]),
            };
        }

        BigInteger places = BigInteger.Max(-1000, BigInteger.Min(1000, Whole(at, "round", arguments[1])));
        return value switch
        {
            double d => CodeFloats.Round(d, (int)places),
            BigInteger i => places.Sign >= 0 ? i : RoundInteger(i, BigInteger.Pow(10, -(int)places)),
            _ => throw Wrong(at, "round", arguments[0]),
        };
    }

    private static BigInteger RoundInteger(BigInteger value, BigInteger unit)
    {
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return quotient * unit * value.Sign;
    }

    private static object Range(int at, object[] arguments)
    {
        BigInteger start = arguments.Length == 1 ? 0 : Whole(at, "range", arguments[0]);
        BigInteger stop = Whole(at, "range", arguments[arguments.Length == 1 ? 0 : 1]);
        BigInteger step = arguments.Length == 3 ? Whole(at, "range", arguments[2]) : 1;
        if (step.IsZero)
        {
            throw new CodeException(at, "range() with a step of 0");
        }

        List<object> items = [];
        for (BigInteger i = start; step.Sign > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count >= CodeValues.LongestText)
            {
                throw new CodeException(at, "the sequence is too large");
            }

            items.Add(i);
        }

        return CodeOperators.Sequence(at, false, [.. items]);
    }
}
