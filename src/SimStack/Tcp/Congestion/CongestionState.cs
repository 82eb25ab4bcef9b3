namespace SimStack.Tcp.Congestion;

/// <summary>
/// What loss recovery and the congestion control share of a connection; both read and write it. Counted in segments, as Linux counts.
/// </summary>
internal struct CongestionState
{
    /// <summary>cwnd (Linux: snd_cwnd).</summary>
    public int Window;

    /// <summary>ssthresh; int.MaxValue until the first reduction.</summary>
    public int Threshold;

    /// <summary>Segments acknowledged since the window last grew in congestion avoidance (Linux: snd_cwnd_cnt).</summary>
    public int Credit;

    /// <summary>The window never grows beyond it (Linux: snd_cwnd_clamp).</summary>
    public int Clamp;

    /// <summary>The window before the reduction in force (Linux: prior_cwnd).</summary>
    public int PriorWindow;

    /// <summary>Bytes per second that leave at most when packets are paced, and that sizes offload packets; long.MaxValue: no limit (Linux:
    /// sk_pacing_rate).</summary>
    public long PacingRate;

    /// <summary>Where loss recovery stands. Set by it alone.</summary>
    public CongestionPhase Phase;

    public readonly bool InSlowStart => Window < Threshold;

    /// <summary>
    /// The threshold that a pause or a new start leaves: three quarters of the window at least, unless a reduction set it (Linux:
    /// tcp_current_ssthresh).
    /// </summary>
    public readonly int ThresholdToKeep => Phase is CongestionPhase.Cwr or CongestionPhase.Recovery
        ? Threshold
        : Math.Max(Threshold, (Window >> 1) + (Window >> 2));

    /// <summary>One segment for each acknowledged, up to the threshold (Linux: tcp_slow_start; RFC 5681 §3.1 without its count in bytes).</summary>
    /// <returns>How many acknowledged segments are left for congestion avoidance.</returns>
    public int SlowStart(int acknowledged)
    {
        int grown = (int)Math.Min(Window + (long)acknowledged, Threshold);
        int left = acknowledged - (grown - Window);
        Window = Math.Min(grown, Clamp);
        return left;
    }

    /// <summary>
    /// One segment for every <paramref name="each"/> acknowledged (Linux: tcp_cong_avoid_ai). Credit that was gathered while a step cost more
    /// buys one step only.
    /// </summary>
    public void GrowOncePer(int each, int acknowledged)
    {
        if (Credit >= each)
        {
            Credit = 0;
            Window++;
        }

        Credit += acknowledged;
        if (Credit >= each)
        {
            int steps = Credit / each;
            Credit -= steps * each;
            Window += steps;
        }

        Window = Math.Min(Window, Clamp);
    }
}
