namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>A node of an expression.</summary>
/// <param name="Start">Where its text begins, in characters of the block.</param>
/// <param name="Depth">How many nodes lie below one another in it; bounds what walks it.</param>
internal abstract record CodeExpression(int Start, int Depth);

/// <summary>A literal.</summary>
internal sealed record ConstantExpression(int Start, object Value) : CodeExpression(Start, 1);

/// <summary>A name.</summary>
internal sealed record NameExpression(int Start, string Name) : CodeExpression(Start, 1);

/// <summary><c>- + ~ not</c></summary>
internal sealed record UnaryExpression(int Start, string Operator, CodeExpression Operand) : CodeExpression(Start, Operand.Depth + 1);

/// <summary>Arithmetic and bit operators; the operator's own place is kept for messages.</summary>
internal sealed record BinaryExpression(int Start, int OperatorStart, string Operator, CodeExpression Left, CodeExpression Right)
    : CodeExpression(Start, Math.Max(Left.Depth, Right.Depth) + 1);

/// <summary><c>and</c>, <c>or</c>: the value of the operand that decides.</summary>
internal sealed record LogicalExpression(int Start, bool IsAnd, CodeExpression Left, CodeExpression Right)
    : CodeExpression(Start, Math.Max(Left.Depth, Right.Depth) + 1);

/// <summary>A chain: <c>5000 &lt;= x &lt;= 20000</c>; each operand is evaluated at most once.</summary>
internal sealed record ComparisonExpression(int Start, CodeExpression First, IReadOnlyList<(string Operator, int At, CodeExpression Right)> Rest)
    : CodeExpression(Start, Math.Max(First.Depth, Rest.Max(r => r.Right.Depth)) + 1);

/// <summary><c>a if c else b</c></summary>
internal sealed record ConditionalExpression(int Start, CodeExpression Condition, CodeExpression Then, CodeExpression Else)
    : CodeExpression(Start, Math.Max(Condition.Depth, Math.Max(Then.Depth, Else.Depth)) + 1);

/// <summary>A tuple or a list.</summary>
internal sealed record SequenceExpression(int Start, bool IsTuple, IReadOnlyList<CodeExpression> Items)
    : CodeExpression(Start, Items.Select(i => i.Depth).DefaultIfEmpty().Max() + 1);

/// <summary><c>f(a, b)</c></summary>
internal sealed record CallExpression(int Start, CodeExpression Function, IReadOnlyList<CodeExpression> Arguments)
    : CodeExpression(Start, Math.Max(Function.Depth, Arguments.Select(a => a.Depth).DefaultIfEmpty().Max()) + 1);

/// <summary><c>a[i]</c></summary>
internal sealed record IndexExpression(int Start, CodeExpression Sequence, CodeExpression Index)
    : CodeExpression(Start, Math.Max(Sequence.Depth, Index.Depth) + 1);
