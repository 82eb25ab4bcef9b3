namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>The global names of one script's code blocks: what one block assigns, a later one reads.</summary>
internal sealed class CodeScope
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    internal bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? value) =>
        _values.TryGetValue(name, out value);

    internal void Set(string name, object value) => _values[name] = value;

    /// <summary>Before each block TCP_INFO's names and the constants get their values anew, whatever an earlier block made of them.</summary>
    internal void ForgetGivenNames()
    {
        foreach (string name in CodeNames.Given)
        {
            _values.Remove(name);
        }
    }
}
