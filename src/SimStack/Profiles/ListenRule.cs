namespace SimStack.Profiles;

/// <summary>
/// What a listening socket's two queues hold, and how whoever finds no room is answered. RFC 9293 §3.10.1 leaves both to the system,
/// and no two do the same.
/// </summary>
public sealed record ListenRule
{
    /// <summary>
    /// Linux: backlog + 1 in each queue (sk_acceptq_is_full and inet_csk_reqsk_queue_is_full compare with "more than"). A SYN that meets a
    /// full accept queue is dropped, a last ACK as tcp_abort_on_overflow says.
    /// </summary>
    public static readonly ListenRule Linux = new()
    {
        More = 1,
        KeepsQuarterForKnownPeers = true,
        PrunesOldHandshakes = true,
        FullOnLastAck = OverflowAnswer.BySetting,
    };

    /// <summary>
    /// Windows: the backlog counts handshakes and connections together, and is at least 1; a SYN beyond it is answered with RST
    /// (Microsoft KB 113576).
    /// </summary>
    public static readonly ListenRule Windows = new()
    {
        LeastBacklog = 1,
        CountsHandshakes = true,
        SynQueueByBacklog = false,
        FullOnSyn = OverflowAnswer.Reset,
        FullOnLastAck = OverflowAnswer.Reset,
    };

    /// <summary>
    /// FreeBSD 14: a connection finds no room when more than 3/2 of the backlog wait (solisten_clone). The syncache does not look at that
    /// queue: every SYN is answered, and the last ACK then met with RST (net.inet.tcp.syncache.rst_on_sock_fail 1). A full syncache
    /// gives up its oldest entry.
    /// </summary>
    public static readonly ListenRule FreeBsd = new()
    {
        Numerator = 3,
        Denominator = 2,
        More = 1,
        SynQueueByBacklog = false,
        OldestHandshakeGivesWay = true,
        FullOnSyn = OverflowAnswer.Admit,
        FullOnLastAck = OverflowAnswer.Reset,
    };

    /// <summary>By the RFC alone: as many as the backlog says in each queue, and silence beyond, so that the peer tries again.</summary>
    public static readonly ListenRule Rfc9293 = new();

    /// <summary>The accept queue holds <c>backlog * Numerator / Denominator + More</c>.</summary>
    public int Numerator { get; init; } = 1;

    /// <inheritdoc cref="Numerator"/>
    public int Denominator { get; init; } = 1;

    /// <inheritdoc cref="Numerator"/>
    public int More { get; init; }

    /// <summary>A smaller backlog is taken for this one.</summary>
    public int LeastBacklog { get; init; }

    /// <summary>Handshakes under way take places of the accept queue.</summary>
    public bool CountsHandshakes { get; init; }

    /// <summary>The backlog bounds the SYN queue too, besides tcp_max_syn_backlog.</summary>
    public bool SynQueueByBacklog { get; init; } = true;

    /// <summary>
    /// The last quarter of tcp_max_syn_backlog is for peers known from before, of which there are none here (Linux, tcp_syncookies 0).
    /// </summary>
    public bool KeepsQuarterForKnownPeers { get; init; }

    /// <summary>
    /// While more than half of the backlog, and more than four, are under way, old handshakes get fewer SYN-ACKs, so that half of the
    /// room is for young ones (Linux, reqsk_timer_handler).
    /// </summary>
    public bool PrunesOldHandshakes { get; init; }

    /// <summary>When the SYN queue is full its oldest entry goes; otherwise the new SYN is dropped.</summary>
    public bool OldestHandshakeGivesWay { get; init; }

    /// <summary>What a SYN gets that meets a full accept queue.</summary>
    public OverflowAnswer FullOnSyn { get; init; }

    /// <summary>What the last ACK of a handshake gets that meets a full accept queue.</summary>
    public OverflowAnswer FullOnLastAck { get; init; }

    /// <summary>How many connections may wait for accept.</summary>
    public int AcceptQueueLimit(int backlog) =>
        (int)Math.Min((long)Math.Max(backlog, LeastBacklog) * Numerator / Denominator + More, int.MaxValue);

    /// <summary>How many handshakes may be under way.</summary>
    /// <param name="backlog">What listen(2) was given.</param>
    /// <param name="maxSynBacklog">net.ipv4.tcp_max_syn_backlog.</param>
    /// <param name="synCookies">net.ipv4.tcp_syncookies is not 0: then no place is kept for known peers.</param>
    public int SynQueueLimit(int backlog, int maxSynBacklog, bool synCookies)
    {
        int places = SynQueuePlaces(backlog, maxSynBacklog);
        return KeepsQuarterForKnownPeers && !synCookies ? Math.Min(places, maxSynBacklog - (maxSynBacklog >> 2) + 1) : places;
    }

    /// <summary>At how many handshakes the SYN queue is full. Linux has it by the backlog alone.</summary>
    internal int SynQueuePlaces(int backlog, int maxSynBacklog)
    {
        int places = (int)Math.Min((long)backlog + More, int.MaxValue);
        return !SynQueueByBacklog ? maxSynBacklog
            : KeepsQuarterForKnownPeers ? Math.Max(places, 1) : Math.Min(Math.Max(places, 1), maxSynBacklog);
    }

    /// <summary>Whether so many handshakes leave only the places of known peers.</summary>
    internal bool IsLastQuarter(int handshakes, int maxSynBacklog) =>
        KeepsQuarterForKnownPeers && maxSynBacklog - handshakes < maxSynBacklog >> 2;
}

/// <summary>What becomes of a segment that finds its queue full.</summary>
public enum OverflowAnswer
{
    /// <summary>Dropped without a word; the peer sends it again.</summary>
    Drop,

    /// <summary>RST.</summary>
    Reset,

    /// <summary>Taken all the same.</summary>
    Admit,

    /// <summary>RST where net.ipv4.tcp_abort_on_overflow is set, otherwise dropped.</summary>
    BySetting,
}
