namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Where a command's input comes from or its output goes.</summary>
/// <param name="Descriptor">0, 1 or 2.</param>
/// <param name="Operator"><c>&lt;</c>, <c>&gt;</c>, <c>&gt;&gt;</c> or <c>&gt;&amp;</c>.</param>
/// <param name="Target">A file, or behind <c>&gt;&amp;</c> a descriptor.</param>
internal sealed record ShellRedirection(int Descriptor, string Operator, ShellWord Target);
