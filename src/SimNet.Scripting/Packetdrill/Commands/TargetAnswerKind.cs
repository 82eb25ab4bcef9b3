namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>How the machine takes a change.</summary>
internal enum TargetAnswerKind
{
    /// <summary>Made.</summary>
    Done,

    /// <summary>What was named does not exist.</summary>
    Unknown,

    /// <summary>It exists and does not allow this.</summary>
    Refused,

    /// <summary>Linux would; the machine lacks it.</summary>
    Unsupported,
}
