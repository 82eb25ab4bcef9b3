namespace SimNet.Scripting.Yaml;

/// <summary>The mistakes found so far.</summary>
internal sealed class ErrorList
{
    private readonly List<ScriptError> _errors = [];

    public int Count => _errors.Count;

    public void Add(SourcePosition position, string message) => _errors.Add(new ScriptError(position, message));

    /// <summary>In the order of the file, each once.</summary>
    public IReadOnlyList<ScriptError> Sorted() =>
        [.. _errors.Distinct().OrderBy(e => e.Line).ThenBy(e => e.Column)];
}
