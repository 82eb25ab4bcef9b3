namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>The lexical elements of Python.</summary>
internal enum CodeTokenKind
{
    Name,
    Keyword,
    Integer,
    Float,
    String,
    Operator,
    NewLine,
    Indent,
    Dedent,
    End,
}
