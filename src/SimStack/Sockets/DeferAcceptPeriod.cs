namespace SimStack.Sockets;

/// <summary>
/// TCP_DEFER_ACCEPT is given in seconds and kept as a number of SYN-ACK timeouts, which double from one second (Linux: secs_to_retrans,
/// retrans_to_secs).
/// </summary>
internal static class DeferAcceptPeriod
{
    private const int FirstSeconds = 1;
    private const int LongestSeconds = 120;

    /// <summary>The least number of timeouts that lasts so long; none for 0 or less.</summary>
    public static byte FromSeconds(int seconds)
    {
        if (seconds <= 0)
        {
            return 0;
        }

        byte timeouts = 1;
        for (int timeout = FirstSeconds, total = timeout; seconds > total && timeouts < byte.MaxValue; total += timeout)
        {
            timeouts++;
            timeout = Math.Min(timeout * 2, LongestSeconds);
        }

        return timeouts;
    }

    /// <summary>How long so many timeouts last.</summary>
    public static int ToSeconds(byte timeouts)
    {
        int total = 0;
        for (int timeout = FirstSeconds; timeouts > 0; timeouts--, timeout = Math.Min(timeout * 2, LongestSeconds))
        {
            total += timeout;
        }

        return total;
    }
}
