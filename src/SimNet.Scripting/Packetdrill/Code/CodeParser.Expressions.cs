namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's expressions (language reference, chapter 6), lowest precedence first.</summary>
internal sealed partial class CodeParser
{
    private const int DeepestNesting = 60;
    private const int DeepestExpression = 300;

    // From weakest to strongest; all are left-associative.
    private static readonly string[][] BinaryLevels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%", "@"]];

    private int _nesting;

    private void EnterNesting(CodeToken at)
    {
        if (++_nesting > DeepestNesting)
        {
            throw new CodeException(at.Start, $"more than {DeepestNesting} levels of nesting");
        }
    }

    private static T Bounded<T>(T expression)
        where T : CodeExpression =>
        expression.Depth <= DeepestExpression
            ? expression
            : throw new CodeException(expression.Start, $"an expression of more than {DeepestExpression} operators below one another");

    // a, b  is a tuple; so is  a,
    private CodeExpression ExpressionList()
    {
        int start = Current.Start;
        CodeExpression first = Expression();
        if (!Current.Is(","))
        {
            return first;
        }

        List<CodeExpression> items = [first];
        while (TryTake(",") && CanBeginExpression())
        {
            items.Add(Expression());
        }

        return Bounded(new SequenceExpression(start, true, items));
    }

    private bool CanBeginExpression() => Current.Kind switch
    {
        CodeTokenKind.Name or CodeTokenKind.Integer or CodeTokenKind.Float or CodeTokenKind.String => true,
        CodeTokenKind.Keyword => Current.Text is "not" or "True" or "False" or "None" or "lambda" or "await" or "yield",
        CodeTokenKind.Operator => Current.Text is "(" or "[" or "{" or "-" or "+" or "~" or "..." or "*",
        _ => false,
    };

    // The names of `for`: no comparison, so that `in` ends them.
    private CodeExpression TargetList()
    {
        int start = Current.Start;
        List<CodeExpression> items = [Binary(0)];
        bool isTuple = false;
        while (TryTake(","))
        {
            isTuple = true;
            if (Current.Is("in"))
            {
                break;
            }

            items.Add(Binary(0));
        }

        return isTuple ? Bounded(new SequenceExpression(start, true, items)) : items[0];
    }

    private CodeExpression Expression()
    {
        CodeToken start = Current;
        EnterNesting(start);
        CodeExpression value = Or();
        if (TryTake("if"))
        {
            CodeExpression condition = Or();
            Expect("else", "behind `… if …`");
            value = Bounded(new ConditionalExpression(start.Start, condition, value, Expression()));
        }

        if (Current.Is(":="))
        {
            throw NotSupported(Current, "`:=`");
        }

        _nesting--;
        return value;
    }

    private CodeExpression Or()
    {
        CodeExpression left = And();
        while (TryTake("or"))
        {
            left = Bounded(new LogicalExpression(left.Start, false, left, And()));
        }

        return left;
    }

    private CodeExpression And()
    {
        CodeExpression left = Not();
        while (TryTake("and"))
        {
            left = Bounded(new LogicalExpression(left.Start, true, left, Not()));
        }

        return left;
    }

    private CodeExpression Not()
    {
        CodeToken start = Current;
        if (!TryTake("not"))
        {
            return Comparison();
        }

        EnterNesting(start);
        CodeExpression operand = Not();
        _nesting--;
        return Bounded(new UnaryExpression(start.Start, "not", operand));
    }

    private CodeExpression Comparison()
    {
        CodeExpression first = Binary(0);
        List<(string, int, CodeExpression)> rest = [];
        while (ComparisonOperator() is { } op)
        {
            rest.Add((op.Text, op.At, Binary(0)));
        }

        return rest.Count == 0 ? first : Bounded(new ComparisonExpression(first.Start, first, rest));
    }

    private (string Text, int At)? ComparisonOperator()
    {
        CodeToken token = Current;
        if (token.Is("<>"))
        {
            throw new CodeException(token.Start, "`<>` is Python 2; `!=` would be right");
        }

        if (token.Is("not") && _tokens[_at + 1].Is("in"))
        {
            _at += 2;
            return ("not in", token.Start);
        }

        if (TryTake("is"))
        {
            return (TryTake("not") ? "is not" : "is", token.Start);
        }

        if (token.Is("in") || token.Is("<") || token.Is(">") || token.Is("<=") || token.Is(">=") || token.Is("==") || token.Is("!="))
        {
            _at++;
            return (token.Text, token.Start);
        }

        return null;
    }

    private CodeExpression Binary(int level)
    {
        if (level == BinaryLevels.Length)
        {
            return Unary();
        }

        CodeExpression left = Binary(level + 1);
        while (Current.Kind == CodeTokenKind.Operator && BinaryLevels[level].Contains(Current.Text))
        {
            CodeToken op = Take();
            if (op.Text == "@")
            {
                throw NotSupported(op, "`@`");
            }

            left = Bounded(new BinaryExpression(left.Start, op.Start, op.Text, left, Binary(level + 1)));
        }

        return left;
    }

