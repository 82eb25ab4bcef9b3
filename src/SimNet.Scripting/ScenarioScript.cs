using SimNet.Scripting.Model;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting;

/// <summary>Reads scenario scripts (docs/scenario-reference.md).</summary>
public static class ScenarioScript
{
    /// <summary>The JSON Schema of scripts, for editors.</summary>
    public static string JsonSchema
    {
        get
        {
            using Stream stream = typeof(ScenarioScript).Assembly.GetManifestResourceStream("scenario.schema.json")!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Reads a script from text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">As error messages shall show it; without folder and extension it is the scenario's default name.</param>
    /// <param name="scenario">The scenario, when there are no errors.</param>
    /// <param name="errors">Every mistake found, in the order of the file.</param>
    /// <param name="settings">Changes of the form <c>path=value</c>, made before anything is checked.</param>
    /// <returns>True when there are no errors.</returns>
    public static bool TryParse(
        string text,
        string fileName,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ScenarioDefinition? scenario,
        out IReadOnlyList<ScriptError> errors,
        IReadOnlyList<string>? settings = null)
    {
        var list = new ErrorList();
        scenario = null;
        ScriptNode? root = NodeReader.Read(text, fileName, list);
        if (root is not null && list.Count == 0)
        {
            foreach (string setting in settings ?? [])
            {
                ScriptOverrides.Apply(root, setting, list);
            }
        }

        if (root is not null && list.Count == 0)
        {
            ScriptVariables.Substitute(root, list);
        }

        if (root is not null && list.Count == 0)
        {
            scenario = Binder.Bind(root, Path.GetFileNameWithoutExtension(fileName), list, ScriptVocabulary.Stack);
        }

        CheckAxes(text, fileName, scenario?.Sweep, settings ?? [], list);
        scenario = list.Count == 0 ? scenario : null;
        errors = list.Sorted();
        return scenario is not null;
    }

    /// <summary>Each value of each axis must fit the script; what does not is told at the axis.</summary>
    private static void CheckAxes(string text, string fileName, SweepDefinition? sweep, IReadOnlyList<string> settings, ErrorList errors)
    {
        foreach (SweepAxis axis in sweep?.Axes ?? [])
        {
            foreach (string value in axis.Values)
            {
                if (!TryParse(text, fileName, out _, out IReadOnlyList<ScriptError> found, [.. settings, "sweep=", $"{axis.Path}={value}"]))
                {
                    errors.Add(axis.Position, $"axis `{axis.Name}`, value `{value}`: {found[0].Message}");
                    break;
                }
            }
        }
    }

    /// <summary>Reads a script from text.</summary>
    /// <exception cref="ScriptException">It has mistakes.</exception>
    public static ScenarioDefinition Parse(string text, string fileName, IReadOnlyList<string>? settings = null) =>
        TryParse(text, fileName, out ScenarioDefinition? scenario, out IReadOnlyList<ScriptError> errors, settings)
            ? scenario
            : throw new ScriptException(errors);

    /// <summary>Reads a script from a file.</summary>
    /// <exception cref="ScriptException">It has mistakes.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ScenarioDefinition Load(string path, IReadOnlyList<string>? settings = null) => Parse(File.ReadAllText(path), path, settings);
}
