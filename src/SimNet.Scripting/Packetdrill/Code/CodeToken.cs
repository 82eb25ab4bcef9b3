namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>One lexical element.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A name, keyword or operator as written; empty otherwise.</param>
/// <param name="Value">A literal's value; null otherwise.</param>
/// <param name="Start">Where it begins, in characters of the block.</param>
/// <param name="End">Behind its last character.</param>
internal readonly record struct CodeToken(CodeTokenKind Kind, string Text, object? Value, int Start, int End)
{
    public bool Is(string text) => Kind is CodeTokenKind.Keyword or CodeTokenKind.Operator && Text == text;
}
