using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's operators on the values of code blocks (language reference, chapter 6).</summary>
internal static class CodeOperators
{
    /// <summary>The items of a sequence, the characters of a string; null for anything else.</summary>
    public static IEnumerable<object>? Items(object value) => value switch
    {
        CodeSequence s => s.Items,
        string s => Characters(s),
        _ => null,
    };

    /// <summary>A tuple or list, unless it is too large.</summary>
    public static CodeSequence Sequence(int at, bool isTuple, object[] items)
    {
        CodeSequence sequence = new(isTuple, items);
        return sequence.Depth <= CodeValues.DeepestSequence && sequence.Weight <= CodeValues.LongestText
            ? sequence : throw new CodeException(at, "the sequence is too large");
    }

    /// <summary><c>- + ~</c></summary>
    public static object Unary(int at, string op, object value) => (op, CodeValues.Number(value)) switch
    {
        ("-", BigInteger i) => -i,
        ("-", double d) => -d,
        ("+", BigInteger i) => i,
        ("+", double d) => d,
        ("~", BigInteger i) => -i - 1,
        _ => throw new CodeException(at, $"`{op}` does not work on a value of type {CodeValues.TypeName(value)}"),
    };

    /// <summary>Arithmetic, bits, and what strings and sequences do with <c>+ * %</c>.</summary>
    public static object Binary(int at, string op, object left, object right)
    {
        if (left is bool a && right is bool b && op is "&" or "|" or "^")
        {
            return op switch { "&" => a & b, "|" => a | b, _ => a ^ b };
        }

        return (CodeValues.Number(left), CodeValues.Number(right)) switch
        {
            (BigInteger x, BigInteger y) => Integers(at, op, x, y),
            (BigInteger x, double y) => Floats(at, op, ToFloat(at, x), y),
            (double x, BigInteger y) => Floats(at, op, x, ToFloat(at, y)),
            (double x, double y) => Floats(at, op, x, y),
            (string x, _) when op == "%" => CodeFormat.Format(at, x, right),
            (string x, string y) when op == "+" => Text(at, x.Length + (long)y.Length, () => x + y),
            (string x, BigInteger y) when op == "*" => Repeat(at, x, y),
            (BigInteger x, string y) when op == "*" => Repeat(at, y, x),
            (CodeSequence x, CodeSequence y) when op == "+" && x.IsTuple == y.IsTuple => Sequence(at, x.IsTuple, [.. x.Items, .. y.Items]),
            (CodeSequence x, BigInteger y) when op == "*" => Repeat(at, x, y),
            (BigInteger x, CodeSequence y) when op == "*" => Repeat(at, y, x),
            _ => throw Mismatch(at, op, left, right),
        };
    }

    /// <summary>One comparison; orders numbers, strings and sequences of the same type.</summary>
    public static bool Compare(int at, string op, object left, object right)
    {
        switch (op)
        {
            case "==" or "!=":
                return CodeValues.AreEqual(left, right) == (op == "==");
            case "in" or "not in":
                return Contains(at, left, right) == (op == "in");
            case "is" or "is not":
                return IsSame(at, op, left, right) == (op == "is");
            default:
                int? order = Order(left, right, out bool ordered);
                if (!ordered)
                {
                    throw Mismatch(at, op, left, right);
                }

                return order is { } o && op switch { "<" => o < 0, "<=" => o <= 0, ">" => o > 0, _ => o >= 0 };
        }
    }

    /// <summary><c>a[i]</c>; a negative index counts from the end.</summary>
    public static object Index(int at, object value, object index)
    {
        if (Items(value) is not { } items)
        {
            throw new CodeException(at, $"a value of type {CodeValues.TypeName(value)} has no items");
        }

        object[] all = [.. items];
        if (CodeValues.Number(index) is not BigInteger i)
        {
            throw new CodeException(at, $"an index is an integer, not a value of type {CodeValues.TypeName(index)}");
        }

        i = i.Sign < 0 ? i + all.Length : i;
        return i.Sign >= 0 && i < all.Length ? all[(int)i] : throw new CodeException(at, $"there are {all.Length} items, no item {index}");
    }

    /// <summary>As a floating-point number, unless it is too large.</summary>
    public static double ToFloat(int at, BigInteger value) =>
        CodeFloats.Divide(value, BigInteger.One) ?? throw new CodeException(at, "the integer is too large for a floating-point number");

