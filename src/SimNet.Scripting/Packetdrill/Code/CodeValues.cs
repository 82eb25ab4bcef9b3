using System.Globalization;
using System.Numerics;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>
/// The values of code blocks: BigInteger, double, bool, string, <see cref="CodeSequence"/>, <see cref="CodeNone"/>, and functions. What
/// Python says about each alone: truth, text, equality.
/// </summary>
internal static class CodeValues
{
    /// <summary>The longest string, in UTF-16 units, and the most a sequence may weigh.</summary>
    public const int LongestText = 16_384;

    /// <summary>The largest integer in bits.</summary>
    public const int LargestInteger = 4096;

    /// <summary>The deepest sequence.</summary>
    public const int DeepestSequence = 50;

    /// <summary>About the characters of its text.</summary>
    public static int Weight(object value) => value switch
    {
        string s => s.Length + 2,
        BigInteger i => 1 + (int)(i.GetBitLength() / 3),
        CodeSequence s => (int)Math.Min(s.Weight, int.MaxValue / 2),
        _ => 8,
    };

    /// <summary>Python's name of the value's type.</summary>
    public static string TypeName(object value) => value switch
    {
        bool => "bool",
        BigInteger => "int",
        double => "float",
        string => "str",
        CodeSequence s => s.IsTuple ? "tuple" : "list",
        CodeNone => "NoneType",
        _ => "function",
    };

    /// <summary>Whether a condition holds.</summary>
    public static bool Truth(object value) => value switch
    {
        bool b => b,
        BigInteger i => !i.IsZero,
        double d => d != 0,
        string s => s.Length > 0,
        CodeSequence s => s.Items.Length > 0,
        CodeNone => false,
        _ => true,
    };

    /// <summary>Booleans count as 0 and 1; other values stay what they are.</summary>
    public static object Number(object value) => value is bool b ? b ? BigInteger.One : BigInteger.Zero : value;

    /// <summary>As <c>==</c> decides.</summary>
    public static bool AreEqual(object a, object b)
    {
        a = Number(a);
        b = Number(b);
        return (a, b) switch
        {
            (BigInteger or double, BigInteger or double) => CompareNumbers(a, b) == 0,
            (string x, string y) => string.Equals(x, y, StringComparison.Ordinal),
            (CodeSequence x, CodeSequence y) => x.IsTuple == y.IsTuple && x.Items.Length == y.Items.Length
                && x.Items.Zip(y.Items).All(pair => AreEqual(pair.First, pair.Second)),
            _ => ReferenceEquals(a, b),
        };
    }

    /// <summary>Compares by value, exactly; null when one is not a number (NaN).</summary>
    public static int? CompareNumbers(object a, object b)
    {
        switch (a, b)
        {
            case (BigInteger x, BigInteger y):
                return x.CompareTo(y);
            case (double x, double y):
                return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
            case (BigInteger x, double y):
                return -CompareNumbers(y, x);
            default:
                double d = (double)a;
                if (double.IsNaN(d) || double.IsInfinity(d))
                {
                    return double.IsNaN(d) ? null : Math.Sign(d);
                }

                double floor = Math.Floor(d);
                int whole = new BigInteger(floor).CompareTo((BigInteger)b);
                return whole != 0 || d == floor ? whole : 1;
        }
    }

    /// <summary>As <c>str()</c> gives it.</summary>
    public static string Str(object value) => value is string s ? s : Repr(value);

    /// <summary>As <c>repr()</c> gives it.</summary>
    public static string Repr(object value) => value switch
    {
        bool b => b ? "True" : "False",
        BigInteger i => i.ToString(CultureInfo.InvariantCulture),
        double d => CodeFloats.Repr(d),
        string s => Quote(s),
        CodeNone => "None",
        CodeSequence { IsTuple: true } s => s.Items.Length == 1 ? $"({Repr(s.Items[0])},)" : $"({Join(s.Items)})",
        CodeSequence s => $"[{Join(s.Items)}]",
        _ => "<function>",
    };

    /// <summary>On one line of at most so many characters; what cannot be printed shows as an escape.</summary>
    public static string OneLine(string text, int longest)
    {
        StringBuilder line = new();
        foreach (char c in text)
        {
            if (line.Length >= longest)
            {
                return line.Append('…').ToString();
            }

            line.Append(IsPrintable(c) ? c.ToString() : Escape(c));
        }

        return line.ToString();
    }

    private static string Join(object[] items) => string.Join(", ", items.Select(Repr));

    // Single quotes, unless the text has some and no double ones.
    private static string Quote(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder quoted = new();
        quoted.Append(quote);
        foreach (char c in text)
        {
            quoted.Append(c == quote || c == '\\' ? $"\\{c}" : IsPrintable(c) ? c.ToString() : Escape(c));
        }

        return quoted.Append(quote).ToString();
    }

    private static bool IsPrintable(char c) => c is >= ' ' and < '\x7f' || (c > '\xa0' && !char.IsControl(c) && !char.IsWhiteSpace(c)
        && char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse));

    private static string Escape(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < '\x100' => $"\\x{(int)c:x2}",
        _ => $"\\u{(int)c:x4}",
    };
}
