namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>A TCP option of a packet. A closed hierarchy: the records of this file.</summary>
internal abstract record TcpOptionSpec(SourcePosition Position) : SyntaxNode(Position)
{
    /// <summary>Bytes on the wire, kind and length bytes included; null where the language doesn't say (<see cref="ForeignOption"/>).</summary>
    public abstract int? WireLength { get; }
}

/// <summary><c>nop</c>.</summary>
internal sealed record NopOption(SourcePosition Position) : TcpOptionSpec(Position)
{
    public override int? WireLength => 1;
}

/// <summary><c>eol</c>: end of option list.</summary>
internal sealed record EndOfListOption(SourcePosition Position) : TcpOptionSpec(Position)
{
    public override int? WireLength => 1;
}

/// <summary><c>mss 1460</c>.</summary>
internal sealed record MssOption(SourcePosition Position, ushort Value) : TcpOptionSpec(Position)
{
    public override int? WireLength => 4;
}

/// <summary><c>wscale 7</c>: the shift count, any byte.</summary>
internal sealed record WindowScaleOption(SourcePosition Position, byte Shift) : TcpOptionSpec(Position)
{
    public override int? WireLength => 3;
}

/// <summary><c>sackOK</c>.</summary>
internal sealed record SackPermittedOption(SourcePosition Position) : TcpOptionSpec(Position)
{
    public override int? WireLength => 2;
}

/// <summary><c>sack 1001:2001 3001:4001</c>.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="Blocks">In the order of the script, one to four.</param>
internal sealed record SackOption(SourcePosition Position, IReadOnlyList<SackBlockSpec> Blocks) : TcpOptionSpec(Position)
{
    public override int? WireLength => 2 + 8 * Blocks.Count;
}

/// <summary>One SACK block: the first byte's number and the one after the last.</summary>
internal sealed record SackBlockSpec(SourcePosition Position, uint Left, uint Right) : SyntaxNode(Position);

/// <summary><c>TS val 100 ecr 0</c>.</summary>
internal sealed record TimestampOption(SourcePosition Position, uint Value, uint EchoReply) : TcpOptionSpec(Position)
{
    public override int? WireLength => 10;
}

/// <summary><c>md5 0001…</c>: the signature of RFC 2385; <c>md5 "key"</c>, which is this project's own, the one that the key gives.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="Digest">Hexadecimal digits as written, an even number, at most 32; empty with a key.</param>
/// <param name="Key">The key; null where the digest is written.</param>
internal sealed record Md5Option(SourcePosition Position, string Digest, StringExpression? Key = null) : TcpOptionSpec(Position)
{
    public override int? WireLength => 2 + (Key is not null ? 16 : Digest.Length / 2);
}

/// <summary><c>FO</c> or <c>FO 3021b9d889017eeb</c> (RFC 7413); <c>FOEXP …</c> the same in the experimental option, kind 254, magic 0xF989.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="IsExperimental">True for <c>FOEXP</c>.</param>
/// <param name="Cookie">Hexadecimal digits as written, an even number; empty for a request.</param>
internal sealed record FastOpenOption(SourcePosition Position, bool IsExperimental, string Cookie) : TcpOptionSpec(Position)
{
    public override int? WireLength => (IsExperimental ? 4 : 2) + Cookie.Length / 2;

    /// <summary>True for a request of a cookie.</summary>
    public bool IsRequest => Cookie.Length == 0;
}

/// <summary>AccECN's byte counters (RFC 9768): <c>ECN e0b 1 ceb 0 e1b 1</c>. Those at the end may be missing.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="BeginsWithEct1">
/// Which of the two orders: false for kind 172, ECT(0), CE, ECT(1); true for kind 174, ECT(1), CE, ECT(0). False without counters.
/// </param>
/// <param name="Counters">None to three values of 24 bits, in the order of the option.</param>
internal sealed record AccurateEcnOption(SourcePosition Position, bool BeginsWithEct1, IReadOnlyList<uint> Counters) : TcpOptionSpec(Position)
{
    public override int? WireLength => 2 + 3 * Counters.Count;
}

/// <summary>An option of a relative of the language (MPTCP's, TCP-AO): kept as text so that it can be refused by its name.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="Name">Its first word, such as <c>mp_capable</c>.</param>
/// <param name="Text">What follows, up to the comma or angle bracket, one space between tokens.</param>
internal sealed record ForeignOption(SourcePosition Position, string Name, string Text) : TcpOptionSpec(Position)
{
    public override int? WireLength => null;
}
