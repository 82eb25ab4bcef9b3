using System.IO.Compression;

namespace Architecture.Tests;

/// <summary>Packs what the solution's build left, without building again, and uses the packages as a stranger would.</summary>
public sealed class PackagingTests : IDisposable
{
    private static readonly string[] Libraries = ["SimStack", "SimNet", "SimNet.Scripting", "SimNet.Hosting"];
    private readonly string _folder = Directory.CreateTempSubdirectory("packages-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void LibrariesArePackages()
    {
        foreach (string library in Libraries)
        {
            string package = Pack(library, library);
            using ZipArchive archive = ZipFile.OpenRead(package);
            HashSet<string> entries = [.. archive.Entries.Select(entry => entry.FullName)];
            Assert.Contains($"lib/net10.0/{library}.dll", entries);
            Assert.Contains($"lib/net10.0/{library}.xml", entries);
            Assert.Contains("README.md", entries);
            Assert.Contains("LICENSE", entries);
            using StreamReader specification = new(archive.GetEntry($"{library}.nuspec")!.Open());
            Assert.Contains("<license type=\"expression\">MIT</license>", specification.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheProgramInstallsAsAToolAndRuns()
    {
        Pack("Scenarios", "SimNet.Tool");
        string settings = Path.Combine(_folder, "packages.config");
        File.WriteAllText(settings, $"""
            <?xml version="1.0" encoding="utf-8"?>
            <configuration>
              <packageSources><clear /><add key="local" value="{_folder}" /></packageSources>
            </configuration>
            """);

        // A cache of its own: an older build of the same version must not be the one that runs.
        Dictionary<string, string> environment = new()
        {
            ["NUGET_PACKAGES"] = Path.Combine(_folder, "cache"),
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
        };
        string tools = Path.Combine(_folder, "tools");
        Succeed("dotnet", environment, "tool", "install", "SimNet.Tool", "--tool-path", tools, "--configfile", settings);
        string sim = Path.Combine(tools, OperatingSystem.IsWindows() ? "sim.exe" : "sim");
        Assert.Matches(@"\d+\.\d+\.\d+", Succeed(sim, environment, "--version"));
        Assert.Contains("handshake", Succeed(sim, environment, "list"), StringComparison.Ordinal);
    }

    private string Pack(string project, string package)
    {
        string file = Repository.PathOf($"src/{project}/{project}.csproj");
        Succeed("dotnet", null, "pack", file, "-c", Repository.Configuration, "--no-build", "-o", _folder, "-nodeReuse:false");
        return Assert.Single(Directory.GetFiles(_folder, $"{package}.*.nupkg"), path => char.IsAsciiDigit(Path.GetFileName(path)[package.Length + 1]));
    }

    private string Succeed(string program, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        (int status, string output) = Repository.Run(program, _folder, environment, arguments);
        Assert.True(status == 0, $"{program} {string.Join(' ', arguments)} ended with status {status}:\n{output}");
        return output;
    }
}
