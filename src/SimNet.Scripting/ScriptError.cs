namespace SimNet.Scripting;

/// <summary>One mistake in a script: where, what was found, and what would be right.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Column">Column, counted from 1.</param>
/// <param name="Message">One line.</param>
public sealed record ScriptError(string File, int Line, int Column, string Message)
{
    internal ScriptError(SourcePosition position, string message)
        : this(position.File ?? "", position.Line, position.Column, message)
    {
    }

    /// <summary><c>file:line:column: message</c>.</summary>
    public override string ToString() => Line > 0 ? $"{File}:{Line}:{Column}: {Message}" : File.Length > 0 ? $"{File}: {Message}" : Message;
}
