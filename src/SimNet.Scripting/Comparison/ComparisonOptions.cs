namespace SimNet.Scripting.Comparison;

/// <summary>What is compared, and how exactly.</summary>
public sealed record ComparisonOptions
{
    /// <summary>How far intervals may be apart; default: 5 ms or 3 %, whichever is more.</summary>
    public TimeTolerance Tolerance { get; init; } = TimeTolerance.Default;

    /// <summary>Compare the windows of all segments, not only those of the handshake.</summary>
    public bool AllWindows { get; init; }

    /// <summary>What is compared.</summary>
    public ComparisonFields Fields { get; init; } = ComparisonFields.Default;
}
