namespace Scenarios.Testing;

/// <summary>What came of a script.</summary>
internal enum ScriptVerdictKind
{
    /// <summary>Every line held.</summary>
    Passed,

    /// <summary>A line did not hold.</summary>
    Failed,

    /// <summary>It is no script, or cannot be read; it was not run.</summary>
    Unreadable,
}
