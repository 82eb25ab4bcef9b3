using System.Text;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's statements (language reference, chapters 7 and 8), as far as assertions over TCP_INFO go.</summary>
internal sealed partial class CodeParser
{
    private const int LongestSource = 200;

    private readonly string _text;
    private readonly List<CodeToken> _tokens;
    private int _at;
    private int _loops;

    private CodeParser(string text)
    {
        _text = text;
        _tokens = CodeLexer.Read(text);
    }

    private CodeToken Current => _tokens[_at];

    /// <summary>The statements of a block.</summary>
    /// <exception cref="CodeException">The text is not this subset of Python.</exception>
    public static IReadOnlyList<CodeStatement> Parse(string text)
    {
        CodeParser parser = new(text);
        List<CodeStatement> statements = [];
        while (parser.Current.Kind != CodeTokenKind.End)
        {
            parser.Line(statements);
        }

        return statements;
    }

    private CodeToken Take() => _tokens[_at++];

    private bool TryTake(string text)
    {
        if (!Current.Is(text))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string text, string where)
    {
        if (!TryTake(text))
        {
            throw Wrong($"; `{text}` is missing {where}");
        }
    }

    private CodeException Wrong(string what = "") => new(Current.Start, $"unexpected {Describe(Current)}{what}");

    private string Describe(CodeToken token) => token.Kind switch
    {
        CodeTokenKind.End => "end of the code",
        CodeTokenKind.NewLine => "end of line",
        CodeTokenKind.Indent => "indentation",
        CodeTokenKind.Dedent => "end of the indented lines",
        _ => $"`{Shorten(_text[token.Start..token.End])}`",
    };

    private static string Shorten(string text) => CodeValues.OneLine(text, 40);

    private static CodeException NotSupported(CodeToken token, string what) => new(CodeOutcomeKind.Unsupported, token.Start, what);

    private void Line(List<CodeStatement> to)
    {
        if (Current.Kind == CodeTokenKind.Indent)
        {
            throw new CodeException(Current.Start, "unexpected indentation");
        }

        if (Current.Is("if") || Current.Is("while") || Current.Is("for"))
        {
            to.Add(Compound());
            return;
        }

        SimpleLine(to);
    }

    // small { ; small } [;] NEWLINE
    private void SimpleLine(List<CodeStatement> to)
    {
        do
        {
            if (Current.Kind == CodeTokenKind.NewLine)
            {
                break;
            }

            to.Add(Small());
        }
        while (TryTake(";"));

        if (Current.Kind != CodeTokenKind.NewLine)
        {
            throw Wrong();
        }

        _at++;
    }

    private CodeStatement Compound()
    {
        CodeToken keyword = Take();
        EnterNesting(keyword);
        CodeStatement statement = keyword.Text switch
        {
            "if" => If(keyword),
            "while" => While(keyword),
            _ => For(keyword),
        };
        _nesting--;
        if (keyword.Text != "if" && Current.Is("else"))
        {
            throw NotSupported(Current, "`else` after a loop");
        }

        return statement;
    }

    private IfStatement If(CodeToken keyword)
    {
        List<(CodeExpression, IReadOnlyList<CodeStatement>)> branches = [];
        do
        {
            CodeExpression condition = Expression();
            branches.Add((condition, Suite()));
        }
        while (TryTake("elif"));
        return new IfStatement(keyword.Start, branches, TryTake("else") ? Suite() : []);
    }

    private WhileStatement While(CodeToken keyword)
    {
        CodeExpression condition = Expression();
        return new WhileStatement(keyword.Start, condition, LoopBody());
    }

    private ForStatement For(CodeToken keyword)
    {
        CodeExpression target = TargetList();
        CheckTarget(target);
        Expect("in", "behind the names of `for`");
        CodeExpression sequence = ExpressionList();
        return new ForStatement(keyword.Start, target, sequence, LoopBody());
    }

    private IReadOnlyList<CodeStatement> LoopBody()
    {
        _loops++;
        IReadOnlyList<CodeStatement> body = Suite();
        _loops--;
        return body;
    }

    private List<CodeStatement> Suite()
    {
        Expect(":", "before the statements");
        List<CodeStatement> body = [];
        if (Current.Kind != CodeTokenKind.NewLine)
        {
            SimpleLine(body);
            return body;
        }

        _at++;
        if (Current.Kind != CodeTokenKind.Indent)
        {
            throw new CodeException(Current.Start, "indented lines are missing behind `:`");
        }

        _at++;
        while (Current.Kind is not (CodeTokenKind.Dedent or CodeTokenKind.End))
        {
            Line(body);
        }

        if (Current.Kind == CodeTokenKind.Dedent)
        {
            _at++;
        }

        return body;
    }

