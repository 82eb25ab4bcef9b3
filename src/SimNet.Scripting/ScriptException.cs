namespace SimNet.Scripting;

/// <summary>A script that cannot be run, with every mistake found in it.</summary>
public sealed class ScriptException(IReadOnlyList<ScriptError> errors) : Exception(string.Join('\n', errors))
{
    /// <summary>In the order of the file; at least one.</summary>
    public IReadOnlyList<ScriptError> Errors { get; } = errors;
}
