namespace Architecture.Tests;

/// <summary>The samples are built with the solution; here each runs to its end, as a stranger would run it.</summary>
public class SampleTests
{
    public static IEnumerable<TheoryDataRow<string>> Samples() =>
        Repository.Files("samples", "*.csproj").Select(file => new TheoryDataRow<string>(Repository.Relative(file)));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Samples))]
    public void ASampleRunsToItsEnd(string project)
    {
        string folder = Directory.CreateTempSubdirectory("sample-").FullName;
        try
        {
            string name = Path.GetFileNameWithoutExtension(project);
            string program = Repository.PathOf($"{Path.GetDirectoryName(project)!.Replace('\\', '/')}/bin/{Repository.Configuration}/net10.0/{name}.dll");
            Assert.True(File.Exists(program), $"{project} has not been built: is it in Simulator.sln?");
            (int status, string output) = Repository.Run("dotnet", folder, null, "exec", program);
            Assert.True(status == 0, $"{project} ended with status {status}:\n{output}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
