namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>One command of a pipeline.</summary>
/// <param name="Start">Where it begins, in characters of the text.</param>
/// <param name="Assignments"><c>NAME=value</c> before it.</param>
/// <param name="Words">Its name and arguments; may be empty when there are assignments or redirections.</param>
/// <param name="Redirections">In order.</param>
internal sealed record ShellCommand(
    int Start,
    IReadOnlyList<(string Name, ShellWord Value)> Assignments,
    IReadOnlyList<ShellWord> Words,
    IReadOnlyList<ShellRedirection> Redirections);
