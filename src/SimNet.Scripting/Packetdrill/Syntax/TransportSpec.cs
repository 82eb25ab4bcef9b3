namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>What is above IP. A closed hierarchy: <see cref="TcpSpec"/>, <see cref="UdpSpec"/>, <see cref="IcmpSpec"/>.</summary>
internal abstract record TransportSpec(SourcePosition Position) : SyntaxNode(Position);

/// <summary>A TCP segment: <c>S. 0:0(0) ack 1 win 5792 &lt;mss 1460&gt;</c>. Numbers are the script's, relative or not as the run decides.</summary>
/// <param name="Position">Of the flags.</param>
/// <param name="Ports">Null where the connection's are meant.</param>
/// <param name="Flags">The flags, with AccECN's.</param>
/// <param name="Sequence">Of the first byte and the length; the end is their sum and was checked.</param>
/// <param name="Ack">Null where none is written: the field is then zero.</param>
/// <param name="Window">As it stands in the header, not scaled. Null: not checked. An inbound segment always has one.</param>
/// <param name="UrgentPointer">Null where none is written: the field is then zero.</param>
/// <param name="Options">Null for <c>&lt;...&gt;</c>: any options; outbound segments only. Otherwise exactly these, in this order: empty means none.</param>
internal sealed record TcpSpec(
    SourcePosition Position,
    PortPair? Ports,
    TcpFlagsSpec Flags,
    SequenceSpec Sequence,
    uint? Ack,
    ushort? Window,
    ushort? UrgentPointer,
    IReadOnlyList<TcpOptionSpec>? Options) : TransportSpec(Position);

/// <summary>A segment's flags.</summary>
/// <param name="Position">Of the first letter.</param>
/// <param name="Flags">
/// All nine flags; where <see cref="Ace"/> is written, the bits of the counter are among them (AE 4, CWR 2, ECE 1).
/// </param>
/// <param name="Ace">AccECN's counter, 0 to 7, where it is written as a digit: <c>P.5</c>. Then E, W and A are not written.</param>
internal sealed record TcpFlagsSpec(SourcePosition Position, TcpFlags Flags, int? Ace) : SyntaxNode(Position);

/// <summary><c>1:1001(1000)</c>.</summary>
/// <param name="Position">Of the first digit.</param>
/// <param name="Start">The first byte's number.</param>
/// <param name="Length">Payload bytes.</param>
internal sealed record SequenceSpec(SourcePosition Position, uint Start, ushort Length) : SyntaxNode(Position)
{
    /// <summary>The number after the last byte, as it is written; never past the end of the 32 bits.</summary>
    public uint End => Start + Length;
}

/// <summary>A UDP datagram: <c>udp (100)</c> or <c>udp 5000 &gt; 8080 (100)</c>.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="Ports">Null where the socket's are meant.</param>
/// <param name="Length">Payload bytes.</param>
internal sealed record UdpSpec(SourcePosition Position, PortPair? Ports, ushort Length) : TransportSpec(Position);

/// <summary>
/// An ICMP message: <c>icmp unreachable frag_needed mtu 1300 [1:1001(1000)]</c>. It is ICMPv6 where packets are IPv6; names are
/// in <see cref="IcmpNames"/>, and each is known for at least one of the two.
/// </summary>
/// <param name="Position">Of the word <c>icmp</c>.</param>
/// <param name="TypeName">Such as <c>unreachable</c>, or <c>type_N</c>.</param>
/// <param name="TypePosition">Of the type.</param>
/// <param name="CodeName">Such as <c>frag_needed</c>, or <c>code_N</c>; null where none is written, which is code 0.</param>
/// <param name="CodePosition">Of the code; of the type where there is none.</param>
/// <param name="Mtu">Of <c>mtu N</c>; null where none is written.</param>
/// <param name="EchoId">Of <c>id N</c>; null where none is written.</param>
/// <param name="Payload">What the message carries; null where nothing is written: a TCP header with sequence number 0.</param>
internal sealed record IcmpSpec(
    SourcePosition Position,
    string TypeName,
    SourcePosition TypePosition,
    string? CodeName,
    SourcePosition CodePosition,
    uint? Mtu,
    ushort? EchoId,
    IcmpPayload? Payload) : TransportSpec(Position);

/// <summary>What an ICMP message carries. A closed hierarchy: <see cref="EchoedTcp"/>, <see cref="EchoedUdp"/>, <see cref="RawPayload"/>.</summary>
internal abstract record IcmpPayload(SourcePosition Position) : SyntaxNode(Position);

/// <summary><c>[1:1001(1000)]</c>: the IP header and first eight bytes of this segment.</summary>
internal sealed record EchoedTcp(SourcePosition Position, SequenceSpec Sequence) : IcmpPayload(Position);

/// <summary><c>[udp (100)]</c>: the IP header and first eight bytes of this datagram.</summary>
internal sealed record EchoedUdp(SourcePosition Position, ushort Length) : IcmpPayload(Position);

/// <summary><c>[raw (100)]</c>: an ICMP message of so many bytes in all, zero behind its header.</summary>
internal sealed record RawPayload(SourcePosition Position, ushort Length) : IcmpPayload(Position);
