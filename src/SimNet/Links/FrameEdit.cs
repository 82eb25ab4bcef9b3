using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// What a rule changes in a packet. The packet's length stays. Fields that a packet does not have are passed over; checksums are
/// mended unless <see cref="LeaveChecksums"/>.
/// </summary>
public sealed record FrameEdit
{
    /// <summary>ECN codepoint, 0 to 3: 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 §5).</summary>
    public int? Ecn { get; init; }

    /// <summary>DSCP, 0 to 63.</summary>
    public int? Dscp { get; init; }

    /// <summary>Time to live or hop limit.</summary>
    public byte? Ttl { get; init; }

    /// <summary>TCP's window field, not scaled.</summary>
    public ushort? Window { get; init; }

    /// <summary>Value of a maximum segment size option, where there is one.</summary>
    public ushort? Mss { get; init; }

    /// <summary>TCP flags to set.</summary>
    public TcpFlags FlagsSet { get; init; }

    /// <summary>TCP flags to clear.</summary>
    public TcpFlags FlagsClear { get; init; }

    /// <summary>Added to SEG.SEQ.</summary>
    public int SequenceShift { get; init; }

    /// <summary>Added to SEG.ACK.</summary>
    public int AcknowledgmentShift { get; init; }

    /// <summary>TCP options that become NOPs, as middleboxes do.</summary>
    public IReadOnlyList<TcpOptionKind> StrippedOptions { get; init; } = [];

    /// <summary>Bits to flip; null: none.</summary>
    public BitFlip? Flip { get; init; }

    /// <summary>One bit behind the transport header flips, chosen by the link's random stream for rules.</summary>
    public bool FlipRandomPayloadBit { get; init; }

    /// <summary>True: no checksum is mended, so that the receiver drops the packet.</summary>
    public bool LeaveChecksums { get; init; }

    /// <summary>True when it is about the bits rather than the fields: such packets are called corrupted.</summary>
    internal bool Corrupts => Flip is not null || FlipRandomPayloadBit;

    /// <summary>True when all that changes is the ECN codepoint, to CE.</summary>
    internal bool OnlyMarks => Ecn == 3 && this == new FrameEdit { Ecn = 3, StrippedOptions = StrippedOptions } && StrippedOptions.Count == 0;
}