    private static IEnumerable<object> Characters(string text)
    {
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            yield return rune.ToString();
        }
    }

    private static CodeException Mismatch(int at, string op, object left, object right) =>
        new(at, $"`{op}` does not work on values of types {CodeValues.TypeName(left)} and {CodeValues.TypeName(right)}");

    private static object Integers(int at, string op, BigInteger x, BigInteger y) => op switch
    {
        "+" => Bounded(at, x + y),
        "-" => Bounded(at, x - y),
        "*" => Bounded(at, x * y),
        "/" => CodeFloats.Divide(x, NotZero(at, y)) ?? throw new CodeException(at, "the quotient is too large for a floating-point number"),
        "//" => FloorDivide(x, NotZero(at, y)),
        "%" => x - FloorDivide(x, NotZero(at, y)) * y,
        "**" => Power(at, x, y),
        "<<" => Bounded(at, x << Shift(at, y)),
        ">>" => x >> Shift(at, y),
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        _ => throw new CodeException(at, $"`{op}` is not supported"),
    };

    private static BigInteger Bounded(int at, BigInteger value) => value.GetBitLength() <= CodeValues.LargestInteger
        ? value : throw new CodeException(at, $"an integer of more than {CodeValues.LargestInteger} bits");

    private static BigInteger NotZero(int at, BigInteger value) =>
        value.IsZero ? throw new CodeException(at, "division by zero") : value;

    // Rounds down, as Python does, not towards 0.
    private static BigInteger FloorDivide(BigInteger x, BigInteger y)
    {
        BigInteger quotient = BigInteger.DivRem(x, y, out BigInteger rest);
        return !rest.IsZero && rest.Sign != y.Sign ? quotient - 1 : quotient;
    }

    private static int Shift(int at, BigInteger count) => count.Sign < 0
        ? throw new CodeException(at, "a negative shift")
        : (int)BigInteger.Min(count, 2 * CodeValues.LargestInteger);

    private static object Power(int at, BigInteger x, BigInteger y)
    {
        if (y.Sign < 0)
        {
            return Floats(at, "**", ToFloat(at, x), ToFloat(at, y));
        }

        if (BigInteger.Abs(x) > 1 && (x.GetBitLength() - 1) * y > CodeValues.LargestInteger)
        {
            throw new CodeException(at, $"an integer of more than {CodeValues.LargestInteger} bits");
        }

        int exponent = BigInteger.Abs(x) > 1 ? (int)y : y.IsZero ? 0 : y.IsEven ? 2 : 1;
        return Bounded(at, BigInteger.Pow(x, exponent));
    }

    private static object Floats(int at, string op, double x, double y)
    {
        if (y == 0 && op is "/" or "//" or "%")
        {
            throw new CodeException(at, "division by zero");
        }

        return op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => FloorDivide(x, y),
            "%" => Modulo(x, y),
            "**" => Power(at, x, y),
            _ => throw new CodeException(at, $"`{op}` does not work on floating-point numbers"),
        };
    }

    // The sign of the divisor.
    private static double Modulo(double x, double y)
    {
        double rest = x % y;
        return rest != 0 ? (y < 0 != rest < 0 ? rest + y : rest) : double.CopySign(0, y);
    }

    private static double FloorDivide(double x, double y)
    {
        double rest = x % y;
        double quotient = (x - rest) / y;
        quotient = rest != 0 && y < 0 != rest < 0 ? quotient - 1 : quotient;
        double floor = Math.Floor(quotient);
        return quotient == 0 ? double.CopySign(0, x / y) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Power(int at, double x, double y)
    {
        if (x == 0 && y < 0)
        {
            throw new CodeException(at, "0 to a negative power");
        }

        if (x < 0 && double.IsFinite(x) && double.IsFinite(y) && y != Math.Floor(y))
        {
            throw new CodeException(CodeOutcomeKind.Unsupported, at, "a complex number is not supported yet");
        }

        double result = Math.Pow(x, y);
        return double.IsInfinity(result) && double.IsFinite(x) && double.IsFinite(y)
            ? throw new CodeException(at, "the power is too large for a floating-point number") : result;
    }

    private static string Text(int at, long length, Func<string> make) => length <= CodeValues.LongestText
        ? make() : throw new CodeException(at, $"a string of more than {CodeValues.LongestText} characters");

    private static string Repeat(int at, string text, BigInteger times) => times.Sign <= 0 || text.Length == 0
        ? ""
        : Text(at, (long)BigInteger.Min(times * text.Length, int.MaxValue), () => string.Concat(Enumerable.Repeat(text, (int)times)));

    private static CodeSequence Repeat(int at, CodeSequence sequence, BigInteger times)
    {
        if (times * Math.Max(1, sequence.Items.Length) > CodeValues.LongestText && sequence.Items.Length > 0)
        {
            throw new CodeException(at, "the sequence is too large");
        }

        int count = sequence.Items.Length == 0 || times.Sign <= 0 ? 0 : (int)times;
        return Sequence(at, sequence.IsTuple, [.. Enumerable.Repeat(sequence.Items, count).SelectMany(i => i)]);
    }

    private static bool Contains(int at, object item, object container) => (item, container) switch
    {
        (string x, string y) => y.Contains(x, StringComparison.Ordinal),
        (_, CodeSequence y) => y.Items.Any(i => CodeValues.AreEqual(i, item)),
        _ => throw Mismatch(at, "in", item, container),
    };

    // Of other values Python does not promise which are one object.
    private static bool IsSame(int at, string op, object left, object right) => (left, right) switch
    {
        (bool x, bool y) => x == y,
        (CodeNone or bool, _) or (_, CodeNone or bool) => ReferenceEquals(left, right),
        _ => throw new CodeException(at, $"`{op}` tells whether two values are one object; `{(op == "is" ? "==" : "!=")}` compares them"),
    };

    private static int? Order(object left, object right, out bool ordered)
    {
        left = CodeValues.Number(left);
        right = CodeValues.Number(right);
        ordered = true;
        switch (left, right)
        {
            case (BigInteger or double, BigInteger or double):
                return CodeValues.CompareNumbers(left, right);
            case (string x, string y):
                return string.CompareOrdinal(x, y);
            case (CodeSequence x, CodeSequence y) when x.IsTuple == y.IsTuple:
                for (int i = 0; i < Math.Min(x.Items.Length, y.Items.Length); i++)
                {
                    if (!CodeValues.AreEqual(x.Items[i], y.Items[i]))
                    {
                        return Order(x.Items[i], y.Items[i], out ordered);
                    }
                }

                return x.Items.Length.CompareTo(y.Items.Length);
            default:
                ordered = false;
                return null;
        }
    }
}
