namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>A piece of a word.</summary>
/// <param name="Text">The text itself, or a variable's name.</param>
/// <param name="IsVariable">True for <c>$NAME</c>, <c>${NAME}</c>, <c>$?</c>, <c>$$</c>.</param>
/// <param name="IsQuoted">True within quotes: a variable's value is then not split into words.</param>
internal readonly record struct ShellWordPart(string Text, bool IsVariable, bool IsQuoted);
