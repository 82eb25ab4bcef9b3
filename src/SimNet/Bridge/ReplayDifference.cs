namespace SimNet.Bridge;

/// <summary>The first frame in which a replay is not what was recorded.</summary>
/// <param name="Number">Counted from 1 among the frames that left.</param>
/// <param name="Recorded">What the recording says; null: nothing more left.</param>
/// <param name="Replayed">What left in the replay; null: nothing did.</param>
public sealed record ReplayDifference(long Number, ReplayedFrame? Recorded, ReplayedFrame? Replayed)
{
    /// <summary>The first byte that differs where both frames are there and of one length; else -1.</summary>
    public int FirstByte => Recorded is { } a && Replayed is { } b && a.Bytes.Length == b.Bytes.Length && !a.Bytes.Span.SequenceEqual(b.Bytes.Span)
        ? a.Bytes.Span.CommonPrefixLength(b.Bytes.Span)
        : -1;
}
