using SimNet.Scripting.Yaml;

namespace Scenarios.Testing;

/// <summary>Finds the scripts that paths mean.</summary>
internal static class ScriptFiles
{
    /// <summary>What scripts in folders end with.</summary>
    public const string Extension = ".pkt";

    /// <summary>
    /// The scripts in the order of the paths, those of a folder in ordinal order of their way from there; one that is meant twice is taken
    /// once. Folders are searched to the bottom; links to other folders are not followed.
    /// </summary>
    /// <exception cref="SimException">A path is not there, cannot be read, or is a folder without scripts.</exception>
    public static IReadOnlyList<ScriptFile> Find(IReadOnlyList<string> paths)
    {
        var files = new List<ScriptFile>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var stems = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string path in paths)
        {
            foreach ((string name, string fullPath, string way) in Of(path))
            {
                if (seen.Add(fullPath))
                {
                    files.Add(new ScriptFile(name, fullPath, Free(Path.ChangeExtension(way, null), stems)));
                }
            }
        }

        return files;
    }

    private static IEnumerable<(string Name, string FullPath, string Way)> Of(string path)
    {
        if (Directory.Exists(path))
        {
            return InFolder(path);
        }

        return File.Exists(path)
            ? [(path, Path.GetFullPath(path), WayOf(path))]
            : throw SimException.BadRequest($"sim test: {path}: there is no such file or folder{Nearby(path)}");
    }

    private static (string Name, string FullPath, string Way)[] InFolder(string folder)
    {
        var ways = new List<string>();
        try
        {
            Collect(folder, "", ways);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SimException.BadRequest($"sim test: {folder}: cannot be searched: {exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }

        if (ways.Count == 0)
        {
            throw SimException.BadRequest($"sim test: {folder}: there is no script in this folder; their names end with {Extension}");
        }

        ways.Sort(StringComparer.Ordinal);
        return [.. ways.Select(way => (Path.Combine(folder, way), Path.GetFullPath(Path.Combine(folder, way)), way))];
    }

    private static void Collect(string folder, string way, List<string> ways)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            // A slash on every system, so that the order is the same.
            string here = way.Length == 0 ? entry.Name : $"{way}/{entry.Name}";
            if (entry is DirectoryInfo)
            {
                // A link may lead back to where the search came from.
                if (entry.LinkTarget is null)
                {
                    Collect(entry.FullName, here, ways);
                }
            }
            else if (entry.Name.EndsWith(Extension, StringComparison.Ordinal))
            {
                ways.Add(here);
            }
        }
    }

    /// <summary>Below the output folder, whatever the path: nothing leads out of it.</summary>
    private static string WayOf(string path)
    {
        string root = Path.GetPathRoot(path) ?? "";
        string[] parts = [.. path[root.Length..].Split('/', Path.DirectorySeparatorChar).Where(p => p is not ("" or "." or ".."))];
        return root.Length > 0 ? parts[^1] : string.Join('/', parts);
    }

    private static string Free(string stem, HashSet<string> taken)
    {
        string free = stem;
        for (int i = 2; !taken.Add(free); i++)
        {
            free = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{stem}-{i}");
        }

        return free;
    }

    private static string Nearby(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        if (!Directory.Exists(folder))
        {
            return "";
        }

        try
        {
            string[] names = [.. Directory.EnumerateFileSystemEntries(folder).Take(1000).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
            return Suggestions.Nearest(Path.GetFileName(path), names) is { } near ? $"; did you mean `{near}`?" : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
