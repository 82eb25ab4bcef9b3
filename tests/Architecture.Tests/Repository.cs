using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Architecture.Tests;

/// <summary>Where the repository is and which files belong to it.</summary>
internal static class Repository
{
    /// <summary>The folder of Simulator.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary><c>Release</c> or <c>Debug</c>: the configuration that these tests were built with.</summary>
    public static string Configuration { get; } =
        new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    public static string PathOf(string relative) => Path.Combine(Root, relative.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Path from the root, with forward slashes.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Files below a folder that match a pattern, build output aside, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        string start = PathOf(folder);
        if (!Directory.Exists(start))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(IsOutput))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Every file that git knows or would add; build output and whatever is ignored stay out.</summary>
    public static IReadOnlyList<string> VersionedFiles()
    {
        (int status, string output) = Run("git", Root, null, "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z");
        Assert.SkipUnless(status == 0, "not a git work tree");
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(PathOf).Where(File.Exists)];
    }

    /// <summary>Runs a program to its end; both its streams come back in one text.</summary>
    public static (int Status, string Output) Run(
        string program, string folder, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string key, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        // The test host points MSBuild at its own files; a dotnet that is started must find its own.
        foreach (string inherited in new[] { "MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath" })
        {
            start.Environment.Remove(inherited);
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    private static bool IsOutput(string part) => part is "bin" or "obj" or "artifacts" or "TestResults" or ".git";

    private static string FindRoot([CallerFilePath] string source = "")
    {
        // Beside the source when it is still there, else upward from the test's own folder.
        foreach (string? start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(source) })
        {
            for (DirectoryInfo? folder = start is null ? null : new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new InvalidOperationException("Simulator.sln was not found above the test.");
    }
}
