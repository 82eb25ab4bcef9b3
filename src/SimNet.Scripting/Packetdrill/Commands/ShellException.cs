namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Ends the commands; never leaves this namespace.</summary>
/// <param name="kind">Unsupported, or Failed for what a shell itself would not read.</param>
/// <param name="offset">Where, in characters of the text.</param>
/// <param name="message">One line; for Unsupported the name alone.</param>
internal sealed class ShellException(CommandOutcomeKind kind, int offset, string message) : Exception(message)
{
    public CommandOutcomeKind Kind { get; } = kind;

    public int Offset { get; } = offset;

    /// <summary>Something that a real shell or command has and that is missing here.</summary>
    public static ShellException Unsupported(int offset, string name) => new(CommandOutcomeKind.Unsupported, offset, name);

    /// <summary>A mistake.</summary>
    public static ShellException Wrong(int offset, string message) => new(CommandOutcomeKind.Failed, offset, message);
}
