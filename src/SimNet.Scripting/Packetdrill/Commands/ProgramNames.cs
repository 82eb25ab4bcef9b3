namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>Which program a path names.</summary>
internal static class ProgramNames
{
    /// <summary>What sets a machine up before a script, wherever the suite lies.</summary>
    public const string Defaults = "common/defaults.sh";

    /// <summary>What sets sysctls and leaves a script that restores them.</summary>
    public const string SetSysctls = "set_sysctls.py";

    private static readonly string[] Folders = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"];

    /// <summary>The name alone for a path in a folder of programs; the two scripts of the suite by theirs; any other path as it is.</summary>
    public static string Of(string path)
    {
        foreach (string known in (string[])[Defaults, SetSysctls])
        {
            if (path == known || path.EndsWith("/" + known, StringComparison.Ordinal))
            {
                return known;
            }
        }

        foreach (string folder in Folders)
        {
            if (path.StartsWith(folder, StringComparison.Ordinal) && path.LastIndexOf('/') == folder.Length - 1)
            {
                return path[folder.Length..];
            }
        }

        return path;
    }
}
