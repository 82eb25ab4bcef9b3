namespace SimNet.Scripting.Ladder;

/// <summary>How a ladder is drawn.</summary>
public sealed record LadderOptions
{
    /// <summary>Packets shown at most: the first, the last and everything unusual; null: all of them.</summary>
    public int? Rows { get; init; } = 40;

    /// <summary>True: only ASCII characters.</summary>
    public bool Ascii { get; init; }

    /// <summary>Columns of text, 80 at least; null: 100, and 120 where three or four hosts stand side by side.</summary>
    public int? Width { get; init; }
}
