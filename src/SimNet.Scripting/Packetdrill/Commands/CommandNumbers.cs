using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Numbers as the commands write them.</summary>
internal static class CommandNumbers
{
    /// <summary>
    /// A sysctl's value as the kernel reads it: words separated by single blanks; <c>0x</c> and a leading 0 (octal) become decimal.
    /// </summary>
    public static string Sysctl(string value)
    {
        string[] words = value.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = TryParseKernel(words[i], out long number) ? number.ToString(CultureInfo.InvariantCulture) : words[i];
        }

        return string.Join(' ', words);
    }

    /// <summary>What is not supported, with the value as the script writes it rather than as <see cref="Sysctl"/> makes it.</summary>
    public static string AsWritten(string unsupported, string value, string written) =>
        unsupported.EndsWith("=" + value, StringComparison.Ordinal) ? unsupported[..^value.Length] + CommandCall.Shown(written.Trim()) : unsupported;

    /// <summary>A plain decimal number, or one with dd's and tc's suffixes: k, K, KiB, M, G (1024), kB, MB, GB (1000).</summary>
    public static bool TryParseSize(string text, out long value)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        long unit = text[digits..] switch
        {
            "" or "c" => 1,
            "k" or "K" or "KiB" => 1024,
            "kB" or "KB" => 1000,
            "M" or "MiB" => 1 << 20,
            "MB" => 1_000_000,
            "G" or "GiB" => 1 << 30,
            "GB" => 1_000_000_000,
            _ => 0,
        };
        value = 0;
        if (digits is 0 or > 12 || unit == 0)
        {
            return false;
        }

        value = long.Parse(text[..digits], CultureInfo.InvariantCulture) * unit;
        return value / unit == long.Parse(text[..digits], CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds with a fraction and one of the suffixes s, m, h, d, or of ip's us, ms, usecs, msecs, secs; to the nanosecond.</summary>
    /// <param name="text">For example <c>0.25</c>, <c>200ms</c>.</param>
    /// <param name="bareUnit">What a number without a suffix counts, in nanoseconds.</param>
    /// <param name="nanoseconds">The result; at most ten thousand days.</param>
    public static bool TryParseTime(string text, long bareUnit, out long nanoseconds)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.'))
        {
            length++;
        }

        long unit = text[length..] switch
        {
            "" => bareUnit,
            "us" or "usec" or "usecs" => 1_000,
            "ms" or "msec" or "msecs" => 1_000_000,
            "s" or "sec" or "secs" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => 0,
        };
        nanoseconds = 0;
        if (unit == 0 || length > 24
            || !decimal.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > 864_000_000_000_000_000m / unit)
        {
            return false;
        }

        nanoseconds = (long)decimal.Round(number * unit);
        return true;
    }

    /// <summary>A rate as tc writes it: bits per second with k, m, g, t (1000) or ki, mi, gi, ti (1024) before <c>bit</c>, bytes before <c>bps</c>.</summary>
    /// <param name="text">For example <c>10mbit</c>, <c>100kbps</c>; a bare number counts bits.</param>
    /// <param name="bytesPerSecond">The result.</param>
    public static bool TryParseRate(string text, out long bytesPerSecond)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.'))
        {
            length++;
        }

        string unit = text[length..].ToLowerInvariant();
        bool bytes = unit.EndsWith("bps", StringComparison.Ordinal);
        string prefix = bytes ? unit[..^3] : unit.EndsWith("bit", StringComparison.Ordinal) ? unit[..^3] : unit;
        long factor = prefix switch
        {
            "" => 1,
            "k" => 1000,
            "m" => 1_000_000,
            "g" => 1_000_000_000,
            "t" => 1_000_000_000_000,
            "ki" => 1 << 10,
            "mi" => 1 << 20,
            "gi" => 1 << 30,
            "ti" => 1L << 40,
            _ => 0,
        };
        bytesPerSecond = 0;
        if (factor == 0 || length is 0 or > 24
            || !decimal.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > 1_000_000_000_000_000m / factor)
        {
            return false;
        }

        bytesPerSecond = (long)(number * factor / (bytes ? 1 : 8));
        return true;
    }

    // As simple_strtoul with base 0: 0x… hexadecimal, 0… octal.
    private static bool TryParseKernel(string word, out long number)
    {
        string digits = word.StartsWith('-') ? word[1..] : word;
        number = 0;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (digits.Length is < 3 or > 17
                || !long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number))
            {
                return false;
            }
        }
        else if (digits.Length is > 1 and < 20 && digits[0] == '0' && digits.All(c => c is >= '0' and <= '7'))
        {
            number = digits.Aggregate(0L, (n, c) => n * 8 + (c - '0'));
        }
        else
        {
            return false;
        }

        number = word.StartsWith('-') ? -number : number;
        return true;
    }
}
