using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>What one ACK did and was (Linux: FLAG_* of tcp_ack).</summary>
[Flags]
internal enum AckFlags
{
    None = 0,

    /// <summary>It carried data.</summary>
    Data = 1,

    /// <summary>It told of the window.</summary>
    WindowUpdate = 2,

    /// <summary>It acknowledged data; segments sent more than once among it; a SYN.</summary>
    DataAcknowledged = 4,
    RetransmittedAcknowledged = 8,
    SynAcknowledged = 16,

    /// <summary>It SACKed data that was not SACKed.</summary>
    DataSacked = 32,

    /// <summary>ECE, or a change of the AccECN counter.</summary>
    EcnEcho = 64,

    /// <summary>A retransmission is taken for lost.</summary>
    RetransmissionLost = 128,

    /// <summary>It acknowledged or SACKed data from before recovery that was sent once only.</summary>
    OriginalDelivered = 256,

    UnaAdvanced = 512,

    /// <summary>A D-SACK; it was for the tail loss probe.</summary>
    DsackArrived = 1024,
    DsackOfProbe = 2048,

    /// <summary>What is first in the queue was SACKed: the peer dropped it.</summary>
    Reneged = 4096,

    /// <summary>The retransmission timer begins anew.</summary>
    SetTimer = 8192,

    /// <summary>The peer perhaps waited for a second segment.</summary>
    MaybeDelayed = 16384,

    Acknowledged = DataAcknowledged | SynAcknowledged,
    NotDuplicate = Data | WindowUpdate | Acknowledged,
    Alert = DataSacked | EcnEcho | DsackArrived,
    ForwardProgress = Acknowledged | DataSacked,
}

/// <summary>What goes again after an ACK (Linux: REXMIT_*).</summary>
internal enum Resend : byte
{
    Nothing,

    /// <summary>What is lost.</summary>
    Lost,

    /// <summary>New data first, to tell a spurious timeout (RFC 5682 §2.1, step 2.b).</summary>
    NewData,
}

/// <summary>One ACK on its way through the connection.</summary>
internal struct AckRound
{
    public AckFlags Flags;

    /// <summary>SEG.ACK, and SND.UNA before it.</summary>
    public SequenceNumber Ack, PriorUna;

    /// <summary>The end of the highest SACKed segment before it.</summary>
    public SequenceNumber PriorHighest;

    /// <summary>The lowest segment that a SACK block shows to have been overtaken.</summary>
    public SequenceNumber Reordered;

    /// <summary>Segments that its SACK blocks delivered.</summary>
    public int SackDelivered;

    /// <summary>Sequence numbers that it delivered, and segments of them that arrived marked.</summary>
    public int DeliveredBytes, Marked;

    /// <summary>When the first and the last segment that it SACKed, of those sent once only, had been sent.</summary>
    public Instant FirstSacked, LastSacked;

    /// <summary>1: it is a duplicate ACK.</summary>
    public int Duplicates;

    /// <summary>TSecr, if it has one that means something.</summary>
    public uint Echo;
    public bool HasEcho;

    public Resend Resend;

    public RateSample Rate;

    public readonly bool Has(AckFlags any) => (Flags & any) != 0;
}
