using SimStack.Tcp.FastOpen;

namespace SimStack.Tcp.Metrics;

/// <summary>What a host remembers of one destination beyond the life of a connection (Linux: struct tcp_metrics_block).</summary>
internal sealed partial class DestinationMetrics(DestinationKey key)
{
    /// <summary>The peer's MSS by its last SYN-ACK, in bytes; 0: unknown.</summary>
    public ushort FastOpenMss { get; private set; }

    /// <summary>The cookie that the peer gave.</summary>
    public FastOpenCookie FastOpenCookie { get; private set; }

    /// <summary>
    /// Which form of the option to ask in: 0 number 34; 1 the experimental one, since 34 brought no cookie; 2 34 again, as neither did.
    /// </summary>
    public int FastOpenTry { get; private set; }

    /// <summary>SYNs with data that were lost in a row.</summary>
    public int SynLosses { get; private set; }

    /// <summary>When the last one was.</summary>
    public Instant LastSynLoss { get; private set; } = Instant.Never;

    /// <summary>Neighbours by age in the cache.</summary>
    public LinkedListNode<DestinationKey> Place { get; } = new(key);

    /// <summary>For those who look.</summary>
    public TcpMetrics Describe(Instant now, DestinationKey key) => new(
        key.Remote,
        key.Local,
        now - Stamp,
        Duration.FromMicroseconds(SmoothedRtt8 / 8),
        Duration.FromMicroseconds(Deviation4 / 4),
        Threshold,
        Window,
        Reordering,
        FastOpenMss,
        SynLosses,
        SynLosses > 0 ? now - LastSynLoss : Duration.Zero,
        FastOpenCookie.ToString());

    /// <summary>A SYN-ACK came (tcp_fastopen_cache_set).</summary>
    /// <param name="now">The instant.</param>
    /// <param name="mss">The peer's MSS in bytes; 0 leaves the one that is known.</param>
    /// <param name="cookie">Its option.</param>
    /// <param name="synLost">A SYN with data seems to have been lost.</param>
    /// <param name="nextTry">For <see cref="FastOpenTry"/>; 0 leaves it.</param>
    public void NoteSynAck(Instant now, int mss, FastOpenCookie cookie, bool synLost, int nextTry)
    {
        FastOpenMss = mss > 0 ? (ushort)mss : FastOpenMss;
        if (cookie.HasCookie)
        {
            FastOpenCookie = cookie;
        }
        else if (nextTry > FastOpenTry && !FastOpenCookie.HasCookie)
        {
            FastOpenTry = nextTry;
        }

        SynLosses = synLost ? Math.Min(SynLosses + 1, 1023) : 0;
        LastSynLoss = synLost ? now : LastSynLoss;
    }
}
