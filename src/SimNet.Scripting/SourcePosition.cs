namespace SimNet.Scripting;

/// <summary>A place in a script.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Column">Column, counted from 1.</param>
public readonly record struct SourcePosition(string File, int Line, int Column)
{
    /// <summary>For scenarios built in C#, which have no line.</summary>
    public static readonly SourcePosition None;

    /// <summary>True when this is a place in a file.</summary>
    public bool IsKnown => Line > 0;

    /// <summary><c>file:line:column</c>, or just the file where there is no line.</summary>
    public override string ToString() => IsKnown ? $"{File}:{Line}:{Column}" : File ?? "";

    /// <summary><c>file:line</c>, as verdicts show it.</summary>
    public string ToShortString() => IsKnown ? $"{File}:{Line}" : File ?? "";
}
