using System.Reflection;

namespace Architecture.Tests;

/// <summary>
/// The public surface is written down in PublicApi/, so that a change to it is seen in review.
/// <c>UPDATE_SNAPSHOTS=1 eng/test.sh --filter PublicApi</c> accepts the present one.
/// </summary>
public class PublicApiTests
{
    [Theory]
    [InlineData("SimStack")]
    [InlineData("SimNet")]
    [InlineData("SimNet.Scripting")]
    [InlineData("SimNet.Hosting")]
    public void ThePublicSurfaceIsTheOneWrittenDown(string project)
    {
        Assembly assembly = PublicSurface.Assemblies.Single(candidate => candidate.GetName().Name == project);
        string actual = PublicSurface.Describe(assembly);
        string path = Repository.PathOf($"tests/Architecture.Tests/PublicApi/{project}.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        string expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        Assert.True(expected == actual, $"The public surface of {project} changed. {FirstDifference(expected, actual)} UPDATE_SNAPSHOTS=1 accepts it.");
    }

    private static string FirstDifference(string expected, string actual)
    {
        string[] before = expected.Split('\n');
        string[] after = actual.Split('\n');
        int line = 0;
        while (line < before.Length && line < after.Length && before[line] == after[line])
        {
            line++;
        }

        string was = line < before.Length ? before[line].Trim() : "nothing";
        string now = line < after.Length ? after[line].Trim() : "nothing";
        return $"Line {line + 1} was '{was}', now '{now}'.";
    }
}
