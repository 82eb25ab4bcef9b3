using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// A packet that a rule makes. What is not said follows from the matched packet: addresses and ports are its own, or swapped when
/// the injected packet goes towards its sender. Lengths and checksums are right unless <see cref="BadChecksum"/>.
/// </summary>
public sealed record InjectedPacket
{
    /// <summary>The most bytes of <see cref="Payload"/>.</summary>
    public const int MaxPayload = 64_000;

    /// <summary>What it is.</summary>
    public InjectedKind Kind { get; init; }

    /// <summary>True: it goes towards the sender of the matched packet.</summary>
    public bool Backward { get; init; }

    /// <summary>True: it arrives before the matched packet, at the same instant; false: behind it.</summary>
    public bool Before { get; init; }

    /// <summary>It arrives that much later than the matched packet, or, going backward, than it could.</summary>
    public Duration Delay { get; init; }

    /// <summary>IP source address.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>IP destination address.</summary>
    public IpAddress? Destination { get; init; }

    /// <summary>TCP or UDP source port.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>TCP or UDP destination port.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>Time to live or hop limit.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>TCP's control bits.</summary>
    public TcpFlags Flags { get; init; }

    /// <summary>SEG.SEQ, counted from <see cref="SequenceOrigin"/>; may be negative.</summary>
    public long Sequence { get; init; }

    /// <summary>What <see cref="Sequence"/> counts from.</summary>
    public NumberOrigin SequenceOrigin { get; init; }

    /// <summary>SEG.ACK, counted from <see cref="AcknowledgmentOrigin"/>; 0 on the wire unless ACK is set.</summary>
    public long Acknowledgment { get; init; }

    /// <summary>What <see cref="Acknowledgment"/> counts from.</summary>
    public NumberOrigin AcknowledgmentOrigin { get; init; }

    /// <summary>TCP's window field; null: that of the matched segment.</summary>
    public ushort? Window { get; init; }

    /// <summary>True: the TCP options of the matched segment, timestamps with them; false: none.</summary>
    public bool CopyOptions { get; init; }

    /// <summary>ICMP type.</summary>
    public byte IcmpType { get; init; }

    /// <summary>ICMP code.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>Second word of the ICMP header: the next hop's MTU, say.</summary>
    public uint IcmpRest { get; init; }

    /// <summary>
    /// Added to the sequence number of the TCP segment that an ICMP error quotes, as a forger would who can't see it.
    /// </summary>
    public int QuoteSequenceShift { get; init; }

    /// <summary>
    /// TCP's or UDP's data; of an ICMP message its body, the matched packet when empty; else the packet or frame as it is.
    /// </summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>True: the checksum of TCP, UDP or ICMP is wrong.</summary>
    public bool BadChecksum { get; init; }

    /// <summary>True when the link must follow connections for this packet.</summary>
    internal bool NeedsFlows =>
        Kind == InjectedKind.Tcp && (SequenceOrigin == NumberOrigin.Connection || AcknowledgmentOrigin == NumberOrigin.Connection);
}
