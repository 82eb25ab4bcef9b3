using Xunit;

namespace SimNet.Tests;

/// <summary>
/// The material that lies beside the repository, not in it: the environment variable SIM_SHARED, or the folder <c>shared</c>
/// beside the one with Simulator.sln. Tests that need it are skipped where it is not.
/// </summary>
internal static class SharedFolder
{
    /// <summary>A folder below it; skips the test when it is not there.</summary>
    public static string Require(params string[] names)
    {
        string? root = Root();
        string path = Path.Combine([root ?? "../shared", .. names]);
        Assert.SkipUnless(root is not null && Directory.Exists(path), $"{path} is not there (SIM_SHARED may say where)");
        return path;
    }

    private static string? Root()
    {
        string? named = Environment.GetEnvironmentVariable("SIM_SHARED");
        if (!string.IsNullOrEmpty(named))
        {
            return named;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
            {
                return Path.Combine(folder.Parent?.FullName ?? folder.FullName, "shared");
            }
        }

        return null;
    }
}
