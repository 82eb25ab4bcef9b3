using SimNet.Scripting.Comparison;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>One packet of a connection, seen from the host that the script is about.</summary>
/// <param name="Facts">Its headers, with relative numbers.</param>
/// <param name="Options">The bytes of its TCP options.</param>
/// <param name="Outbound">True when that host sent it.</param>
internal sealed record RecordedPacket(PacketFacts Facts, byte[] Options, bool Outbound)
{
    /// <summary>Nanoseconds since some beginning.</summary>
    public long Time => Facts.Time;

    /// <summary>Data, in bytes.</summary>
    public int Length => Facts.Length;

    /// <summary>The first byte's number, from the SYN of its direction on.</summary>
    public long Seq => Facts.RelativeSeq;

    /// <summary>The number after the last byte; SYN and FIN have one too.</summary>
    public long End => Facts.RelativeSeq + Facts.SequenceLength;

    /// <summary>The acknowledgement number, from the other direction's SYN on.</summary>
    public long Ack => Facts.RelativeAck;

    /// <summary>False for ICMP errors about the connection.</summary>
    public bool IsTcp => Facts.Kind == PacketKind.Tcp;

    /// <summary>Data, SYN and FIN.</summary>
    public int SequenceSpace => IsTcp ? Facts.SequenceLength : 0;

    /// <summary>True when all of these are set.</summary>
    public bool Has(TcpFlags flags) => IsTcp && Facts.Has(flags);

    /// <summary>A SYN without ACK.</summary>
    public bool IsOpening => IsTcp && (Facts.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    /// <summary>SYN and ACK.</summary>
    public bool IsSynAck => Has(TcpFlags.Syn | TcpFlags.Ack);
}
