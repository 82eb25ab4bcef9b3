using System.Globalization;

namespace SimNet.Random;

/// <summary>
/// A probability from 0 to 1 in whole parts of 10^-12, so that it is exact in decimal and the same on every machine.
/// The default value is <see cref="Never"/>.
/// </summary>
public readonly record struct Probability : IComparable<Probability>
{
    /// <summary>How many parts are certainty.</summary>
    public const long One = 1_000_000_000_000;

    private Probability(long parts) => Parts = parts;

    /// <summary>0: it never happens.</summary>
    public static Probability Never => default;

    /// <summary>1: it always happens.</summary>
    public static Probability Always => new(One);

    /// <summary>The value in parts of 10^-12, 0 to <see cref="One"/>.</summary>
    public long Parts { get; }

    /// <summary>True when it is 0.</summary>
    public bool IsNever => Parts == 0;

    /// <summary>True when it is 1.</summary>
    public bool IsAlways => Parts == One;

    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to <see cref="One"/>.</exception>
    public static Probability FromParts(long parts)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, One);
        return new(parts);
    }

    /// <summary>So many cases of so many, rounded to the nearest part: <c>FromRatio(1, 3)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, of nothing, or more cases than there are.</exception>
    public static Probability FromRatio(long cases, long of)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(of);
        ArgumentOutOfRangeException.ThrowIfNegative(cases);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cases, of);
        return new((long)((((Int128)cases * One) + (of / 2)) / of));
    }

    /// <summary>Whole percent, 0 to 100.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to 100.</exception>
    public static Probability FromPercent(int percent) => FromRatio(percent, 100);

    /// <summary>Reads <c>2%</c>, <c>0.02</c> or <c>1e-6</c>, invariant culture.</summary>
    /// <param name="text">The text; spaces around it and before the percent sign are allowed.</param>
    /// <param name="probability">The value, rounded to the nearest part.</param>
    /// <param name="error">When false is returned: what was found and what would be right, for a message.</param>
    public static bool TryParse(string? text, out Probability probability, out string error)
    {
        probability = default;
        string trimmed = (text ?? "").Trim();
        bool percent = trimmed.EndsWith('%');
        string number = percent ? trimmed[..^1].TrimEnd() : trimmed;
        const NumberStyles Style =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(number, Style, CultureInfo.InvariantCulture, out decimal value))
        {
            error = $"'{trimmed}' is not a probability; 2%, 0.02 or 1e-6 would be right";
            return false;
        }

        decimal most = percent ? 100 : 1;
        if (value < 0 || value > most)
        {
            string range = percent ? "0% and 100%" : "0 and 1";
            error = $"{trimmed} is not a probability; one between {range} would be right";
            return false;
        }

        decimal parts = Math.Round(value * (One / most), MidpointRounding.AwayFromZero);
        if (parts == 0 && HasSignificantDigit(number))
        {
            error = $"{trimmed} is too small a probability; 1e-12 is the smallest, and 0 is never";
            return false;
        }

        probability = new((long)parts);
        error = "";
        return true;
    }

    /// <exception cref="FormatException">Not a probability; the message says what would be right.</exception>
    public static Probability Parse(string text) =>
        TryParse(text, out Probability probability, out string error) ? probability : throw new FormatException(error);

    /// <inheritdoc/>
    public int CompareTo(Probability other) => Parts.CompareTo(other.Parts);

    public static bool operator <(Probability a, Probability b) => a.Parts < b.Parts;
    public static bool operator >(Probability a, Probability b) => a.Parts > b.Parts;
    public static bool operator <=(Probability a, Probability b) => a.Parts <= b.Parts;
    public static bool operator >=(Probability a, Probability b) => a.Parts >= b.Parts;

    /// <summary>Percent with as many decimals as needed, invariant culture, as <see cref="Parse"/> takes it: <c>2%</c>.</summary>
    public override string ToString() =>
        (Parts / 10_000_000_000m).ToString("0.##########", CultureInfo.InvariantCulture) + "%";

    /// <summary>A digit other than 0 before the exponent: the writer meant more than nothing.</summary>
    private static bool HasSignificantDigit(string number)
    {
        int exponent = number.IndexOfAny(['e', 'E']);
        return number.AsSpan(0, exponent < 0 ? number.Length : exponent).IndexOfAnyInRange('1', '9') >= 0;
    }
}
