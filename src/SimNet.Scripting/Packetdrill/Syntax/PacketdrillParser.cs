namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Reads packetdrill scripts.</summary>
internal static class PacketdrillParser
{
    /// <summary>Parses a script.</summary>
    /// <param name="text">The whole script.</param>
    /// <param name="fileName">For positions in errors and in the tree.</param>
    /// <param name="macros">
    /// Values for names, as the option <c>-D NAME=value</c> gives them: a word, a number, a string in double quotes, a command in
    /// backquotes, or several of these. The script's own definitions win.
    /// </param>
    /// <exception cref="ScriptException">The script is wrong; says where, what was found and what would be right.</exception>
    public static PacketdrillScript Parse(string text, string fileName, IReadOnlyDictionary<string, string> macros) =>
        new ScriptReader(text, fileName, macros).Read();
}
