namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>A word of a command before its variables are known.</summary>
/// <param name="Start">Where it begins, in characters of the text.</param>
/// <param name="Parts">In order; at least one.</param>
internal sealed record ShellWord(int Start, IReadOnlyList<ShellWordPart> Parts)
{
    /// <summary>The text when nothing in it is quoted or a variable; null otherwise.</summary>
    public string? Plain => Parts is [{ IsQuoted: false, IsVariable: false } only] ? only.Text : null;
}
