using SimStack.Wire;

namespace SimStack.Profiles;

/// <summary>How a given system behaves, as data: the defaults of its settings and the choices that have no setting.</summary>
public sealed class Profile
{
    /// <summary>Linux 6.18 with its default sysctls: what the project follows unless told otherwise.</summary>
    public static readonly Profile Linux = new()
    {
        Name = "linux",
        Description = "Linux 6.x, default sysctls",
        ChargesSegmentMemory = true,
        TailLossProbe = true,
        SegmentationOffload = true,
        CountsConnectionDatagrams = true,
        HasTcpAo = true,
        Defaults = new Sysctls { TimerHz = 250 },
    };

    /// <summary>
    /// Linux 2.6.39 to 3.x: initial receive window of ten segments, a 1 ms timestamp clock without random offset, SYN backoff
    /// that doubles from 1 s.
    /// </summary>
    public static readonly Profile Linux26 = new()
    {
        Name = "linux26",
        Description = "Linux 2.6.39 to 3.x",
        InitialReceiveWindowSegments = 10,
        RandomTimestampOffset = false,
        SegmentationOffload = true,
        CountsConnectionDatagrams = true,
        Defaults = new Sysctls
        {
            Rack = false,
            BacklogAckDefer = false, // Linux 6.7 brought it.
            SoMaxConn = 128,
            AutoFlowLabels = 0, // They came with Linux 4.2.
            RmemMax = 131_071,
            WmemMax = 131_071,
            RmemDefault = 87_380,
            RmemMaximum = 6_291_456,
            SynRetries = 5,
            SynLinearTimeouts = 0,
            MaxSynBacklog = 512,
            TimeWaitReuse = 0,
            PingPongThreshold = 1,
            EcnFallback = false, // Linux 4.2 brought it.
            NoSsthreshMetricsSave = false, // Linux 5.6 brought the choice.
        },
    };

    /// <summary>Windows 7: SYN with window 8192, scale 2, no timestamps; TTL 128.</summary>
    public static readonly Profile Windows = WindowsProfile.Create();

    /// <summary>FreeBSD 14 with its default sysctls.</summary>
    public static readonly Profile FreeBsd = FreeBsdProfile.Create();

    /// <summary>
    /// RFC 9293 and the RFCs it requires, where Linux departs from them: timers of RFC 6298, 2MSL of four minutes, probes with
    /// data.
    /// </summary>
    public static readonly Profile Rfc9293 = new()
    {
        Name = "rfc9293",
        Description = "RFC 9293 to the letter",
        RandomTimestampOffset = true,
        Rfc6298Timer = true,
        ZeroWindowProbeCarriesData = true,
        ListenMayConnect = true,
        RfcSegmentChecks = true,
        ClassicNagle = true,
        QuickAcks = false,
        ReportsDeliveryTrouble = true,
        HasTcpAo = true,
        Listen = ListenRule.Rfc9293,
        Defaults = new Sysctls
        {
            CongestionControl = "reno",
            CubicByRfc = true,
            AutoFlowLabels = 0,
            SlowStartLimit = 1,
            AcceptSourceRoute = true,
            NoMetricsSave = true,
            BacklogAckDefer = false,
            IsnTickNanoseconds = 4000,

            // RFC 6675 counts, and halves at once.
            Rack = false,
            ProportionalReduction = false,
            Frto = 0,
            SynLinearTimeouts = 0,
            SynRetries = 7,
            SynAckRetries = 7,
            SynCookies = 0,
            RtoMinMicroseconds = 1_000_000,
            RtoMaxMilliseconds = 60_000,
            TimeWaitMilliseconds = 240_000,
            DelayedAckMinMilliseconds = 200,
            DelayedAckMaxMilliseconds = 500,
            TimeWaitReuse = 0,
            Ecn = 0,
        },
    };

    /// <summary>The name in scripts: <c>linux</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One line.</summary>
    public required string Description { get; init; }

    /// <summary>Settings that a new host starts with; clone before changing.</summary>
    public required Sysctls Defaults { get; init; }

    /// <summary>Upper bound of the first receive window in segments; 0: as the buffer allows.</summary>
    public int InitialReceiveWindowSegments { get; init; }

    /// <summary>Whether each connection's timestamp clock has an offset of its own (RFC 7323 §5.4; Linux since 4.10).</summary>
    public bool RandomTimestampOffset { get; init; } = true;

    /// <summary>
    /// RTO by RFC 6298 to the letter; otherwise as Linux, whose variance term never falls below the minimum RTO.
    /// </summary>
    public bool Rfc6298Timer { get; init; }

    /// <summary>
    /// A zero-window probe carries one byte (RFC 9293 §3.8.6.1); Linux sends an old sequence number without data.
    /// </summary>
    public bool ZeroWindowProbeCarriesData { get; init; }

