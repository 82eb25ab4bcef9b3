using Scenarios.Catalogue;
using SimNet.Scripting;
using SimNet.Scripting.Model;

namespace Scenarios.Running;

/// <summary>Finds what <c>NAME|FILE.yaml</c> means.</summary>
internal static class ScenarioTarget
{
    /// <summary>Loads the scenario.</summary>
    /// <exception cref="SimException">There is no such scenario or file.</exception>
    /// <exception cref="ScriptException">The script has mistakes.</exception>
    public static ScenarioDefinition Load(string target, IReadOnlyList<string> settings)
    {
        if (ScenarioCatalogue.Names.Contains(target, StringComparer.Ordinal))
        {
            return ScenarioCatalogue.Load(target, settings);
        }

        return LooksLikeFile(target) ? LoadFile(target, settings) : throw ScenarioCatalogue.Unknown(target);
    }

    /// <summary>The script itself, and the name that its errors are reported under.</summary>
    /// <exception cref="SimException">There is no such scenario or file.</exception>
    public static (string Script, string FileName) Read(string target) =>
        ScenarioCatalogue.Names.Contains(target, StringComparer.Ordinal) ? (ScenarioCatalogue.Script(target), target + ".yaml")
        : LooksLikeFile(target) ? (ReadFile(target, File.ReadAllText), target)
        : throw ScenarioCatalogue.Unknown(target);

    private static bool LooksLikeFile(string target) =>
        Path.GetExtension(target) is ".yaml" or ".yml" || target.Contains('/', StringComparison.Ordinal)
            || target.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || File.Exists(target);

    private static ScenarioDefinition LoadFile(string path, IReadOnlyList<string> settings) =>
        ReadFile(path, file => ScenarioScript.Load(file, settings));

    private static T ReadFile<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            throw SimException.BadRequest(Directory.Exists(path)
                ? $"{path} is a folder; give a .yaml file, or a name that `sim list` shows"
                : Directory.Exists(folder)
                    ? $"{path}: there is no such file{Nearby(path, folder)}"
                    : $"{path}: there is no folder {folder}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SimException.BadRequest(Directory.Exists(path)
                ? $"{path} is a folder; give a .yaml file, or a name that `sim list` shows"
                : $"{path} cannot be read: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static string Nearby(string path, string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.yaml").Take(200).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        return SimNet.Scripting.Yaml.Suggestions.Nearest(Path.GetFileName(path), files) is { } near ? $"; did you mean `{near}`?" : "";
    }
}
