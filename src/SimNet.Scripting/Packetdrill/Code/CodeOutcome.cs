namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>How a code block ended.</summary>
/// <param name="Kind">What a verdict makes of it.</param>
/// <param name="Message">One line, for example <c>assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9</c>; empty when it passed.</param>
/// <param name="Position">Of the statement that ended the block; the block's own when it passed.</param>
/// <param name="Output">What it printed, each line with its end.</param>
internal sealed record CodeOutcome(CodeOutcomeKind Kind, string Message, SourcePosition Position, string Output)
{
    /// <summary>True when the script goes on.</summary>
    public bool IsSuccess => Kind == CodeOutcomeKind.Passed;
}
