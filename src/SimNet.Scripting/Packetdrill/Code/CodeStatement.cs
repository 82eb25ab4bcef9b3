namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>A statement.</summary>
/// <param name="Start">Where its text begins, in characters of the block.</param>
internal abstract record CodeStatement(int Start);

/// <summary><c>assert condition, message</c></summary>
/// <param name="Start">Of the keyword.</param>
/// <param name="Condition">What must hold.</param>
/// <param name="Text">The condition as written, on one line.</param>
/// <param name="Message">Evaluated only when the condition does not hold; may be null.</param>
internal sealed record AssertStatement(int Start, CodeExpression Condition, string Text, CodeExpression? Message) : CodeStatement(Start);

/// <summary><c>a = b, c = 1, 2</c>: one or several targets, each a name or names to unpack into.</summary>
internal sealed record AssignStatement(int Start, IReadOnlyList<CodeExpression> Targets, CodeExpression Value) : CodeStatement(Start);

/// <summary><c>a += 1</c></summary>
internal sealed record AugmentStatement(int Start, int OperatorStart, NameExpression Target, string Operator, CodeExpression Value)
    : CodeStatement(Start);

/// <summary><c>print x, y</c>, as Python 2 wrote it.</summary>
internal sealed record PrintStatement(int Start, IReadOnlyList<CodeExpression> Values) : CodeStatement(Start);

/// <summary>An expression for its effect: <c>print(x)</c>.</summary>
internal sealed record ExpressionStatement(int Start, CodeExpression Expression) : CodeStatement(Start);

/// <summary><c>if</c> with its <c>elif</c>s, each a condition and a suite, and what <c>else</c> says.</summary>
internal sealed record IfStatement(
    int Start, IReadOnlyList<(CodeExpression Condition, IReadOnlyList<CodeStatement> Body)> Branches, IReadOnlyList<CodeStatement> Else)
    : CodeStatement(Start);

/// <summary><c>while</c></summary>
internal sealed record WhileStatement(int Start, CodeExpression Condition, IReadOnlyList<CodeStatement> Body) : CodeStatement(Start);

/// <summary><c>for</c></summary>
internal sealed record ForStatement(int Start, CodeExpression Target, CodeExpression Sequence, IReadOnlyList<CodeStatement> Body)
    : CodeStatement(Start);

/// <summary><c>pass</c>, <c>break</c>, <c>continue</c></summary>
internal sealed record FlowStatement(int Start, string Keyword) : CodeStatement(Start);
