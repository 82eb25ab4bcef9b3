namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>How the commands of one pair of backquotes ended.</summary>
/// <param name="Kind">What a verdict makes of it.</param>
/// <param name="Message">One line for a failure; empty otherwise.</param>
/// <param name="Position">Of the command that decided.</param>
/// <param name="Output">What went to standard output and standard error, in order.</param>
internal sealed record CommandOutcome(CommandOutcomeKind Kind, string Message, SourcePosition Position, string Output)
{
    /// <summary>True when the script goes on.</summary>
    public bool IsSuccess => Kind == CommandOutcomeKind.Succeeded;
}
