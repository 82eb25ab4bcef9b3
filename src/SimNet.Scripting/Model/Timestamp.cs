using System.Globalization;

namespace SimNet.Scripting.Model;

/// <summary>A date and time in UTC with nanoseconds.</summary>
/// <param name="UnixNanoseconds">Nanoseconds since 1970-01-01T00:00:00Z; years 1970 to 2261.</param>
public readonly record struct Timestamp(long UnixNanoseconds)
{
    private static readonly long MaxSeconds = new DateTimeOffset(2262, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>Reads <c>2014-11-20T14:52:19.772673Z</c>: a date, or a date and a time with up to nine decimals, in UTC.</summary>
    public static bool TryParse(string text, out Timestamp timestamp)
    {
        timestamp = default;
        string rest = text.EndsWith('Z') ? text[..^1] : text;
        string fraction = "";
        int dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0)
        {
            fraction = rest[(dot + 1)..];
            rest = rest[..dot];
            if (fraction.Length is 0 or > 9 || !fraction.All(char.IsAsciiDigit))
            {
                return false;
            }
        }

        string[] formats = dot >= 0
            ? ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss"]
            : ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd"];
        if (!DateTime.TryParseExact(rest, formats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime value))
        {
            return false;
        }

        long seconds = new DateTimeOffset(value).ToUnixTimeSeconds();
        if (seconds < 0 || seconds >= MaxSeconds)
        {
            return false;
        }

        long nanoseconds = fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(9, '0'), CultureInfo.InvariantCulture);
        timestamp = new Timestamp(seconds * 1_000_000_000 + nanoseconds);
        return true;
    }

    /// <exception cref="FormatException">Not such a date.</exception>
    public static Timestamp Parse(string text) =>
        TryParse(text, out Timestamp value) ? value : throw new FormatException($"'{text}' is not a date like 2014-11-20T14:52:19.772673Z.");

    /// <summary><c>2014-11-20T14:52:19.772673000Z</c>.</summary>
    public override string ToString() =>
        DateTimeOffset.FromUnixTimeSeconds(UnixNanoseconds / 1_000_000_000).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
        + "." + (UnixNanoseconds % 1_000_000_000).ToString("000000000", CultureInfo.InvariantCulture) + "Z";
}
