using SimNet.Scripting.Packetdrill.Commands;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>The simulated machine's files.</summary>
internal sealed class MachineFiles : CommandFiles
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override byte[]? Read(string path) => _files.GetValueOrDefault(path);

    /// <inheritdoc/>
    public override void Write(string path, byte[] content) => _files[path] = content;

    /// <inheritdoc/>
    public override bool Remove(string path) => _files.Remove(path);
}