    private CodeExpression Unary()
    {
        CodeToken op = Current;
        if (!op.Is("-") && !op.Is("+") && !op.Is("~"))
        {
            return Power();
        }

        _at++;
        EnterNesting(op);
        CodeExpression operand = Unary();
        _nesting--;
        return Bounded(new UnaryExpression(op.Start, op.Text, operand));
    }

    // -2 ** -2 is -(2 ** (-2)); the operator associates to the right.
    private CodeExpression Power()
    {
        CodeExpression left = Primary();
        CodeToken op = Current;
        if (!TryTake("**"))
        {
            return left;
        }

        EnterNesting(op);
        CodeExpression right = Unary();
        _nesting--;
        return Bounded(new BinaryExpression(left.Start, op.Start, "**", left, right));
    }

    private CodeExpression Primary()
    {
        int start = Current.Start;
        CodeExpression value = Atom();
        while (true)
        {
            CodeToken token = Current;
            if (TryTake("("))
            {
                value = Bounded(new CallExpression(start, value, Arguments()));
            }
            else if (TryTake("["))
            {
                value = Bounded(new IndexExpression(start, value, Index()));
            }
            else if (token.Is("."))
            {
                throw NotSupported(token, $"the attribute `.{Shorten(_text[_tokens[_at + 1].Start.._tokens[_at + 1].End])}`");
            }
            else
            {
                return value;
            }
        }
    }

    private List<CodeExpression> Arguments()
    {
        List<CodeExpression> arguments = [];
        while (!TryTake(")"))
        {
            if (Current.Is("*") || Current.Is("**"))
            {
                throw NotSupported(Current, $"an argument with `{Current.Text}`");
            }

            CodeToken start = Current;
            arguments.Add(Expression());
            if (Current.Is("="))
            {
                throw NotSupported(start, $"the named argument `{Shorten(_text[start.Start..start.End])}=`");
            }

            RefuseComprehension();
            if (!Current.Is(")"))
            {
                Expect(",", "between arguments");
            }
        }

        return arguments;
    }

    private CodeExpression Index()
    {
        if (Current.Is(":"))
        {
            throw NotSupported(Current, "a slice");
        }

        CodeExpression index = ExpressionList();
        if (Current.Is(":"))
        {
            throw NotSupported(Current, "a slice");
        }

        Expect("]", "behind the index");
        return index;
    }

    private void RefuseComprehension()
    {
        if (Current.Is("for") || Current.Is("async"))
        {
            throw NotSupported(Current, "a comprehension");
        }
    }

    private CodeExpression Atom()
    {
        CodeToken token = Current;
        switch (token.Kind)
        {
            case CodeTokenKind.Name:
                _at++;
                return new NameExpression(token.Start, token.Text);
            case CodeTokenKind.Integer or CodeTokenKind.Float:
                _at++;
                return new ConstantExpression(token.Start, token.Value!);
            case CodeTokenKind.String:
                return new ConstantExpression(token.Start, Strings());
            case CodeTokenKind.Keyword:
                return Word(token);
            case CodeTokenKind.Operator when token.Text is "(" or "[":
                _at++;
                return token.Text == "(" ? Parenthesis(token) : List(token);
            case CodeTokenKind.Operator when token.Text is "{" or "..." or "*":
                throw NotSupported(token, $"`{token.Text}` here");
            default:
                throw Wrong("; a value is missing");
        }
    }

    // Neighbouring literals are one string.
    private string Strings()
    {
        string value = "";
        int start = Current.Start;
        while (Current.Kind == CodeTokenKind.String)
        {
            value += (string)Take().Value!;
            if (value.Length > CodeValues.LongestText)
            {
                throw new CodeException(start, $"a string of more than {CodeValues.LongestText} characters");
            }
        }

        return value;
    }

    private ConstantExpression Word(CodeToken token)
    {
        object? value = token.Text switch
        {
            "True" => true,
            "False" => false,
            "None" => CodeNone.Value,
            "lambda" or "await" or "yield" => throw NotSupported(token, $"`{token.Text}`"),
            _ => throw Wrong("; a value is missing"),
        };
        _at++;
        return new ConstantExpression(token.Start, value);
    }

    private CodeExpression Parenthesis(CodeToken open)
    {
        if (TryTake(")"))
        {
            return new SequenceExpression(open.Start, true, []);
        }

        CodeExpression value = ExpressionList();
        RefuseComprehension();
        Expect(")", "for the `(` before");
        return value;
    }

    private SequenceExpression List(CodeToken open)
    {
        List<CodeExpression> items = [];
        while (!TryTake("]"))
        {
            items.Add(Expression());
            RefuseComprehension();
            if (!Current.Is("]"))
            {
                Expect(",", "between the items of a list");
            }
        }

        return Bounded(new SequenceExpression(open.Start, false, items));
    }
}
