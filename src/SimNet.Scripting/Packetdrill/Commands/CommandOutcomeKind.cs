namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>How commands end.</summary>
internal enum CommandOutcomeKind
{
    /// <summary>The last command's exit status is 0.</summary>
    Succeeded,

    /// <summary>The last command's exit status is not 0.</summary>
    Failed,

    /// <summary>Something was asked that is not supported; the message is its name and why.</summary>
    Unsupported,
}
