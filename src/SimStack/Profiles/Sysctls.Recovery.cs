namespace SimStack.Profiles;

/// <summary>Loss recovery's settings.</summary>
public sealed partial class Sysctls
{
    /// <summary>Bit 2 of <see cref="LossDetection"/>: a window of a quarter of the least RTT, which D-SACKs do not widen.</summary>
    internal const int StaticReorderingWindow = 2;

    /// <summary>Bit 4: RACK's window is not put to 0 by as many SACKed segments as begin recovery without RACK.</summary>
    internal const int NoDuplicateThreshold = 4;

    // net.ipv4.tcp_*: loss recovery; segments, seconds
    public int Reordering = 3;
    public int MaxReordering = 300;
    public int LossDetection = 1;
    public int Frto = 2;
    public int EarlyRetransmit = 3;
    public int MinRttWindow = 300;
    public bool RetransmitCollapse = true;
    public bool ThinLinearTimeouts;

    /// <summary>net.core.txrehash: a timeout asks for another path by another hash, which IPv6 shows as another flow label (SO_TXREHASH).</summary>
    public bool TxRehash = true;

    // net.ipv4.tcp_*: what connections leave behind of a destination
    public bool NoMetricsSave;
    public bool NoSsthreshMetricsSave = true;

    /// <summary>sim.tcp_rack: SACK finds losses by RACK (RFC 8985), as Linux always does; otherwise by counting (RFC 6675).</summary>
    public bool Rack = true;

    /// <summary>sim.tcp_prr: the window is reduced over a round trip (RFC 6937), as Linux always does; otherwise at once (RFC 6675).</summary>
    public bool ProportionalReduction = true;

    /// <summary>sim.tcp_limited_transmit: the first duplicate ACKs let new data go (RFC 3042), as Linux always does.</summary>
    public bool LimitedTransmit = true;

    /// <summary>sim.tcp_rto_restart: with few segments out the timer runs from when the oldest was sent (RFC 7765), which Linux has not.</summary>
    public bool RtoRestart;

    private static void AddRecovery(
        Action<string, int, int, Func<Sysctls, int>, Action<Sysctls, int>> number,
        Action<string, Func<Sysctls, bool>, Action<Sysctls, bool>> flag)
    {
        number("net.ipv4.tcp_reordering", 1, 300, s => s.Reordering, (s, v) => s.Reordering = v);
        number("net.ipv4.tcp_max_reordering", 1, int.MaxValue, s => s.MaxReordering, (s, v) => s.MaxReordering = v);
        number("net.ipv4.tcp_recovery", 0, 255, s => s.LossDetection, (s, v) => s.LossDetection = v);
        number("net.ipv4.tcp_frto", 0, 255, s => s.Frto, (s, v) => s.Frto = v);
        number("net.ipv4.tcp_early_retrans", 0, 4, s => s.EarlyRetransmit, (s, v) => s.EarlyRetransmit = v);
        number("net.ipv4.tcp_min_rtt_wlen", 0, 86_400, s => s.MinRttWindow, (s, v) => s.MinRttWindow = v);
        flag("net.ipv4.tcp_retrans_collapse", s => s.RetransmitCollapse, (s, v) => s.RetransmitCollapse = v);
        flag("net.core.txrehash", s => s.TxRehash, (s, v) => s.TxRehash = v);
        flag("net.ipv4.tcp_thin_linear_timeouts", s => s.ThinLinearTimeouts, (s, v) => s.ThinLinearTimeouts = v);
        flag("net.ipv4.tcp_no_metrics_save", s => s.NoMetricsSave, (s, v) => s.NoMetricsSave = v);
        flag("net.ipv4.tcp_no_ssthresh_metrics_save", s => s.NoSsthreshMetricsSave, (s, v) => s.NoSsthreshMetricsSave = v);
        flag("sim.tcp_rack", s => s.Rack, (s, v) => s.Rack = v);
        flag("sim.tcp_limited_transmit", s => s.LimitedTransmit, (s, v) => s.LimitedTransmit = v);
        flag("sim.tcp_rto_restart", s => s.RtoRestart, (s, v) => s.RtoRestart = v);
        flag("sim.tcp_prr", s => s.ProportionalReduction, (s, v) => s.ProportionalReduction = v);
    }
}
