using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Which way a packet goes, seen from the machine under test.</summary>
internal enum PacketDirection
{
    /// <summary><c>&lt;</c>: the script injects it.</summary>
    Inbound,

    /// <summary><c>&gt;</c>: the machine shall send it.</summary>
    Outbound,
}

/// <summary>A packet: <c>&gt; [ect0] P. 1:1001(1000) ack 1</c>.</summary>
/// <param name="Position">Of the direction's sign.</param>
/// <param name="Direction">Inbound or outbound.</param>
/// <param name="Encapsulations">Outer headers, the outermost first; nearly always none.</param>
/// <param name="Ip">What is said about the innermost IP header.</param>
/// <param name="Psp">The PSP header of <c>encap psp spi …</c> between IP and TCP; nearly always null.</param>
/// <param name="Transport">TCP, UDP or ICMP.</param>
internal sealed record PacketSpec(
    SourcePosition Position,
    PacketDirection Direction,
    IReadOnlyList<EncapsulationLayer> Encapsulations,
    IpSpec Ip,
    PspHeader? Psp,
    TransportSpec Transport) : SyntaxNode(Position);

/// <summary>What a packet's ECN field shall be.</summary>
internal enum EcnCheck
{
    /// <summary>Nothing is said: not checked, and zero when injected.</summary>
    Unspecified,

    /// <summary><c>[noecn]</c>: not ECN-capable, 00.</summary>
    NoEcn,

    /// <summary><c>[ect0]</c>: 10.</summary>
    Ect0,

    /// <summary><c>[ect1]</c>: 01.</summary>
    Ect1,

    /// <summary><c>[ect01]</c>: either ECT(0) or ECT(1); outbound packets only.</summary>
    Ect01,

    /// <summary><c>[ce]</c>: congestion experienced, 11.</summary>
    Ce,
}

/// <summary>What is said about an IP header, in brackets or parentheses before the flags. All null or unspecified where nothing is written.</summary>
/// <param name="Position">Of the bracket; of what would follow it where nothing is written.</param>
/// <param name="Ecn">The two low bits of the traffic class; the other six are then not checked.</param>
/// <param name="TypeOfService">All eight bits, <c>[tos 0x10]</c>. Never together with <see cref="Ecn"/>.</param>
/// <param name="FlowLabel">20 bits, <c>[flowlabel 0x12345]</c>, IPv6 only.</param>
/// <param name="Ttl">Time to live or hop limit, <c>[ttl 1]</c>, 0 to 255.</param>
internal sealed record IpSpec(SourcePosition Position, EcnCheck Ecn, byte? TypeOfService, uint? FlowLabel, byte? Ttl) : SyntaxNode(Position)
{
    /// <summary>True when nothing is written.</summary>
    public bool IsEmpty => Ecn == EcnCheck.Unspecified && TypeOfService is null && FlowLabel is null && Ttl is null;
}

/// <summary>Ports written into a packet, <c>5000 &gt; 8080</c>; without them the connection's are meant.</summary>
internal sealed record PortPair(SourcePosition Position, ushort Source, ushort Destination) : SyntaxNode(Position);

/// <summary>An outer header. A closed hierarchy: <see cref="IpLayer"/>, <see cref="GreLayer"/>, <see cref="MplsLayer"/>, <see cref="PspLayer"/>.</summary>
internal abstract record EncapsulationLayer(SourcePosition Position) : SyntaxNode(Position)
{
    /// <summary>The word the layer begins with, for messages: <c>ipv4</c>, <c>ipv6</c>, <c>gre</c>, <c>mpls</c>, <c>psp</c>.</summary>
    public abstract string Name { get; }
}

/// <summary><c>ipv4 192.0.2.1 &gt; 192.0.2.2:</c> or <c>ipv6 …</c>. The addresses are of the version that <see cref="IsV6"/> says.</summary>
internal sealed record IpLayer(SourcePosition Position, bool IsV6, IpSpec Ip, IpAddress Source, IpAddress Destination)
    : EncapsulationLayer(Position)
{
    public override string Name => IsV6 ? "ipv6" : "ipv4";
}

/// <summary><c>gre:</c> or <c>gre flags [key present], sum 0, off 0, key 7, seq 0:</c>.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="Header">Null for a header of four bytes of zero, but for the protocol.</param>
internal sealed record GreLayer(SourcePosition Position, GreHeader? Header) : EncapsulationLayer(Position)
{
    public override string Name => "gre";
}

/// <summary><c>mpls (label 1, tc 0, [S], ttl 64):</c>, the top of the stack first.</summary>
internal sealed record MplsLayer(SourcePosition Position, IReadOnlyList<MplsEntry> Entries) : EncapsulationLayer(Position)
{
    public override string Name => "mpls";
}

/// <summary><c>psp spi 0x1234:</c>, PSP over UDP.</summary>
internal sealed record PspLayer(SourcePosition Position, PspHeader Header) : EncapsulationLayer(Position)
{
    public override string Name => "psp";
}

/// <summary>The fields of a GRE header (RFC 2784, RFC 2890).</summary>
/// <param name="Position">Of <c>flags</c>.</param>
/// <param name="Flags">The header's first 16 bits: checksum 0x8000, key 0x2000, sequence number 0x1000.</param>
/// <param name="Checksum"><c>sum</c>.</param>
/// <param name="Offset"><c>off</c>.</param>
/// <param name="Key"><c>key</c>.</param>
/// <param name="Sequence"><c>seq</c>.</param>
internal sealed record GreHeader(SourcePosition Position, ushort Flags, ushort Checksum, ushort Offset, uint Key, uint Sequence)
    : SyntaxNode(Position)
{
    public const ushort ChecksumPresent = 0x8000;
    public const ushort KeyPresent = 0x2000;
    public const ushort SequencePresent = 0x1000;
}

/// <summary>One entry of an MPLS label stack (RFC 3032).</summary>
/// <param name="Position">Of the parenthesis.</param>
/// <param name="Label">20 bits.</param>
/// <param name="TrafficClass">3 bits.</param>
/// <param name="IsBottom">True with <c>[S]</c>.</param>
/// <param name="Ttl">8 bits.</param>
internal sealed record MplsEntry(SourcePosition Position, uint Label, byte TrafficClass, bool IsBottom, byte Ttl) : SyntaxNode(Position);

/// <summary>The fields of a PSP header.</summary>
/// <param name="Position">Of <c>spi</c>.</param>
/// <param name="Spi">Security parameters index.</param>
/// <param name="VirtualCookie">Of <c>vc</c> or <c>vnid</c>; null where there is none.</param>
internal sealed record PspHeader(SourcePosition Position, uint Spi, ulong? VirtualCookie) : SyntaxNode(Position);
