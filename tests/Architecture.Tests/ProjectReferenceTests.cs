using System.Xml.Linq;

namespace Architecture.Tests;

public class ProjectReferenceTests
{
    /// <summary>Projects under src: what each may reference, directly or through another. A new project needs a line here.</summary>
    private static readonly Dictionary<string, string[]> AllowedProjects = new(StringComparer.Ordinal)
    {
        ["SimStack"] = [],
        ["SimNet"] = ["SimStack"],
        ["SimNet.Scripting"] = ["SimNet", "SimStack"],
        ["SimNet.Properties"] = ["SimNet", "SimStack"],
        ["SimNet.Hosting"] = ["SimNet", "SimStack"],
        ["SimNet.PacketDotNet"] = ["SimNet", "SimStack"],
        ["Scenarios"] = ["SimStack", "SimNet", "SimNet.Scripting", "SimNet.Properties", "SimNet.Hosting"],
    };

    private static readonly Dictionary<string, string[]> AllowedPackages = new(StringComparer.Ordinal)
    {
        ["SimStack"] = [],
        ["SimNet"] = ["System.Reactive"],
        ["SimNet.Scripting"] = ["YamlDotNet"],
        ["SimNet.Properties"] = ["FsCheck", "FSharp.Core"],
        ["SimNet.Hosting"] = ["Microsoft.Extensions.Hosting"],
        ["SimNet.PacketDotNet"] = ["PacketDotNet"],
        ["Scenarios"] = ["Microsoft.Extensions.Hosting", "System.CommandLine", "Spectre.Console"],
    };

    /// <summary>Stays out of the solution because its package does not restore everywhere.</summary>
    private static readonly string[] OutsideTheSolution = ["SimNet.PacketDotNet", "SimNet.PacketDotNet.Tests"];

    public static IEnumerable<TheoryDataRow<string>> SourceProjects() =>
        Repository.Files("src", "*.csproj").Select(file => new TheoryDataRow<string>(Path.GetFileNameWithoutExtension(file)));

    [Theory]
    [MemberData(nameof(SourceProjects))]
    public void AProjectReferencesOnlyWhatTheHousePlanAllows(string project)
    {
        Assert.True(AllowedProjects.ContainsKey(project), $"src/{project} is not in the plan of the house.");
        XDocument file = XDocument.Load(Repository.PathOf($"src/{project}/{project}.csproj"));
        Assert.Empty(Includes(file, "ProjectReference").Select(ProjectName).Except(AllowedProjects[project]));
        Assert.Empty(Includes(file, "PackageReference").Except(AllowedPackages[project]));
        Assert.Empty(Includes(file, "FrameworkReference"));
        Assert.Empty(Includes(file, "Reference"));
    }

    [Fact]
    public void AnAssemblyReferencesOnlyWhatItsProjectMay()
    {
        foreach (System.Reflection.Assembly assembly in PublicSurface.Assemblies)
        {
            string name = assembly.GetName().Name!;
            IEnumerable<string> foreign = assembly.GetReferencedAssemblies().Select(reference => reference.Name!)
                .Where(reference => AllowedProjects.ContainsKey(reference) && !AllowedProjects[name].Contains(reference));
            Assert.Empty(foreign);
            if (name == "SimStack")
            {
                Assert.All(assembly.GetReferencedAssemblies(), reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void EveryProjectIsInTheSolution()
    {
        string solution = File.ReadAllText(Repository.PathOf("Simulator.sln"));
        IEnumerable<string> missing = new[] { "src", "tests", "bench", "samples" }
            .SelectMany(folder => Repository.Files(folder, "*.csproj"))
            .Where(file => !OutsideTheSolution.Contains(Path.GetFileNameWithoutExtension(file)))
            .Where(file => !solution.Contains(Repository.Relative(file).Replace('/', '\\'), StringComparison.Ordinal))
            .Select(Repository.Relative);
        Assert.Empty(missing);
    }

    [Fact]
    public void EveryProjectHasItsLockFile()
    {
        IEnumerable<string> missing = Repository.Files(".", "*.csproj")
            .Where(file => !OutsideTheSolution.Contains(Path.GetFileNameWithoutExtension(file)))
            .Where(file => !File.Exists(Path.Combine(Path.GetDirectoryName(file)!, "packages.lock.json")))
            .Select(Repository.Relative);
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Includes(XDocument project, string item) =>
        project.Descendants(item).Select(element => (string?)element.Attribute("Include") ?? "").Where(include => include.Length > 0);

    private static string ProjectName(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));
}
