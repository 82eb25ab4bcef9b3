namespace SimStack.Sockets;

/// <summary>
/// What a socket set of its timers' bounds instead of the host's, and how long its packets wait: few do, so that sockets which set nothing have
/// none of these.
/// </summary>
/// <param name="RtoMinMicroseconds">TCP_RTO_MIN_US; 0: net.ipv4.tcp_rto_min_us.</param>
/// <param name="RtoMaxMilliseconds">TCP_RTO_MAX_MS; 0: net.ipv4.tcp_rto_max_ms.</param>
/// <param name="DelayedAckMaxMicroseconds">TCP_DELACK_MAX_US; 0: sim.tcp_delack_max_ms.</param>
/// <param name="TransmitDelayMicroseconds">TCP_TX_DELAY; 0: none.</param>
internal sealed record TimerLimits(
    int RtoMinMicroseconds, int RtoMaxMilliseconds, int DelayedAckMaxMicroseconds, int TransmitDelayMicroseconds)
{
    private static readonly TimerLimits Unset = new(0, 0, 0, 0);

    /// <summary>The ticks of Linux's clock where the host's timers are exact: with HZ 250 four milliseconds.</summary>
    private const int ExactTick = 4000;

    // Linux: TCP_RTO_MIN, TCP_DELACK_MAX in microseconds; TCP_TIMEOUT_MIN in ticks; TCP_TX_DELAY below what srtt_us holds, in eighths.
    private const int MostMicroseconds = 200_000;
    private const int LeastTicks = 2;
    private const int LongestDelay = 1 << 28;

    /// <summary>With one of the four options changed.</summary>
    /// <param name="limits">What was set so far; null for nothing.</param>
    /// <param name="option">The option.</param>
    /// <param name="value">In the option's unit.</param>
    /// <param name="hz">Ticks per second of the host's timers; 0: exact.</param>
    /// <param name="changed">The new bounds.</param>
    /// <returns>False for a value that is out of range.</returns>
    public static bool TryChange(TimerLimits? limits, SocketOption option, int value, int hz, out TimerLimits changed)
    {
        changed = limits ?? Unset;
        int tick = hz == 0 ? ExactTick : 1_000_000 / hz;
        long ticks = value < 0 ? 0 : (value + (long)tick - 1) / tick;
        bool isTicks = ticks >= LeastTicks && ticks * tick <= MostMicroseconds;
        switch (option)
        {
            case SocketOption.TCP_RTO_MAX_MS when value is >= 1000 and <= 120_000:
                changed = changed with { RtoMaxMilliseconds = value };
                return true;
            case SocketOption.TCP_RTO_MIN_US when isTicks:
                changed = changed with { RtoMinMicroseconds = (int)(ticks * tick) };
                return true;
            case SocketOption.TCP_DELACK_MAX_US when isTicks:
                changed = changed with { DelayedAckMaxMicroseconds = (int)(ticks * tick) };
                return true;
            case SocketOption.TCP_TX_DELAY when value is >= 0 and < LongestDelay:
                changed = changed with { TransmitDelayMicroseconds = value };
                return true;
            default:
                return false;
        }
    }
}
