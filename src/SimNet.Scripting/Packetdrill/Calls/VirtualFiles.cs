namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>
/// The file names of the simulated machine: what commands of a script create (<c>dd of=…</c>) and its calls open. Nothing of it is
/// on the disk of the machine that runs the script.
/// </summary>
internal sealed class VirtualFiles
{
    private readonly SortedDictionary<string, VirtualFile> _files = new(StringComparer.Ordinal);

    /// <summary>All names, sorted.</summary>
    public IEnumerable<string> Names => _files.Keys;

    /// <summary>The file of that name, or null.</summary>
    public VirtualFile? Find(string path) => _files.GetValueOrDefault(Normalize(path));

    /// <summary>The file of that name, made empty if it is not there.</summary>
    public VirtualFile Create(string path)
    {
        string name = Normalize(path);
        if (!_files.TryGetValue(name, out VirtualFile? file))
        {
            _files[name] = file = new VirtualFile();
        }

        return file;
    }

    /// <summary>Removes the name; whoever has the file open keeps it. False when there is none.</summary>
    public bool Remove(string path) => _files.Remove(Normalize(path));

    /// <summary>One name for one file: absolute (a relative one is below <c>/</c>), without <c>.</c>, <c>..</c> and empty parts.</summary>
    public static string Normalize(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case "..":
                    if (parts.Count > 0)
                    {
                        parts.RemoveAt(parts.Count - 1);
                    }

                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return "/" + string.Join('/', parts);
    }
}
