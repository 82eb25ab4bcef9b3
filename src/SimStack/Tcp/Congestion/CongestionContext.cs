using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// What a congestion control sees of the connection beside <see cref="CongestionState"/>. One for each host, filled by the connection before it
/// asks the algorithm; valid during that call only.
/// </summary>
internal sealed class CongestionContext
{
    public Instant Now;

    /// <summary>Bytes of a full segment (Linux: mss_cache).</summary>
    public int Mss;

    /// <summary>Linux: tcp_packets_in_flight().</summary>
    public int SegmentsInFlight;

    public SequenceNumber Una;
    public SequenceNumber Nxt;

    /// <summary>Segments delivered to the peer since the connection began (Linux: delivered), and those of them with a CE mark.</summary>
    public uint Delivered, DeliveredCe;

    /// <summary>Segments taken for lost since the connection began (Linux: lost).</summary>
    public uint Lost;

    /// <summary>Eight times SRTT in microseconds; 0 without a sample (Linux: srtt_us).</summary>
    public int SmoothedRtt8;

    /// <summary>The least RTT of the window that Linux's tcp_min_rtt looks at, in microseconds; uint.MaxValue without a sample.</summary>
    public uint LeastRttMicroseconds;

    /// <summary>Linux: tcp_is_cwnd_limited().</summary>
    public bool WindowLimited;

    /// <summary>The most segments that were out in the last round trip (Linux: max_packets_out).</summary>
    public int MostOut;

    /// <summary>When data was last sent; never: not yet (Linux: lsndtime).</summary>
    public Instant LastSentAt;

    /// <summary>The <see cref="Delivered"/> at which the application last left the network unused; 0: it uses it (Linux: app_limited).</summary>
    public uint ApplicationLimited;

    /// <summary>SO_MAX_PACING_RATE in bytes per second; long.MaxValue without one.</summary>
    public long MaxPacingRate = long.MaxValue;

    /// <summary>Bytes waiting to be sent, and those in queues below TCP, for algorithms that care.</summary>
    public int Unsent;

    /// <summary>Set by an algorithm that wants its packets paced even without a fair queue below (Linux: SK_PACING_NEEDED).</summary>
    public bool NeedsPacing;

    /// <summary>The host's seeded source of numbers.</summary>
    public Func<uint> Random = static () => 0;
}
