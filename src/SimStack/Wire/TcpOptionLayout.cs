namespace SimStack.Wire;

/// <summary>One step of a layout: which option, if it is there, comes next.</summary>
public enum TcpOptionStep : byte
{
    MaximumSegmentSize,

    /// <summary>
    /// SACK-permitted right before timestamps, filling the two bytes that would be NOPs; nothing unless both are there.
    /// </summary>
    SackPermittedAndTimestamps,
    SackPermitted,
    Timestamps,
    WindowScale,
    Sack,
    UserTimeout,
    Md5Signature,
    FastOpen,

    /// <summary>
    /// AccECN's counters, whose last one or two bytes take the place of NOPs before the next option (Linux: tcp_options_write).
    /// </summary>
    AccurateEcn,

    /// <summary>TCP-AO (RFC 5925); aligned where it comes first, and followed by NOPs.</summary>
    Authentication,
}

/// <summary>
/// In which order a system writes its TCP options, as data. Every option (or pair) is preceded by as many NOPs as make it end on
/// a four-byte boundary, all but Fast Open, AccECN and TCP-AO, which are followed by them.
/// </summary>
public sealed class TcpOptionLayout
{
    private readonly TcpOptionStep[] _steps;

    public TcpOptionLayout(string name, params ReadOnlySpan<TcpOptionStep> steps)
    {
        Name = name;
        _steps = steps.ToArray();
    }

    /// <summary>
    /// Linux: <c>mss,sackOK,TS,nop,wscale</c>; without timestamps <c>mss,nop,nop,sackOK,nop,wscale</c>; established
    /// <c>nop,nop,TS,nop,nop,sack</c>; with AccECN <c>nop,nop,TS,ECN,nop</c>.
    /// </summary>
    public static readonly TcpOptionLayout Linux = new(
        "linux",
        TcpOptionStep.Md5Signature,
        TcpOptionStep.Authentication,
        TcpOptionStep.MaximumSegmentSize,
        TcpOptionStep.SackPermittedAndTimestamps,
        TcpOptionStep.Timestamps,
        TcpOptionStep.AccurateEcn,
        TcpOptionStep.SackPermitted,
        TcpOptionStep.WindowScale,
        TcpOptionStep.UserTimeout,
        TcpOptionStep.Sack,
        TcpOptionStep.FastOpen);

    /// <summary>Windows: <c>mss,nop,wscale,nop,nop,sackOK</c>; with timestamps <c>mss,nop,wscale,sackOK,TS</c>.</summary>
    public static readonly TcpOptionLayout Windows = new(
        "windows",
        TcpOptionStep.MaximumSegmentSize,
        TcpOptionStep.WindowScale,
        TcpOptionStep.SackPermittedAndTimestamps,
        TcpOptionStep.Timestamps,
        TcpOptionStep.SackPermitted,
        TcpOptionStep.Sack,
        TcpOptionStep.UserTimeout,
        TcpOptionStep.Md5Signature,
        TcpOptionStep.Authentication,
        TcpOptionStep.FastOpen,
        TcpOptionStep.AccurateEcn);

    /// <summary>Linux's order in an ACK or RST that no connection sends: timestamps before the signature (tcp_v4_send_ack).</summary>
    private static readonly TcpOptionLayout LinuxReplies = new(
        "linux replies", TcpOptionStep.Timestamps, TcpOptionStep.Md5Signature, TcpOptionStep.Authentication);

    public string Name { get; }

    /// <summary>The order in what no connection sends.</summary>
    internal TcpOptionLayout OfReplies => ReferenceEquals(this, Linux) ? LinuxReplies : this;

    public ReadOnlySpan<TcpOptionStep> Steps => _steps;
}
