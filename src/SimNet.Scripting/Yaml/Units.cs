using System.Globalization;

namespace SimNet.Scripting.Yaml;

/// <summary>Reads numbers with units exactly: decimal arithmetic, no rounding.</summary>
internal static class Units
{
    public const string DurationForm = "a duration like `5ms`, `22us`, `1.5s` or `0` (ns, us, ms, s, min, h)";
    public const string RateForm = "a rate like `10Mbit` or `1Gbit` (bit, kbit, Mbit, Gbit per second)";
    public const string SizeForm = "a size in bytes like `1460`, `64KiB` or `1MB` (B, kB, KiB, MB, MiB, GB, GiB)";
    public const string ProbabilityForm = "a probability from `0` to `100%`, like `2%` or `0.02`";

    public const string DurationPattern = @"^(\d+(\.\d+)?(ns|us|µs|ms|s|min|h)|0)$";
    public const string RatePattern = @"^\d+(\.\d+)?([kMG]?bit)$";
    public const string SizePattern = @"^\d+(\.\d+)?(B|kB|KiB|MB|MiB|GB|GiB)$";
    public const string ProbabilityPattern = @"^(100(\.0+)?|\d{1,2}(\.\d+)?)%$";

    private static readonly (string Unit, decimal Factor)[] Durations =
        [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000), ("h", 3_600_000_000_000)];

    private static readonly (string Unit, decimal Factor)[] Rates = [("bit", 1), ("kbit", 1_000), ("Mbit", 1_000_000), ("Gbit", 1_000_000_000)];

    private static readonly (string Unit, decimal Factor)[] Sizes =
        [("", 1), ("B", 1), ("kB", 1_000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20), ("GB", 1_000_000_000), ("GiB", 1 << 30)];

    public static bool TryDuration(string text, out Duration value)
    {
        value = default;
        if (text == "0")
        {
            return true;
        }

        bool ok = TryScaled(text, Durations, out long nanoseconds);
        value = new Duration(nanoseconds);
        return ok;
    }

    public static bool TryRate(string text, out DataRate value)
    {
        bool ok = TryScaled(text, Rates, out long bits);
        value = new DataRate(bits);
        return ok && bits > 0;
    }

    public static bool TrySize(string text, out long value) => TryScaled(text, Sizes, out value);

    public static bool TryProbability(string text, out Probability value)
    {
        bool percent = text.EndsWith('%');
        value = default;
        if (!TryDecimal(percent ? text[..^1] : text, out decimal number))
        {
            return false;
        }

        decimal parts = number * (percent ? Probability.One / 100m : Probability.One);
        if (parts < 0 || parts > Probability.One)
        {
            return false;
        }

        value = Probability.FromParts((long)decimal.Round(parts));
        return true;
    }

    /// <summary>Why a wrong duration, rate or size is wrong, for the error: the unit, or the form.</summary>
    public static string WrongUnit(string text, string form)
    {
        int end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
        {
            end++;
        }

        if (end == 0 || !TryDecimal(text[..end], out _))
        {
            return "";
        }

        string unit = text[end..].Trim();
        (string Unit, decimal Factor)[] known = form == DurationForm ? Durations : form == RateForm ? Rates : form == SizeForm ? Sizes : [];
        if (unit.Length > 0 && Array.Exists(known, u => u.Unit == unit))
        {
            // The number is out of range, not the unit.
            return "";
        }

        return unit.Length == 0 ? " has no unit" : form == DurationForm || form == RateForm || form == SizeForm ? $" has the unit `{unit}`" : "";
    }

    private static bool TryScaled(string text, (string Unit, decimal Factor)[] units, out long value)
    {
        value = 0;
        int end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.'))
        {
            end++;
        }

        string unit = text[end..];
        foreach ((string name, decimal factor) in units)
        {
            if (name == unit)
            {
                if (!TryDecimal(text[..end], out decimal number) || number > long.MaxValue / factor)
                {
                    return false;
                }

                decimal scaled = number * factor;
                value = (long)scaled;
                return scaled == value;
            }
        }

        return false;
    }

    private static bool TryDecimal(string text, out decimal value) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value)
        && text.Length > 0 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1]);
}