    /// <summary>Connecting a listening socket turns it into an active open (RFC 9293 §3.10.1); Linux answers EISCONN.</summary>
    public bool ListenMayConnect { get; init; }

    /// <summary>
    /// Arriving segments are judged by RFC 9293 §3.10.7 to the letter. Linux departs: a bare ACK from RCV.WUP to the right edge
    /// is taken, RST right before RCV.NXT ends a connection that had a FIN, a SYN in the window ends a handshake of the SYN
    /// queue, and a foreign ACK in SYN-SENT brings the next SYN forward. Segments with none of SYN, ACK and RST, or with a
    /// signature that no key was set for, are dropped unread. A smaller window is taken from a segment that acknowledges or carries something new only, unless
    /// it is closed.
    /// </summary>
    public bool RfcSegmentChecks { get; init; }

    /// <summary>
    /// A socket with IP_RECVERR is told by its error queue when tcp_retries1 retransmissions of a segment were not answered (RFC 9293 §3.8.3,
    /// SHLD-9). Linux tells nobody.
    /// </summary>
    public bool ReportsDeliveryTrouble { get; init; }

    /// <summary>Nagle waits for any unacknowledged data (RFC 896); Linux only for an earlier small segment (Minshall).</summary>
    public bool ClassicNagle { get; init; }

    /// <summary>
    /// The receive window follows the memory that segments take in a kernel, overhead included, and an arrival that lets it grow is
    /// acknowledged at once (Linux since 6.6). Otherwise half of the buffer is for data.
    /// </summary>
    public bool ChargesSegmentMemory { get; init; }

    /// <summary>
    /// Data is handed to the interface in packets of many segments, pushed at their ends, and the send buffer counts what they take in a
    /// kernel; otherwise segment by segment.
    /// </summary>
    public bool SegmentationOffload { get; init; }

    /// <summary>The first timeout of a lone segment is a probe without backoff (RFC 8985 §7).</summary>
    public bool TailLossProbe { get; init; }

    /// <summary>Linux acknowledges the first segments of a stream at once.</summary>
    public bool QuickAcks { get; init; } = true;

    /// <summary>What the queues of a listening socket hold, and how overflow is answered.</summary>
    public ListenRule Listen { get; init; } = ListenRule.Linux;

    /// <summary>The order of the TCP options and their padding.</summary>
    public TcpOptionLayout OptionLayout { get; init; } = TcpOptionLayout.Linux;

    /// <summary>
    /// Bytes of the window in SYN and SYN-ACK where that is a number of its own, the whole buffer being offered right after; 0: as the
    /// buffer allows.
    /// </summary>
    public int InitialReceiveWindow { get; init; }

    /// <summary>
    /// How long after a RST to its SYN a client sends the SYN again, tcp_syn_retries times in all, before connect reports refusal; zero: it
    /// does not (RFC 9293 §3.10.7.3).
    /// </summary>
    public Duration RetryAfterRefusal { get; init; }

    /// <summary>
    /// Every IPv4 datagram has an identification from the host's counter; otherwise only those that may be fragmented (RFC 6864 §4.1).
    /// </summary>
    public bool CountsEveryDatagram { get; init; }

    /// <summary>An echo reply has the code of its request, which should be 0 (Linux: icmp_echo); otherwise 0, as Windows does.</summary>
    public bool EchoesCode { get; init; } = true;

    /// <summary>
    /// A connection's IPv4 datagrams have identifications of its own, one after the other from a random one, with DF too (Linux: inet_id); those that
    /// answer for no connection yet or any more, SYN-ACKs and most RSTs, have 0. Otherwise see <see cref="CountsEveryDatagram"/>.
    /// </summary>
    public bool CountsConnectionDatagrams { get; init; }

    /// <summary>
    /// A connection is given up after tcp_retries2 retransmissions of one segment; otherwise after the time that so many would take at
    /// the minimum RTO (Linux; RFC 9293 §3.8.3 allows both).
    /// </summary>
    public bool CountsRetransmissions { get; init; }

    /// <summary>
    /// The system knows TCP-AO (RFC 5925; Linux since 6.7): sockets can have its keys, and a segment with it where there are none is dropped.
    /// </summary>
    public bool HasTcpAo { get; init; }

    /// <summary>All profiles, by name.</summary>
    public static IReadOnlyList<Profile> All { get; } = [Linux, Linux26, Windows, FreeBsd, Rfc9293];

    public static bool TryGet(string name, out Profile profile)
    {
        foreach (Profile candidate in All)
        {
            if (candidate.Name == name)
            {
                profile = candidate;
                return true;
            }
        }

        profile = Linux;
        return false;
    }

    public override string ToString() => Name;
}
