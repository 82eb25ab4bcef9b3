namespace SimNet.Scripting.Tests;

/// <summary>
/// The material that lies beside the repository, not in it: the environment variable SIM_SHARED, or the nearest folder
/// <c>shared</c> upwards of the repository.
/// </summary>
internal static class SharedFolder
{
    private static readonly string? Root = Find();

    /// <summary>The packetdrill scripts with their paths below their folder, in the order of these; none where they are absent.</summary>
    public static IReadOnlyList<string> Scripts { get; } = ListScripts();

    /// <summary>The text of one of <see cref="Scripts"/>.</summary>
    public static string ReadScript(string path) => File.ReadAllText(Path.Combine(Root!, "packetdrill", "google", path));

    /// <summary>Skips the calling test, and says why, where there are no scripts.</summary>
    public static void NeedScripts() => Assert.SkipWhen(Scripts.Count == 0, "no packetdrill scripts beside the repository (SIM_SHARED may say where)");

    /// <summary>The path of a kernel's capture; skips the calling test, and says why, where it is absent.</summary>
    public static string NeedCapture(string name)
    {
        string path = Path.Combine(Root ?? "", "captures", "linux-6.18", name);
        Assert.SkipUnless(File.Exists(path), $"no capture {name} beside the repository (SIM_SHARED may say where)");
        return path;
    }

    private static string[] ListScripts()
    {
        string folder = Path.Combine(Root ?? "", "packetdrill", "google");
        return Root is null || !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateFiles(folder, "*.pkt", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)];
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("SIM_SHARED") is { Length: > 0 } named)
        {
            return named;
        }

        for (DirectoryInfo? folder = new(Repository.Root); folder is not null; folder = folder.Parent)
        {
            string shared = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(shared))
            {
                return shared;
            }
        }

        return null;
    }
}
