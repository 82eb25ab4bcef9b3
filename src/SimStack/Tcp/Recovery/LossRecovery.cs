using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp.Recovery;

/// <summary>
/// What a connection knows of losses: the scoreboard's counts and what fast recovery, RACK, PRR, F-RTO, the tail loss probe and the taking back
/// of a mistake remember. Made when the first data is sent.
/// </summary>
/// <param name="reordering">The first estimate of reordering, in segments (tcp_reordering).</param>
internal sealed class LossRecovery(int reordering)
{
    /// <summary>tcp_rack_update_reo_wnd keeps a wider window for so many recoveries (TCP_RACK_RECOVERY_THRESH).</summary>
    public const byte PersistentRecoveries = 16;

    // The scoreboard, in segments: SACKed (or, without SACK, as many as there were duplicate ACKs), lost, sent again and in flight.
    public int SackedOut, LostOut, RetransmittedOut;

    /// <summary>The end of the highest SACKed segment; meaningful while <see cref="SackedOut"/> is not 0 (tcp_highest_sack_seq).</summary>
    public SequenceNumber HighestSacked;

    /// <summary>Segments taken for lost since the connection began (Linux: lost).</summary>
    public uint Lost;

    /// <summary>The delivery rate's sampler. Until the first ACK its samples show no bandwidth (Linux: app_limited is ~0 at first).</summary>
    public DeliveryRate Rate = new() { ApplicationLimited = uint.MaxValue };

    /// <summary>SND.NXT when the state was entered that recovery is in (Linux: high_seq).</summary>
    public SequenceNumber Point;

    /// <summary>Where the search for lost segments goes on, while <see cref="HasHint"/>; otherwise at the head (retransmit_skb_hint).</summary>
    public SequenceNumber Hint;
    public bool HasHint;

    // Taking back (undo_marker, undo_retrans, prior_ssthresh). A count of 0 says that nothing was sent again that was not needed; -1 that
    // nothing was sent again at all.
    public bool MayUndo;
    public SequenceNumber UndoMarker;
    public int UndoRetransmissions;
    public int PriorThreshold;

    // Proportional rate reduction (RFC 6937): prr_delivered, prr_out.
    public int ReductionDelivered, ReductionOut;

    /// <summary>The degree of reordering that the path showed, in segments, and how often it did.</summary>
    public int Reordering = reordering;
    public uint ReorderingSeen;

    /// <summary>
    /// Of the head, where a packet of one segment began that was acknowledged in part, and where it begins since: Linux leaves such a packet
    /// whole, and takes its first number for the lowest that was delivered (tcp_clean_rtx_queue).
    /// </summary>
    public SequenceNumber CutFrom, CutTo;

    /// <summary>Segments that D-SACKs told of.</summary>
    public uint DsackDuplicates;

    // The use of the window (RFC 2861 §3): the most that was out (snd_cwnd_used), and when it was set or used last (snd_cwnd_stamp).
    public int WindowUsed;
    public Instant WindowStamp;

    /// <summary>ssthresh once a SYN was taken for lost; 0: none was.</summary>
    public int OpeningThreshold;

    /// <summary>F-RTO goes on (RFC 5682).</summary>
    public bool Frto;

    // How long timeouts held the connection up: since when one does, and what earlier ones did (rto_stamp, total_rto_time).
    public Instant TimeoutSince = Instant.Never;
    public long TimeoutMilliseconds;

    /// <summary>The peer dropped what it had SACKed; until recovery ends.</summary>
    public bool Reneged;

    // The tail loss probe (RFC 8985 §7): SND.NXT when it was sent (tlp_high_seq), whether it repeated data.
    public bool ProbeOutstanding, ProbeWasRetransmission;
    public SequenceNumber ProbeEnd;

    /// <summary>RACK's own.</summary>
    public Rack Rack = new() { Steps = 1 };

    /// <summary>For recovery by RFC 6675: up to where it was counted how many are SACKed, and how many were.</summary>
    public SequenceNumber CountedTo;
    public int CountedSacked;

    /// <summary>What the hint pointed at is acknowledged.</summary>
    public void DropStaleHint(SequenceNumber una) => HasHint &= Hint >= una;

    /// <summary>Segments that left the network without being acknowledged (tcp_left_out).</summary>
    public int LeftOut => SackedOut + LostOut;
}
