namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>
/// The commands of a packetdrill script, between backquotes: a small part of the shell and a fixed set of programs, which act on the
/// simulated machine. What is not recognised is refused by its name; nothing ever runs on the real machine.
/// </summary>
internal static class ShellCommands
{
    /// <summary>Runs commands.</summary>
    /// <param name="text">What lies between the backquotes.</param>
    /// <param name="start">Of the text's first character.</param>
    /// <param name="target">The machine.</param>
    /// <returns>Succeeded when the last command's exit status is 0, as the real tool has it.</returns>
    public static CommandOutcome Run(string text, SourcePosition start, CommandTarget target)
    {
        ShellRun run = new(target);
        try
        {
            int status = run.Run(text);
            return status == 0
                ? new CommandOutcome(CommandOutcomeKind.Succeeded, "", start, run.Transcript)
                : new CommandOutcome(CommandOutcomeKind.Failed, Failure(text, run, status), Place(text, run.LastStart, start), run.Transcript);
        }
        catch (ShellException stopped)
        {
            string message = stopped.Kind == CommandOutcomeKind.Unsupported ? NotSupported(stopped.Message) : stopped.Message;
            return new CommandOutcome(stopped.Kind, message, Place(text, stopped.Offset, start), run.Transcript);
        }
    }

    private static string NotSupported(string name) =>
        name.Contains("not supported", StringComparison.Ordinal) ? name : $"{name} is not supported yet";

    // The command that decided, its status, and what it said last.
    private static string Failure(string text, ShellRun run, int status)
    {
        string said = run.LastErrors.TrimEnd('\n');
        string command = Code.CodeValues.OneLine(text[run.LastStart..run.LastEnd].Trim(), 120);
        return $"command `{command}` ended with status {status}{(said.Length == 0 ? "" : $": {Code.CodeValues.OneLine(said, 200)}")}";
    }

    private static SourcePosition Place(string text, int offset, SourcePosition start)
    {
        int at = Math.Clamp(offset, 0, text.Length);
        int lines = text.AsSpan(0, at).Count('\n');
        int column = lines == 0 ? start.Column + at : at - text.LastIndexOf('\n', Math.Max(0, at - 1));
        return new SourcePosition(start.File, start.Line + lines, column);
    }
}
