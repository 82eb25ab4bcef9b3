using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Commands;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>The simulated machine's files as its commands see them: the same that its calls open.</summary>
internal sealed class MachineFiles(VirtualFiles files) : CommandFiles
{
    /// <inheritdoc/>
    public override byte[]? Read(string path)
    {
        if (files.Find(path) is not { } file)
        {
            return null;
        }

        byte[] content = new byte[file.Length];
        file.Read(0, content);
        return content;
    }

    /// <inheritdoc/>
    public override void Write(string path, byte[] content)
    {
        VirtualFile file = files.Create(path);
        file.SetLength(0);
        file.TryWrite(0, content);
    }

    /// <inheritdoc/>
    public override bool Remove(string path) => files.Remove(path);
}
