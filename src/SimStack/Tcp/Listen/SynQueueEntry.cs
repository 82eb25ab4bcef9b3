using SimStack.Ip;
using SimStack.Tcp.FastOpen;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>A handshake under way on a listening socket: SYN-RECEIVED, with no more than the third segment will need.</summary>
internal sealed class SynQueueEntry(
    TcpListener listener, IpPath path, IpEndpoint local, IpEndpoint remote, long id) : TcpFlow(local, remote, id)
{
    /// <summary>The listening socket; another one of its SO_REUSEPORT group once that is closed (net.ipv4.tcp_migrate_req).</summary>
    public TcpListener Listener { get; set; } = listener;

    public IpPath Path => path;

    /// <summary>How often the SYN-ACK was sent with another flow label (Linux: tcp_rtx_synack).</summary>
    public ushort FlowTurn { get; set; }

    public SequenceNumber Iss { get; init; }

    public SequenceNumber Irs { get; init; }

    /// <summary>What the SYN-ACK acknowledges: the SYN, by Fast Open its data too.</summary>
    public SequenceNumber ReceiveNext { get; set; }

    /// <summary>Fast Open's option of the first SYN-ACK.</summary>
    public FastOpenCookie Cookie { get; set; }

    /// <summary>The SYN's options.</summary>
    public TcpOptions Options { get; init; }

    /// <summary>No place was left: its SYN-ACK has a cookie, and it is forgotten.</summary>
    public bool IsCookie { get; init; }

    public ushort AdvertisedMss { get; init; }

    public int ReceiveWindow { get; init; }

    /// <summary>What the SYN-ACK's unscaled field tells of it (tcp_synack_window).</summary>
    public int OfferedWindow => Math.Min(ReceiveWindow, 65_535);

    public byte ReceiveScale { get; init; }

    public int WindowClamp { get; init; }

    public uint TimestampOffset { get; init; }

    /// <summary>TSval of the first SYN-ACK.</summary>
    public uint FirstTimestamp { get; set; }

    /// <summary>TSval of the last SYN-ACK.</summary>
    public uint LastTimestamp { get; set; }

    public uint TimestampsRecent { get; set; }

    public Instant TimestampsStamp { get; set; }

    /// <summary>What was granted of ECN.</summary>
    public EcnState Ecn { get; init; }

    /// <summary>The IP header's ECN field of the last SYN.</summary>
    public byte SynField { get; set; }

    /// <summary>Type of service or traffic class of the SYN, without ECN; of the ACK where that brought a cookie back.</summary>
    public byte SynTypeOfService { get; init; }

    /// <summary>The IP header's ECN field of our SYN-ACK.</summary>
    public byte SynAckField { get; init; }

    public AccurateEcnOption EcnOption { get; set; }

    public AccurateEcnFailures EcnFailures { get; set; }

    /// <summary>The SYN had TCP-AO: the connection will, or will not be (RFC 5925 §7.4.1).</summary>
    public bool UsesAo { get; init; }

    /// <summary>With <see cref="UsesAo"/>: KeyID of what is sent, which the SYN asked for.</summary>
    public byte SendKeyId { get; init; }

    /// <summary>With <see cref="UsesAo"/>: KeyID of the SYN.</summary>
    public byte ReceiveKeyId { get; init; }

    /// <summary>When the SYN-ACK was last sent.</summary>
    public Instant SentAt { get; set; }


    public Instant LastDuplicateAnswer { get; set; } = new(long.MinValue / 2);

    /// <summary>How often the SYN-ACK timer was due; the SYN-ACK was sent again each time, unless the socket waits for data.</summary>
    public int Timeouts { get; set; }

    /// <summary>Headers of the SYN, for TCP_SAVED_SYN.</summary>
    public byte[]? SavedSyn { get; init; }

    /// <summary>SYN-ACK retransmissions, those that a repeated SYN brought about among them.</summary>
    public int Retransmissions { get; set; }

    /// <summary>The SYN-ACK was sent more than once, so that its acknowledgement measures nothing (Karn; RFC 6298 §3).</summary>
    public bool Resent => Retransmissions > 0 || FromCookie;

    /// <summary>Made from a cookie's ACK, so that nobody knows when the SYN-ACK was sent.</summary>
    public bool FromCookie { get; set; }

    /// <summary>The third segment came, but the accept queue was full, or the socket waits for data.</summary>
    public bool Acknowledged { get; set; }

    public Instant NextRetransmission { get; set; }

    public override TcpState State => TcpState.SynReceived;

    public override Instant Deadline => NextRetransmission;

    /// <summary>Where it stands in the queue's list.</summary>
    public int Index { get; set; }

    /// <summary>Its neighbours by age.</summary>
    public SynQueueEntry? Older { get; set; }

    /// <inheritdoc cref="Older"/>
    public SynQueueEntry? Newer { get; set; }

    public override void Timeout(Instant now) => Listener.EntryTimeout(now, this);
}
