namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>A word, an operator, or the end.</summary>
/// <param name="Operator">Empty for a word; <c>\n</c> for an end of line, <c>end</c> for the end of the text.</param>
/// <param name="Word">Null for an operator.</param>
/// <param name="Start">Where it begins, in characters of the text.</param>
/// <param name="Descriptor">Of a redirection; -1 otherwise.</param>
internal readonly record struct ShellToken(string Operator, ShellWord? Word, int Start, int Descriptor = -1);
