using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>A call's argument or result, or part of one. A closed hierarchy: the records of this file and of StructExpression.cs.</summary>
internal abstract record Expression(SourcePosition Position) : SyntaxNode(Position);

/// <summary><c>...</c>: whatever is usual, or not compared.</summary>
internal sealed record EllipsisExpression(SourcePosition Position) : Expression(Position);

/// <summary>A whole number. Those from 2⁶³ to 2⁶⁴ - 1 have the negative value with the same bits.</summary>
/// <param name="Position">Of the sign or first digit.</param>
/// <param name="Value">64 bits.</param>
/// <param name="IsHexadecimal">True when it is written <c>0x…</c>.</param>
internal sealed record IntegerExpression(SourcePosition Position, long Value, bool IsHexadecimal) : Expression(Position);

/// <summary>A number with a decimal point.</summary>
/// <param name="Position">Of the sign or first character.</param>
/// <param name="Value">The nearest double.</param>
/// <param name="Text">As it is written.</param>
internal sealed record FloatExpression(SourcePosition Position, double Value, string Text) : Expression(Position);

/// <summary>A name: <c>SOCK_STREAM</c>. Macros are already put in.</summary>
internal sealed record SymbolExpression(SourcePosition Position, string Name) : Expression(Position);

/// <summary>A string in double quotes, or several next to each other, which are one.</summary>
/// <param name="Position">Of the first quote.</param>
/// <param name="Value">Escapes resolved; each character is one byte, 0 to 255 (UTF-8 in the script is its bytes).</param>
/// <param name="IsPrefix">True for <c>"abc"...</c>: more may follow.</param>
internal sealed record StringExpression(SourcePosition Position, string Value, bool IsPrefix) : Expression(Position)
{
    /// <summary>The string's bytes, without a zero at the end.</summary>
    public byte[] ToBytes() => System.Text.Encoding.Latin1.GetBytes(Value);
}

/// <summary><c>[1, 2]</c>, or <c>{1, 2}</c> where no structure is recognised.</summary>
/// <param name="Position">Of the bracket.</param>
/// <param name="Items">Possibly none.</param>
/// <param name="IsBraced">True for braces.</param>
internal sealed record ListExpression(SourcePosition Position, IReadOnlyList<Expression> Items, bool IsBraced) : Expression(Position);

/// <summary>An operator between two expressions.</summary>
internal enum BinaryOperator
{
    /// <summary><c>|</c></summary>
    Or,

    /// <summary><c>&amp;</c></summary>
    And,

    /// <summary><c>&lt;&lt;</c></summary>
    ShiftLeft,

    /// <summary><c>&gt;&gt;</c></summary>
    ShiftRight,
}

/// <summary><c>MSG_EOR | MSG_MORE</c>. Binding as in C: shifts before <c>&amp;</c> before <c>|</c>; operators of one kind from left to right.</summary>
internal sealed record BinaryExpression(SourcePosition Position, BinaryOperator Operator, Expression Left, Expression Right) : Expression(Position);

/// <summary><c>~1</c>: all bits reversed.</summary>
internal sealed record ComplementExpression(SourcePosition Position, Expression Operand) : Expression(Position);

/// <summary><c>TCPI_STATE=1</c>: a value that is given a name, as fields of structures are that the language has no form for.</summary>
internal sealed record NamedValueExpression(SourcePosition Position, string Name, Expression Value) : Expression(Position);

/// <summary><c>inet_addr("192.0.2.1")</c> or <c>inet6_addr("2001:db8::1")</c>.</summary>
/// <param name="Position">Of the word.</param>
/// <param name="IsV6">True for <c>inet6_addr</c>.</param>
/// <param name="Address">Of that version; an IPv4 address mapped into IPv6 is the same value as the IPv4 address.</param>
internal sealed record AddressExpression(SourcePosition Position, bool IsV6, IpAddress Address) : Expression(Position);
