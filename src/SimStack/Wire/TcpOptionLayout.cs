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
}

/// <summary>
/// In which order a system writes its TCP options, as data. Every option (or pair) is preceded by as many NOPs as make it end on
/// a four-byte boundary, all but Fast Open and AccECN, which are followed by them.
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
        TcpOptionStep.FastOpen,
        TcpOptionStep.AccurateEcn);

    public string Name { get; }

    public ReadOnlySpan<TcpOptionStep> Steps => _steps;
}
