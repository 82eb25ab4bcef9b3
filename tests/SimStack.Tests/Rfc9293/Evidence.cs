using System.Reflection;
using Xunit.v3;

namespace SimStack.Tests.Rfc9293;

/// <summary>A test or script that shows what profiles do about a requirement.</summary>
/// <param name="Id">The requirement.</param>
/// <param name="Test">Class and method, or the script's path below tests/.</param>
/// <param name="Conforming">Profiles in which it shows that the requirement is kept.</param>
/// <param name="Departing">Profiles in which it shows that it is not.</param>
internal sealed record Evidence(string Id, string Test, IReadOnlyList<string> Conforming, IReadOnlyList<string> Departing)
{
    private const string Trait = "RFC9293";

    // The first comment of a script: "// requirement: MUST-9, SHLD-3", "// departs: MUST-13"; "// profiles: linux, rfc9293" where it passes
    // in more than its folder's.
    private const string ScriptKeeps = "// requirement:";
    private const string ScriptDeparts = "// departs:";
    private const string ScriptProfiles = "// profiles:";

    private static readonly (string Folder, string Profile)[] ScriptFolders = [("Scripts", "linux"), ("Scripts.Rfc9293", "rfc9293")];

    /// <summary>From the traits of all tests of this project, by class and method.</summary>
    public static IEnumerable<Evidence> OfTests() =>
        from type in typeof(Evidence).Assembly.GetTypes()
        from method in type.GetMethods()
        from found in Of(type, method)
        orderby found.Test, found.Id
        select found;

    /// <summary>From the first comments of the scripts of this repository, by path.</summary>
    /// <param name="tests">The folder tests/.</param>
    public static IEnumerable<Evidence> OfScripts(string tests) =>
        from folder in ScriptFolders
        from file in Directory.EnumerateFiles(Path.Combine(tests, folder.Folder), "*.pkt", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        from found in OfScript(Path.GetRelativePath(tests, file).Replace('\\', '/'), File.ReadLines(file), folder.Profile)
        select found;

    /// <summary>What a script's first comment says.</summary>
    public static IEnumerable<Evidence> OfScript(string path, IEnumerable<string> lines, string profile)
    {
        string[] comment = [.. lines.TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal))];
        string? stated = comment.FirstOrDefault(line => line.StartsWith(ScriptProfiles, StringComparison.Ordinal));
        IReadOnlyList<string> profiles = stated is null ? [profile] : RequirementList.ProfilesIn(stated[ScriptProfiles.Length..].Replace(",", "", StringComparison.Ordinal));
        foreach (string line in comment)
        {
            bool departs = line.StartsWith(ScriptDeparts, StringComparison.Ordinal);
            if (!departs && !line.StartsWith(ScriptKeeps, StringComparison.Ordinal))
            {
                continue;
            }

            string list = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..];
            foreach (string id in list.Split(',', StringSplitOptions.TrimEntries))
            {
                yield return new Evidence(id, path, departs ? [] : profiles, departs ? profiles : []);
            }
        }
    }

    /// <summary>What the attributes of a test say.</summary>
    public static IEnumerable<Evidence> Of(Type type, MethodInfo method)
    {
        object[] attributes = method.GetCustomAttributes(inherit: false);
        string name = $"{(type.Namespace ?? "").Replace("SimStack.Tests.", "", StringComparison.Ordinal)}.{type.Name}.{method.Name}";
        IReadOnlyList<string> run = attributes.OfType<InProfilesAttribute>().FirstOrDefault()?.Names ?? ["linux"];
        string[] ids = [.. attributes.OfType<ITraitAttribute>().SelectMany(a => a.GetTraits()).Where(t => t.Key == Trait).Select(t => t.Value).Distinct()];
        foreach (string id in ids)
        {
            string[] departing = [.. attributes.OfType<DepartsAttribute>().Where(a => a.Id == id).SelectMany(a => RequirementList.ProfilesIn(a.Profiles))];
            bool keeps = attributes.Any(a => a is not DepartsAttribute && a is ITraitAttribute trait && trait.GetTraits().Any(t => t.Key == Trait && t.Value == id));
            string? stated = attributes.OfType<RequirementAttribute>().FirstOrDefault(a => a.Id == id)?.In;
            IReadOnlyList<string> conforming = !keeps ? [] : stated is null ? run : RequirementList.ProfilesIn(stated);
            yield return new Evidence(id, name, [.. conforming.Except(departing)], departing);
        }
    }
}
