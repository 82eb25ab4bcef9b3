using System.Globalization;
using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Floating-point numbers as text and back, exactly rounded (half to even), as Python does.</summary>
internal static class CodeFloats
{
    /// <summary>The shortest text that reads back as the same number: <c>0.1</c>, <c>1e+16</c>, <c>2.0</c>.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        string round = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int e = round.IndexOf('E', StringComparison.Ordinal);
        string mantissa = e < 0 ? round : round[..e];
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal).Trim('0');
        int exponent = value == 0 ? 0 : DecimalExponent(mantissa, e < 0 ? 0 : Exponent(round));
        string sign = double.IsNegative(value) ? "-" : "";
        digits = digits.Length == 0 ? "0" : digits;
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            return $"{sign}{digits[0]}{fraction}e{ExponentText(exponent)}";
        }

        return sign + Place(digits, exponent);
    }

    /// <summary><c>%.3f</c></summary>
    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        string digits = Scale(Math.Abs(value), decimals).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string fraction = decimals > 0 ? $".{digits[^decimals..]}" : "";
        return $"{(double.IsNegative(value) ? "-" : "")}{digits[..^decimals]}{fraction}";
    }

    /// <summary><c>%.3e</c></summary>
    public static string Exponential(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        (string digits, int exponent) = Significant(Math.Abs(value), decimals + 1);
        string fraction = decimals > 0 ? $".{digits[1..]}" : "";
        return $"{(double.IsNegative(value) ? "-" : "")}{digits[0]}{fraction}e{ExponentText(exponent)}";
    }

    /// <summary><c>%.3g</c>, without trailing zeros unless they are kept.</summary>
    public static string General(double value, int precision, bool keepZeros)
    {
        if (!double.IsFinite(value))
        {
            return NotFinite(value);
        }

        precision = Math.Max(1, precision);
        (string digits, int exponent) = Significant(Math.Abs(value), precision);
        bool exponential = exponent < -4 || exponent >= precision;
        string text = exponential ? Exponential(value, precision - 1) : Fixed(value, precision - 1 - exponent);
        if (keepZeros || !text.Contains('.', StringComparison.Ordinal))
        {
            return text;
        }

        int e = text.IndexOf('e', StringComparison.Ordinal);
        string tail = e < 0 ? "" : text[e..];
        return (e < 0 ? text : text[..e]).TrimEnd('0').TrimEnd('.') + tail;
    }

    /// <summary>round(value, decimals); decimals may be negative.</summary>
    public static double Round(double value, int decimals)
    {
        if (!double.IsFinite(value) || decimals > 350)
        {
            return value;
        }

        if (decimals < -350)
        {
            return double.CopySign(0, value);
        }

        string text = $"{Scale(Math.Abs(value), decimals)}E{-decimals}";
        return double.CopySign(double.Parse(text, NumberStyles.AllowExponent, CultureInfo.InvariantCulture), value);
    }

    /// <summary>a / b of integers, correctly rounded; null when it is too large.</summary>
    public static double? Divide(BigInteger a, BigInteger b)
    {
        bool isNegative = a.Sign < 0 != b.Sign < 0;
        (a, b) = (BigInteger.Abs(a), BigInteger.Abs(b));

        // At least 55 bits of quotient, and a last bit that tells whether anything follows.
        int shift = (int)(b.GetBitLength() - a.GetBitLength()) + 56;
        BigInteger quotient = BigInteger.DivRem(shift > 0 ? a << shift : a, shift < 0 ? b << -shift : b, out BigInteger rest);
        double result = Math.ScaleB((double)((ulong)quotient | (rest.IsZero ? 0u : 1u)), -shift);
        return double.IsInfinity(result) ? null : isNegative ? -result : result;
    }

    private static string NotFinite(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private static string ExponentText(int exponent) =>
        (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    private static int Exponent(string text) => int.Parse(text[(text.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);

    // Of the first digit that is not 0.
    private static int DecimalExponent(string mantissa, int exponent)
    {
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? mantissa : mantissa[..point];
        string trimmed = whole.TrimStart('0');
        if (trimmed.Length > 0)
        {
            return exponent + trimmed.Length - 1;
        }

        int zeros = 0;
        while (mantissa[point + 1 + zeros] == '0')
        {
            zeros++;
        }

        return exponent - zeros - 1;
    }

    private static string Place(string digits, int exponent) =>
        exponent < 0 ? "0." + new string('0', -exponent - 1) + digits
        : digits.Length <= exponent + 1 ? digits + new string('0', exponent + 1 - digits.Length) + ".0"
        : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";

    // value × 10^decimals as an integer, half to even.
    private static BigInteger Scale(double value, int decimals)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52 & 0x7FF);
        BigInteger numerator = exponent == 0 ? bits & 0xFFFFFFFFFFFFF : (bits & 0xFFFFFFFFFFFFF) | 1L << 52;
        exponent = Math.Max(exponent, 1) - 1075;
        BigInteger denominator = BigInteger.One;
        if (decimals >= 0)
        {
            numerator *= BigInteger.Pow(10, decimals);
        }
        else
        {
            denominator = BigInteger.Pow(10, -decimals);
        }

        if (exponent >= 0)
        {
            numerator <<= exponent;
        }
        else
        {
            denominator <<= -exponent;
        }

        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
        {
            return (new string('0', count), 0);
        }

        int exponent = Exponent(value.ToString("E16", CultureInfo.InvariantCulture));
        string digits = Scale(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
        if (digits.Length < count)
        {
            exponent--;
            digits = Scale(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
        }

        return digits.Length > count ? (digits[..count], exponent + digits.Length - count) : (digits, exponent);
    }
}
