namespace SimNet.Scripting.Comparison;

/// <summary>What a comparison found.</summary>
public sealed class ComparisonResult
{
    /// <summary>The first capture.</summary>
    public required CaptureContent A { get; init; }

    /// <summary>The second capture.</summary>
    public required CaptureContent B { get; init; }

    /// <summary>How it was compared.</summary>
    public required ComparisonOptions Options { get; init; }

    /// <summary>The differences in the order of the captures; after the first <see cref="CaptureComparison.MostKept"/> they are only counted.</summary>
    public required IReadOnlyList<CaptureDifference> Differences { get; init; }

    /// <summary>How many there are.</summary>
    public required long DifferenceCount { get; init; }

    /// <summary>In how many conversations.</summary>
    public required int DifferingConversations { get; init; }

    /// <summary>Packets that stand side by side.</summary>
    public required long PacketsCompared { get; init; }

    /// <summary>True when nothing differs.</summary>
    public bool AreAlike => DifferenceCount == 0;
}
