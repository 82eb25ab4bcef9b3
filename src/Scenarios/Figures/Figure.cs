namespace Scenarios.Figures;

/// <summary>A picture of a run, and what is claimed of it.</summary>
/// <param name="Name">Of its file.</param>
/// <param name="Title">In one line.</param>
/// <param name="Setting">The path, the flows and their settings.</param>
/// <param name="Panels">One above the other, with the same time below.</param>
/// <param name="Claims">What was measured, and what it should be.</param>
internal sealed record Figure(string Name, string Title, string Setting, IReadOnlyList<Panel> Panels, IReadOnlyList<Claim> Claims)
{
    public bool Holds => Claims.All(claim => claim.Holds);
}

/// <summary>A diagram, over time in seconds unless said otherwise.</summary>
/// <param name="Label">What is upwards, with its unit.</param>
/// <param name="Times">What is to the right, ascending.</param>
/// <param name="Rows">One line each.</param>
/// <param name="Levels">Horizontal lines: what the formulas say.</param>
internal sealed record Panel(
    string Label, IReadOnlyList<double> Times, IReadOnlyList<PanelRow> Rows, IReadOnlyList<PanelLevel> Levels)
{
    /// <summary>Of what is to the right.</summary>
    public string Unit { get; init; } = "s";
}

internal sealed record PanelRow(string Name, IReadOnlyList<double> Values);

internal sealed record PanelLevel(string Name, double Value);

/// <summary>A measured value between two bounds.</summary>
/// <param name="What">What was measured, with its unit.</param>
/// <param name="Formula">Where the expectation comes from.</param>
/// <param name="Expected">What the formula gives; NaN where only the bounds are claimed.</param>
/// <param name="Measured">In the run.</param>
/// <param name="Least">Lower bound.</param>
/// <param name="Most">Upper bound.</param>
internal sealed record Claim(string What, string Formula, double Expected, double Measured, double Least, double Most)
{
    public bool Holds => Measured >= Least && Measured <= Most;

    /// <summary>Within a part of the expectation.</summary>
    public static Claim Near(string what, string formula, double expected, double measured, double part = 0.1) =>
        new(what, formula, expected, measured, expected * (1 - part), expected * (1 + part));

    public static Claim Between(string what, string formula, double measured, double least, double most) =>
        new(what, formula, double.NaN, measured, least, most);
}
