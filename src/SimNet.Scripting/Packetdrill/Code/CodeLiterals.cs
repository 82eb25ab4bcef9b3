using System.Globalization;
using System.Numerics;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>The values of literals; also what int() and float() read.</summary>
internal static class CodeLiterals
{
    /// <summary>Digits with single underscores between them; null when it is none.</summary>
    /// <param name="text">Without prefix and sign.</param>
    /// <param name="radix">2 to 36.</param>
    /// <param name="afterPrefix">True when an underscore may come first, as in <c>0x_ff</c>.</param>
    public static BigInteger? Integer(string text, int radix, bool afterPrefix)
    {
        BigInteger value = BigInteger.Zero;
        bool mayUnderscore = afterPrefix;
        bool digit = false;
        foreach (char c in text)
        {
            if (c == '_' && mayUnderscore)
            {
                mayUnderscore = digit = false;
                continue;
            }

            int number = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'z' => c - 'a' + 10,
                >= 'A' and <= 'Z' => c - 'A' + 10,
                _ => 99,
            };
            if (number >= radix)
            {
                return null;
            }

            value = value * radix + number;
            mayUnderscore = digit = true;
        }

        return digit ? value : null;
    }

    /// <summary>A floating-point number with underscores between digits; null when it is none.</summary>
    public static double? Float(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool good = text[i] != '_' || (i > 0 && i + 1 < text.Length && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]));
            if (!good || !(char.IsAsciiDigit(text[i]) || text[i] is '_' or '.' or 'e' or 'E' or '+' or '-'))
            {
                return null;
            }
        }

        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text.Replace("_", "", StringComparison.Ordinal), Style, CultureInfo.InvariantCulture, out double value)
            ? value : null;
    }

    /// <summary>Appends one code point, also half of a surrogate pair, as Python's <c>\u</c> does.</summary>
    public static bool TryAppendCodePoint(StringBuilder to, long codePoint)
    {
        if (codePoint is < 0 or > 0x10FFFF)
        {
            return false;
        }

        if (codePoint < 0x10000)
        {
            to.Append((char)codePoint);
        }
        else
        {
            to.Append(char.ConvertFromUtf32((int)codePoint));
        }

        return true;
    }
}
