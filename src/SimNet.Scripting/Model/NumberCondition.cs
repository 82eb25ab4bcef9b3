using System.Globalization;

namespace SimNet.Scripting.Model;

/// <summary>A number, or a range of numbers: <c>5</c>, <c>&gt;0</c>, <c>&lt;=3</c>, <c>2..4</c>.</summary>
/// <param name="Least">Smallest that holds.</param>
/// <param name="Most">Greatest that holds.</param>
public readonly record struct NumberCondition(long Least, long Most)
{
    /// <summary>Exactly that number.</summary>
    public static NumberCondition Exactly(long value) => new(value, value);

    /// <summary>True when <paramref name="value"/> lies in the range.</summary>
    public bool Holds(long value) => value >= Least && value <= Most;

    /// <summary>Reads the forms of the summary.</summary>
    public static bool TryParse(string text, out NumberCondition condition)
    {
        condition = default;
        string t = text.Replace(" ", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        int dots = t.IndexOf("..", StringComparison.Ordinal);
        if (dots > 0)
        {
            bool both = TryNumber(t[..dots], out long least) & TryNumber(t[(dots + 2)..], out long most);
            condition = new NumberCondition(least, most);
            return both && least <= most;
        }

        int skip = t.StartsWith(">=", StringComparison.Ordinal) || t.StartsWith("<=", StringComparison.Ordinal) ? 2 : t.Length > 0 && t[0] is '>' or '<' ? 1 : 0;
        if (!TryNumber(t[skip..], out long value))
        {
            return false;
        }

        condition = t[..skip] switch
        {
            ">" => new(value + 1, long.MaxValue),
            ">=" => new(value, long.MaxValue),
            "<" => new(long.MinValue, value - 1),
            "<=" => new(long.MinValue, value),
            _ => Exactly(value),
        };
        return true;
    }

    public override string ToString() => (Least, Most) switch
    {
        var (a, b) when a == b => a.ToString(CultureInfo.InvariantCulture),
        (_, long.MaxValue) => string.Create(CultureInfo.InvariantCulture, $">={Least}"),
        (long.MinValue, _) => string.Create(CultureInfo.InvariantCulture, $"<={Most}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Least}..{Most}"),
    };

    private static bool TryNumber(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && Math.Abs(value / 2) < long.MaxValue / 4;
}
