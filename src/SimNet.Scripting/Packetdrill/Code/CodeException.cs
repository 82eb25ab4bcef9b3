namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Ends a block's evaluation; never leaves this namespace.</summary>
internal sealed class CodeException(CodeOutcomeKind kind, int offset, string message) : Exception(message)
{
    public CodeException(int offset, string message)
        : this(CodeOutcomeKind.Failed, offset, message)
    {
    }

    public CodeOutcomeKind Kind { get; } = kind;

    /// <summary>Where, counted in characters from the block's beginning.</summary>
    public int Offset { get; } = offset;
}
