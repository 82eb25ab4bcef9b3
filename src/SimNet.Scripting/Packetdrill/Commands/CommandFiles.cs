namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>The files of the simulated machine. Paths are absolute and compared as they are.</summary>
internal abstract class CommandFiles
{
    /// <summary>The content of a file; null when there is none.</summary>
    public abstract byte[]? Read(string path);

    /// <summary>Makes a file, or replaces one.</summary>
    public abstract void Write(string path, byte[] content);

    /// <summary>Removes a file; false when there is none.</summary>
    public abstract bool Remove(string path);
}
