using SimNet.Scripting;
using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;

namespace Scenarios.Catalogue;

/// <summary>The scenarios that come with the program: scripts, embedded in it.</summary>
internal static class ScenarioCatalogue
{
    private const string Prefix = "Catalogue/";
    private const string Extension = ".yaml";

    /// <summary>All names in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(ScenarioCatalogue).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Extension.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A scenario's script.</summary>
    /// <exception cref="SimException">There is none of that name.</exception>
    public static string Script(string name)
    {
        using Stream stream = typeof(ScenarioCatalogue).Assembly.GetManifestResourceStream(Prefix + name + Extension)
            ?? throw Unknown(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A scenario's model.</summary>
    /// <param name="name">From the catalogue.</param>
    /// <param name="settings">Changes of the form path=value.</param>
    /// <exception cref="SimException">There is none of that name.</exception>
    /// <exception cref="ScriptException">A setting does not fit.</exception>
    public static ScenarioDefinition Load(string name, IReadOnlyList<string>? settings = null) =>
        ScenarioScript.Parse(Script(name), name + Extension, settings);

    /// <summary>"Unknown scenario", with the nearest name.</summary>
    public static SimException Unknown(string name)
    {
        string hint = Suggestions.Nearest(name, Names) is { } nearest ? $"did you mean `{nearest}`?" : "give a name that `sim list` shows, or a .yaml file";
        return SimException.BadRequest($"unknown scenario `{name}`; {hint}");
    }
}
