using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Sweeps;

/// <summary>What all runs of a sweep gave.</summary>
/// <param name="Scenario">The script.</param>
/// <param name="Sweep">What was varied and measured.</param>
/// <param name="Seed">The seed of every run.</param>
/// <param name="Cells">One for each run, in the order of the axes, the last varying fastest.</param>
/// <param name="Verdicts">One for each of the sweep's expectations; and one for each run that failed one of the script's own.</param>
public sealed record SweepResult(
    ScenarioDefinition Scenario, SweepDefinition Sweep, ulong Seed, IReadOnlyList<SweepCell> Cells, IReadOnlyList<Verdict> Verdicts)
{
    /// <summary>True when every verdict is a pass.</summary>
    public bool Passed => Verdicts.All(v => v.Passed);
}

/// <summary>One run of a sweep.</summary>
/// <param name="Values">The axes' values.</param>
/// <param name="Measured">What was measured, in the order of the measures.</param>
public sealed record SweepCell(IReadOnlyList<string> Values, IReadOnlyList<MeasuredValue> Measured);

/// <summary>A measured value.</summary>
/// <param name="Number">A count, or seconds; null where there is none.</param>
/// <param name="Text">As it is printed; <c>-</c> where there is nothing.</param>
public readonly record struct MeasuredValue(decimal? Number, string Text)
{
    /// <summary>Nothing was there to be measured.</summary>
    public static readonly MeasuredValue Nothing = new(null, "-");

    /// <summary>A count.</summary>
    public static MeasuredValue Of(long count) => new(count, count.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A time, in seconds.</summary>
    public static MeasuredValue Of(Duration time)
    {
        decimal seconds = time.Nanoseconds / 1_000_000_000m;
        return new MeasuredValue(seconds, seconds.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture));
    }
}
