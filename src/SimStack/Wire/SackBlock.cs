namespace SimStack.Wire;

/// <summary>One block of a SACK option (RFC 2018 §3).</summary>
/// <param name="Left">The block's first sequence number.</param>
/// <param name="Right">The sequence number right behind its last.</param>
public readonly record struct SackBlock(SequenceNumber Left, SequenceNumber Right);
