using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>A segment on its way through the stack: what RFC 9293 calls SEG.*. Trimming to the window changes it.</summary>
internal ref struct TcpSegment
{
    public SequenceNumber Seq;
    public SequenceNumber Ack;
    public TcpFlags Flags;

    /// <summary>SEG.WND as on the wire, not scaled.</summary>
    public ushort Window;

    /// <summary>SEG.UP: the urgent pointer, an offset from SEG.SEQ.</summary>
    public ushort UrgentPointer;
    public ReadOnlySpan<byte> Data;
    public TcpOptions Options;
    public IpAddress Source;
    public IpAddress Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public byte TrafficClass;

    /// <summary>The IP header that it came behind, with options or extension headers.</summary>
    public ReadOnlySpan<byte> IpHeader;

    /// <summary>Header and data as they arrived, for checking a signature.</summary>
    public ReadOnlySpan<byte> Bytes;

    /// <summary>Bytes of the TCP header with its options.</summary>
    public byte HeaderLength;

    public readonly bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Bytes of data in each of the segments that became this one (<see cref="Frame.SegmentSize"/>); 0: it stands for itself.</summary>
    public int PartLength;

    /// <summary>Segments that became this one (Linux: gso_segs, or 1).</summary>
    public readonly int Parts => PartLength == 0 ? 1 : Math.Max(1, (Data.Length + PartLength - 1) / PartLength);

    /// <summary>SEG.LEN: bytes of data and one for each of SYN and FIN.</summary>
    public readonly int Length => Data.Length + ((int)Flags & 1) + ((int)Flags >> 1 & 1);

    /// <summary>The sequence number after the last one that the segment occupies.</summary>
    public readonly SequenceNumber End => Seq + Length;
}
