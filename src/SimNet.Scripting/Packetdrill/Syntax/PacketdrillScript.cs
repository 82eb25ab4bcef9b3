namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Anything that was written in a script.</summary>
/// <param name="Position">Where its first character stands.</param>
internal abstract record SyntaxNode(SourcePosition Position);

/// <summary>
/// A packetdrill script as it is written, with its macros already put in: options, at most one command before the first event, the
/// events, at most one command after the last. Nothing in it depends on the IP version, which the caller chooses.
/// </summary>
/// <param name="Position">The beginning of the file.</param>
/// <param name="Options">In the order of the file; see <see cref="ScriptOption"/>.</param>
/// <param name="InitialCommand">The command in backquotes before the first event, which has no time.</param>
/// <param name="Events">In the order of the file; at least one.</param>
/// <param name="CleanupCommand">The command in backquotes after the last event, run however the script ends.</param>
internal sealed record PacketdrillScript(
    SourcePosition Position,
    IReadOnlyList<ScriptOption> Options,
    SourceText? InitialCommand,
    IReadOnlyList<ScriptEvent> Events,
    SourceText? CleanupCommand) : SyntaxNode(Position)
{
    /// <summary>The last option of this name, which is the one that counts; none: null.</summary>
    public ScriptOption? FindOption(string name) => Options.LastOrDefault(option => option.Name == name);
}

/// <summary>
/// An option before the first event: <c>--mss=1000</c>. The name is one that the language knows, and it has a value exactly where it
/// takes one; what the value means is not looked at.
/// </summary>
/// <param name="Position">Of the first dash.</param>
/// <param name="Name">Without dashes: <c>tolerance_usecs</c>. A macro, <c>-D NAME=value</c> too, is <c>define</c>.</param>
/// <param name="Value">What stands behind the equals sign, without quotes; a macro's is <c>NAME=value</c>, quotes kept. Null for a switch.</param>
/// <param name="ValuePosition">Of the value's first character; of the option where it has none.</param>
internal sealed record ScriptOption(SourcePosition Position, string Name, string? Value, SourcePosition ValuePosition) : SyntaxNode(Position);

/// <summary>The text of a command or code block, exactly as it stands between its marks: white space and backslashes are kept.</summary>
/// <param name="Position">Of the first character between the marks, so that errors inside can be placed.</param>
/// <param name="Text">May have several lines.</param>
internal sealed record SourceText(SourcePosition Position, string Text) : SyntaxNode(Position);
