namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Python's <c>None</c>.</summary>
internal sealed class CodeNone
{
    public static readonly CodeNone Value = new();

    private CodeNone()
    {
    }
}
