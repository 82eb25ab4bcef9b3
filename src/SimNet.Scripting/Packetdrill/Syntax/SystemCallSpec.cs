namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>A system call: <c>connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)</c>.</summary>
/// <param name="Position">Of the name.</param>
/// <param name="Name">Any identifier; whether there is such a call is not looked at.</param>
/// <param name="Arguments">In order; possibly none.</param>
/// <param name="Result">What it shall return; an <see cref="EllipsisExpression"/> where anything is right.</param>
/// <param name="Error">The errno's name, such as <c>EAGAIN</c>; null where none is written.</param>
/// <param name="Note">The text in parentheses at the end, without them, one space between its words: for people. Null where none is written.</param>
internal sealed record SystemCallSpec(
    SourcePosition Position,
    string Name,
    IReadOnlyList<Expression> Arguments,
    Expression Result,
    SymbolExpression? Error,
    string? Note) : SyntaxNode(Position);
