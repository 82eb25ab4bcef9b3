using SimNet.Scripting.Packetdrill.Code;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>Single changes to the constants of a code block: numbers, and the names that stand for numbers.</summary>
internal static class CodeMutations
{
    // More than any field of TCP_INFO that a script bounds.
    private const string Far = "1000000000000";

    /// <summary>
    /// The changed texts, each with what the constant is: <c>exact</c>, <c>bound</c>, <c>mask</c>, <c>unequal</c>, <c>part</c>, or
    /// <c>value of NAME</c> where it is what a name gets.
    /// </summary>
    public static IEnumerable<(string Field, string Text)> Of(string text)
    {
        int skipped = text.Length - text.TrimStart(' ', '\t').Length;
        string code = text.Trim(' ', '\t');
        List<CodeToken> tokens = CodeLexer.Read(code);
        foreach ((CodeExpression constant, string role) in Operands(CodeParser.Parse(code)))
        {
            if (constant is NameExpression name && CodeNames.IsField(name.Name))
            {
                continue;
            }

            CodeToken token = tokens.Find(t => t.Start == constant.Start);
            string written = code[token.Start..token.End];
            string[] changes = role switch
            {
                "above" => [$"({written} - {Far})"],
                "below" => [$"({written} + {Far})"],
                _ => [$"({written} + 1)", $"({written} - 1)"],
            };
            foreach (string change in changes)
            {
                yield return (
                    role is "above" or "below" ? "bound" : role,
                    string.Concat(text.AsSpan(0, skipped + token.Start), change, text.AsSpan(skipped + token.End)));
            }
        }
    }

    /// <summary>The names, fields and others, that an equality of the block compares with something, themselves or in a sum.</summary>
    public static IReadOnlySet<string> NamesComparedExactly(string text) =>
        Operands(CodeParser.Parse(text.Trim(' ', '\t'))).Where(o => o.Role == "exact").Select(o => o.Operand).OfType<NameExpression>()
            .Select(n => n.Name).ToHashSet(StringComparer.Ordinal);

    // Where each number and name stands: above or below what it bounds, exactly against a value, or part of something else.
    private static IEnumerable<(CodeExpression Operand, string Role)> Operands(IEnumerable<CodeStatement> statements) => statements.SelectMany(s => s switch
    {
        AssertStatement assert => Walk(assert.Condition, "part"),
        AssignStatement { Targets: [NameExpression name] } assign => Walk(assign.Value, "value of " + name.Name),
        AssignStatement assign => Walk(assign.Value, "part"),
        AugmentStatement augment => Walk(augment.Value, "part"),
        IfStatement branch => branch.Branches.SelectMany(b => Walk(b.Condition, "part").Concat(Operands(b.Body))).Concat(Operands(branch.Else)),
        WhileStatement loop => Operands(loop.Body),
        ForStatement loop => Operands(loop.Body),
        _ => [],
    });

    private static IEnumerable<(CodeExpression Operand, string Role)> Walk(CodeExpression expression, string role)
    {
        switch (expression)
        {
            case ConstantExpression { Value: System.Numerics.BigInteger or double }:
                return [(expression, role)];
            case NameExpression:
                return [(expression, role)];
            case ComparisonExpression comparison:
                return Compared(comparison);
            case UnaryExpression unary:
                return Walk(unary.Operand, "part");
            case BinaryExpression binary:
                string inner = binary.Operator is "|" or "&" or "^" or "<<" or ">>" ? "mask"
                    : binary.Operator is "+" or "-" && role == "exact" ? role
                    : "part";
                return Walk(binary.Left, inner).Concat(Walk(binary.Right, inner));
            case LogicalExpression logical:
                return Walk(logical.Left, "part").Concat(Walk(logical.Right, "part"));
            case ConditionalExpression conditional:
                return Walk(conditional.Condition, "part").Concat(Walk(conditional.Then, "part")).Concat(Walk(conditional.Else, "part"));
            case SequenceExpression sequence:
                return sequence.Items.SelectMany(i => Walk(i, "part"));
            case CallExpression call:
                return call.Arguments.SelectMany(a => Walk(a, "part"));
            default:
                return [];
        }
    }

    private static IEnumerable<(CodeExpression Operand, string Role)> Compared(ComparisonExpression comparison)
    {
        List<(CodeExpression, string)> found = [];
        CodeExpression left = comparison.First;
        string before = "";
        foreach ((string sign, _, CodeExpression right) in comparison.Rest)
        {
            // What a constant on the left is to the sign on its right; in the middle of a chain both signs bind it.
            found.AddRange(Walk(left, before.Length > 0 ? "part" : Role(sign, isLeft: true)));
            (left, before) = (right, sign);
        }

        found.AddRange(Walk(left, Role(before, isLeft: false)));
        return found;
    }

    private static string Role(string sign, bool isLeft) => sign switch
    {
        "==" => "exact",
        "!=" => "unequal",
        "<" or "<=" => isLeft ? "below" : "above",
        ">" or ">=" => isLeft ? "above" : "below",
        _ => "part",
    };

    /// <summary>The names that a block asks for in what decides its verdict: not in the messages of assertions.</summary>
    public static IReadOnlySet<string> FieldsAsked(string text)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        string code = text.Trim(' ', '\t');
        List<CodeToken> tokens = CodeLexer.Read(code);
        // An assertion's message stands behind the first comma outside of brackets.
        bool inMessage = false;
        bool inAssert = false;
        int depth = 0;
        foreach (CodeToken token in tokens)
        {
            depth += token.Is("(") || token.Is("[") ? 1 : token.Is(")") || token.Is("]") ? -1 : 0;
            if (token.Kind is CodeTokenKind.NewLine || token.Is(";"))
            {
                (inMessage, inAssert) = (false, false);
            }

            inAssert |= token.Is("assert");
            inMessage |= inAssert && depth == 0 && token.Is(",");
            if (!inMessage && token.Kind is CodeTokenKind.Name)
            {
                names.Add(token.Text);
            }
        }

        return names;
    }
}
