namespace SimNet.Scripting.Packetdrill.Reports;

/// <summary>What became of one script.</summary>
internal enum ScriptOutcome
{
    /// <summary>Every line held.</summary>
    Passed,

    /// <summary>A line did not hold.</summary>
    Failed,

    /// <summary>It asks for something that is not supported, by name; counts as failed.</summary>
    Unsupported,

    /// <summary>It could not be read, and was not run.</summary>
    Broken,
}
