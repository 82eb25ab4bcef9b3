using SimStack.Profiles;
using SimStack.Wire;

namespace SimStack.Tcp.Congestion;

/// <summary>
/// What a congestion control sees of the connection beside <see cref="CongestionState"/>. One for each host, filled by the connection before it
/// asks the algorithm; valid during that call only.
/// </summary>
internal sealed class CongestionContext
{
    // The default's tick is a constant where it is divided by: that is done several times for every ACK.
    private const int UsualRate = 250, UsualTick = 4_000_000;

    public Instant Now;

    /// <summary>The host's settings: those of the algorithms (tcp_cubic.*, …), and the timer's frequency.</summary>
    public Sysctls Sysctls = new();

    /// <summary>The host's counters.</summary>
    public SnmpCounters? Counters;

    /// <summary>Bytes of a full segment (Linux: mss_cache).</summary>
    public int Mss;

    /// <summary>Linux: tcp_packets_in_flight().</summary>
    public int SegmentsInFlight;

    public SequenceNumber Una;
    public SequenceNumber Nxt;

    /// <summary>Segments delivered to the peer since the connection began (Linux: delivered), and those of them with a CE mark.</summary>
    public uint Delivered, DeliveredCe;

    /// <summary>When segments were last delivered; never: not yet (Linux: delivered_mstamp).</summary>
    public Instant DeliveredAt = Instant.Never;

    /// <summary>Segments taken for lost since the connection began (Linux: lost).</summary>
    public uint Lost;

    /// <summary>Eight times SRTT in microseconds; 0 without a sample (Linux: srtt_us).</summary>
    public int SmoothedRtt8;

    /// <summary>The least RTT of the window that Linux's tcp_min_rtt looks at, in microseconds; uint.MaxValue without a sample.</summary>
    public uint LeastRttMicroseconds;

    /// <summary>Linux: tcp_is_cwnd_limited().</summary>
    public bool WindowLimited;

    /// <summary>The window was full at some time in the last round trip (Linux: is_cwnd_limited).</summary>
    public bool WindowFull;

    /// <summary>The peer tells of what arrived out of order.</summary>
    public bool HasSack;

    /// <summary>The most segments that were out in the last round trip (Linux: max_packets_out).</summary>
    public int MostOut;

    /// <summary>When data was last sent; never: not yet (Linux: lsndtime).</summary>
    public Instant LastSentAt;

    /// <summary>
    /// The <see cref="Delivered"/> at which the application last left the network unused; 0: it uses it (Linux: app_limited). An algorithm may
    /// change it.
    /// </summary>
    public uint ApplicationLimited;

    /// <summary>When the next packet may leave, for paced ones (Linux: tcp_wstamp_ns).</summary>
    public Instant NextDeparture;

    /// <summary>Packets are paced, by a fair queue below or by the connection itself (Linux: sk_pacing_status).</summary>
    public bool Paced;

    /// <summary>Bytes of an offload packet at most (Linux: sk_gso_max_size).</summary>
    public int MostOffloadBytes = 65_215;

    /// <summary>RCV.NXT, whether ECN was agreed on, and whether an ACK is being delayed, for DCTCP.</summary>
    public SequenceNumber ReceiveNext;
    public bool EcnAgreed;
    public bool AckDelayed;

    /// <summary>What DCTCP wants of the ACKs that follow <see cref="CongestionEvent.EcnIsCe"/> or EcnNoCe; set by it at every such event.</summary>
    public EcnEchoOrder EchoOrder;

    /// <summary>SO_MAX_PACING_RATE in bytes per second; long.MaxValue without one.</summary>
    public long MaxPacingRate = long.MaxValue;

    /// <summary>Bytes waiting to be sent, and those in queues below TCP, for algorithms that care.</summary>
    public int Unsent;

    /// <summary>Set by an algorithm that wants its packets paced even without a fair queue below (Linux: SK_PACING_NEEDED).</summary>
    public bool NeedsPacing;

    /// <summary>The host's seeded source of numbers.</summary>
    public Func<uint> Random = static () => 0;

    private long TickNanoseconds => TicksPerSecond is var rate && rate == UsualRate ? UsualTick : 1_000_000_000L / rate;

    /// <summary>The timer's frequency (Linux: HZ); 1000 where timers are exact.</summary>
    public int TicksPerSecond => Sysctls.TimerHz > 0 ? Sysctls.TimerHz : 1000;

    /// <summary>Microseconds since the start (Linux: tcp_mstamp).</summary>
    public long Microseconds => Now.Nanoseconds / 1000;

    /// <summary>Timer ticks since the start, counted from 1 so that 0 may stand for none (Linux: tcp_jiffies32).</summary>
    public long Ticks => TicksAt(Now);

    public long TicksAt(Instant when) =>
        TicksPerSecond == UsualRate ? (when.Nanoseconds / UsualTick) + 1 : (when.Nanoseconds / TickNanoseconds) + 1;

    /// <summary>Rounded up (Linux: usecs_to_jiffies).</summary>
    public long TicksIn(long microseconds) =>
        TicksPerSecond == UsualRate ? ((microseconds * 1000) + UsualTick - 1) / UsualTick : ((microseconds * 1000) + TickNanoseconds - 1) / TickNanoseconds;

    /// <summary>Below <paramref name="limit"/>, which is above 0 (Linux: get_random_u32_below).</summary>
    public int RandomBelow(int limit) => (int)((ulong)Random() * (uint)limit >> 32);

    public void Count(SnmpCounter counter, long by = 1)
    {
        if (Counters is { } counters)
        {
            counters[counter] += by;
        }
    }
}
