using System.Globalization;

namespace Scenarios.Running;

/// <summary>How much of the ladder to print: <c>--ladder all|N|none</c>.</summary>
/// <param name="Lines">The most lines; 0 for none, null for all.</param>
/// <param name="IsAutomatic">True when nothing was said: long runs are shortened.</param>
internal readonly record struct LadderAmount(int? Lines, bool IsAutomatic = false)
{
    /// <summary>Everything of a short run; of a long one the first, the last and everything unusual.</summary>
    public static readonly LadderAmount Automatic = new(null, IsAutomatic: true);

    /// <summary>Every line.</summary>
    public static readonly LadderAmount All = new(null);

    /// <summary>Nothing.</summary>
    public static readonly LadderAmount None = new(0);

    /// <summary>Reads what follows <c>--ladder</c>.</summary>
    public static bool TryParse(string text, out LadderAmount amount)
    {
        amount = text switch { "all" => All, "none" => None, _ => default };
        if (text is "all" or "none")
        {
            return true;
        }

        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int lines);
        amount = new LadderAmount(lines);
        return isNumber;
    }
}