    private CodeStatement Small()
    {
        CodeToken first = Current;
        if (first.Kind == CodeTokenKind.Keyword)
        {
            switch (first.Text)
            {
                case "assert":
                    return Assert();
                case "pass" or "break" or "continue":
                    _at++;
                    return first.Text == "pass" || _loops > 0
                        ? new FlowStatement(first.Start, first.Text)
                        : throw new CodeException(first.Start, $"`{first.Text}` outside a loop");
                case "and" or "or" or "in" or "is" or "as" or "elif" or "else" or "except" or "finally":
                    throw Wrong();
                case "not" or "True" or "False" or "None":
                    break;
                default:
                    throw NotSupported(first, $"`{first.Text}`");
            }
        }

        return IsOldPrint(first) ? OldPrint() : AssignmentOrExpression();
    }

    private AssertStatement Assert()
    {
        CodeToken keyword = Take();
        int first = _at;
        CodeExpression condition = Expression();
        string text = Source(first, _at);
        return new AssertStatement(keyword.Start, condition, text, TryTake(",") ? Expression() : null);
    }

    // Tokens on one line as they were written, but for what lies between them: a blank where there was something, else nothing.
    private string Source(int first, int end)
    {
        StringBuilder text = new();
        for (int i = first; i < end && text.Length <= LongestSource; i++)
        {
            CodeToken token = _tokens[i];
            text.Append(i > first && token.Start > _tokens[i - 1].End ? " " : "").Append(_text, token.Start, token.End - token.Start);
        }

        return CodeValues.OneLine(text.ToString(), LongestSource);
    }

    // Python 2: a name `print` with something behind it that is neither a call nor another use of the name.
    private bool IsOldPrint(CodeToken first)
    {
        CodeToken next = _tokens[Math.Min(_at + 1, _tokens.Count - 1)];
        return first is { Kind: CodeTokenKind.Name, Text: "print" } && next.Kind switch
        {
            CodeTokenKind.Name or CodeTokenKind.Integer or CodeTokenKind.Float or CodeTokenKind.String => true,
            CodeTokenKind.Keyword => next.Text is "not" or "True" or "False" or "None",
            CodeTokenKind.NewLine => true,
            _ => next.Is(";"),
        };
    }

    private PrintStatement OldPrint()
    {
        CodeToken keyword = Take();
        List<CodeExpression> values = [];
        while (Current.Kind != CodeTokenKind.NewLine && !Current.Is(";"))
        {
            values.Add(Expression());
            if (!TryTake(","))
            {
                break;
            }
        }

        return new PrintStatement(keyword.Start, values);
    }

    private CodeStatement AssignmentOrExpression()
    {
        int start = Current.Start;
        CodeExpression first = ExpressionList();
        CodeToken op = Current;
        if (op.Kind == CodeTokenKind.Operator && op.Text.Length > 1 && op.Text[^1] == '=' && op.Text is not ("==" or "!=" or "<=" or ">="))
        {
            return Augment(start, first);
        }

        if (!op.Is("="))
        {
            return new ExpressionStatement(start, first);
        }

        List<CodeExpression> targets = [];
        CodeExpression value = first;
        while (TryTake("="))
        {
            CheckTarget(value);
            targets.Add(value);
            value = ExpressionList();
        }

        return new AssignStatement(start, targets, value);
    }

    private AugmentStatement Augment(int start, CodeExpression target)
    {
        CodeToken op = Take();
        if (op.Text is ":=" or "@=")
        {
            throw NotSupported(op, $"`{op.Text}`");
        }

        if (target is not NameExpression name)
        {
            throw new CodeException(target.Start, $"`{op.Text}` needs a name on its left");
        }

        return new AugmentStatement(start, op.Start, name, op.Text[..^1], ExpressionList());
    }

    private static void CheckTarget(CodeExpression target)
    {
        switch (target)
        {
            case NameExpression:
                break;
            case SequenceExpression sequence:
                foreach (CodeExpression item in sequence.Items)
                {
                    CheckTarget(item);
                }

                break;
            case IndexExpression:
                throw new CodeException(CodeOutcomeKind.Unsupported, target.Start, "an assignment to an item");
            default:
                throw new CodeException(target.Start, "only a name can be assigned to; `==` compares");
        }
    }
}
