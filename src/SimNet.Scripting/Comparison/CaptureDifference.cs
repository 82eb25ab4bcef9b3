namespace SimNet.Scripting.Comparison;

/// <summary>One thing in which two captures differ.</summary>
/// <param name="Field">What.</param>
/// <param name="Conversation">In which conversation: <c>TCP connection 2</c>.</param>
/// <param name="Text">The difference in words.</param>
/// <param name="A">The packet of the first capture; null when it has none there.</param>
/// <param name="B">The packet of the second capture; null when it has none there.</param>
public sealed record CaptureDifference(ComparisonField Field, string Conversation, string Text, ComparedPacket? A, ComparedPacket? B)
{
    /// <summary>Where one capture has no such packet: the next one that it has of that side; null at the end.</summary>
    public ComparedPacket? Instead { get; init; }

    /// <summary>Where in the first capture: for sorting.</summary>
    internal (double Frame, int Order) Place { get; init; }
}
