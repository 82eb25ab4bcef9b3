namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>How a code block ends.</summary>
internal enum CodeOutcomeKind
{
    /// <summary>It ran to its end.</summary>
    Passed,

    /// <summary>An assertion failed, or the code made a mistake.</summary>
    Failed,

    /// <summary>It asked for something that is not supported.</summary>
    Unsupported,
}
