using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>One packet of a capture: what was read from its headers, and what its conversation adds.</summary>
internal sealed class PacketFacts
{
    /// <summary>Number in the file, from 1.</summary>
    public long Frame { get; set; }

    /// <summary>Nanoseconds since the file's first packet; meaningful with <see cref="HasTime"/>.</summary>
    public long Time { get; set; }
    public bool HasTime { get; set; }

    public PacketKind Kind { get; set; }
    public bool IsV6 { get; set; }
    public IpProtocol Protocol { get; set; }
    public IpAddress Source { get; set; }
    public IpAddress Destination { get; set; }
    public ushort SourcePort { get; set; }
    public ushort DestinationPort { get; set; }

    public int Ttl { get; set; }
    public bool DontFragment { get; set; }
    public int TrafficClass { get; set; }
    public uint Id { get; set; }
    public uint FlowLabel { get; set; }
    public int FragmentOffset { get; set; }
    public bool MoreFragments { get; set; }

    /// <summary>Bytes behind the transport header on the wire; the capture may have fewer.</summary>
    public int Length { get; set; }

    public TcpFlags Flags { get; set; }
    public SequenceNumber Seq { get; set; }
    public SequenceNumber Ack { get; set; }
    public int Window { get; set; }
    public int Urgent { get; set; }

    /// <summary>The bytes of the TCP options until the conversation is known.</summary>
    public byte[] OptionBytes { get; set; } = [];

    /// <summary>Type and code of ICMP; the operation of ARP.</summary>
    public int IcmpType { get; set; }
    public int IcmpCode { get; set; }
    public int EchoId { get; set; }
    public int EchoSequence { get; set; }
    public uint Mtu { get; set; }

    /// <summary>What an ICMP error quotes, as far as it could be read.</summary>
    public PacketFacts? Quote { get; set; }

    /// <summary>How many bytes an ICMP error quotes, on the wire.</summary>
    public int QuoteLength { get; set; }

    // From here on: set by the conversation.

    /// <summary>Sent by the side that began the conversation.</summary>
    public bool FromInitiator { get; set; }

    /// <summary>Sequence number from the SYN of its direction on.</summary>
    public long RelativeSeq { get; set; }

    /// <summary>Acknowledgement number from the SYN of the other direction on.</summary>
    public long RelativeAck { get; set; }

    /// <summary>An echo's sequence number less that of the conversation's first.</summary>
    public int RelativeEcho { get; set; }

    /// <summary>Options in their order, with relative SACK blocks.</summary>
    public string Options { get; set; } = "";

    /// <summary>A segment with SYN, or one before the initiator's second: windows are compared there.</summary>
    public bool IsHandshake { get; set; }

    /// <summary>Sent by a timer: a retransmission, a keep-alive or a window probe.</summary>
    public bool IsRepetition { get; set; }

    public bool Has(TcpFlags flags) => (Flags & flags) == flags;

    /// <summary>SEG.LEN: data, SYN and FIN.</summary>
    public int SequenceLength => Length + (Has(TcpFlags.Syn) ? 1 : 0) + (Has(TcpFlags.Fin) ? 1 : 0);
}
