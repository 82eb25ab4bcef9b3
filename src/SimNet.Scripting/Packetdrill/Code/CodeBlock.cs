namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>
/// A code block of a packetdrill script, <c>%{ … }%</c>: Python over the fields of TCP_INFO. All blocks of a script are one program:
/// what one assigns, a later one reads. Statements: assert, assignments, print, if, while, for; expressions with numbers, strings,
/// tuples and lists, with Python 3's meaning.
/// </summary>
internal sealed class CodeBlock
{
    private readonly IReadOnlyList<CodeStatement> _statements;
    private readonly CodePlace _place;
    private readonly CodeException? _refusal;

    private CodeBlock(IReadOnlyList<CodeStatement> statements, CodePlace place, CodeException? refusal)
    {
        _statements = statements;
        _place = place;
        _refusal = refusal;
    }

    /// <summary>Reads a block. One with more of Python than is supported is refused when it is run.</summary>
    /// <param name="text">What lies between <c>%{</c> and <c>}%</c>; blanks at both ends are not part of it.</param>
    /// <param name="start">Of the text's first character.</param>
    /// <exception cref="ScriptException">It is not Python.</exception>
    public static CodeBlock Parse(string text, SourcePosition start)
    {
        CodePlace place = new(text, start);
        try
        {
            return new CodeBlock(CodeParser.Parse(place.Code), place, refusal: null);
        }
        catch (CodeException wrong)
        {
            return wrong.Kind == CodeOutcomeKind.Unsupported
                ? new CodeBlock([], place, wrong)
                : throw new ScriptException([new ScriptError(place.Of(wrong.Offset), $"code block: {wrong.Message}")]);
        }
    }

    /// <summary>Runs it.</summary>
    /// <param name="scope">The global names of the script's blocks.</param>
    /// <param name="lookup">What the socket under test tells now.</param>
    public CodeOutcome Run(CodeScope scope, CodeLookup lookup)
    {
        if (_refusal is not null)
        {
            return new CodeOutcome(_refusal.Kind, $"{_refusal.Message} in a code block is not supported yet", _place.Of(_refusal.Offset), "");
        }

        CodeEvaluator evaluator = new(scope, lookup);
        scope.ForgetGivenNames();
        try
        {
            evaluator.Run(_statements);
        }
        catch (CodeException wrong)
        {
            return new CodeOutcome(wrong.Kind, wrong.Message, _place.Of(wrong.Offset), evaluator.Output);
        }

        return new CodeOutcome(CodeOutcomeKind.Passed, "", _place.Of(0), evaluator.Output);
    }
}
