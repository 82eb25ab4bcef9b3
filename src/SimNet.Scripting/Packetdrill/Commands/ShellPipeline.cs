namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Commands joined by <c>|</c>, and how they follow what was before.</summary>
/// <param name="Start">Where it begins, in characters of the text.</param>
/// <param name="Connector"><c>;</c>, <c>&amp;&amp;</c> or <c>||</c>.</param>
/// <param name="IsNegated">True behind <c>!</c>.</param>
/// <param name="Commands">At least one.</param>
internal sealed record ShellPipeline(int Start, string Connector, bool IsNegated, IReadOnlyList<ShellCommand> Commands);
