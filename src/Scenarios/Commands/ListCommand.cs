using System.CommandLine;
using System.Text.Json.Nodes;
using Scenarios.Catalogue;
using Scenarios.CommandLine;
using SimNet.Scripting.Model;

namespace Scenarios.Commands;

/// <summary><c>sim list</c></summary>
internal static class ListCommand
{
    private const int Width = 100;

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console)
    {
        Option<string?> json = JsonOption.Create("the catalogue");
        var command = new SimCommand("list", "The catalogue: name, purpose and what each scenario shows.", "sim list", "sim list --json") { json };
        command.SetAction(parsed => List(parsed.GetValue(json), console));
        return command;
    }

    private static int List(string? json, SimConsole console)
    {
        ScenarioDefinition[] scenarios = [.. ScenarioCatalogue.Names.Select(name => ScenarioCatalogue.Load(name))];
        if (json is not null && JsonOption.Write(json, Document(scenarios), console))
        {
            return ExitStatus.Success;
        }

        foreach (ScenarioDefinition scenario in scenarios)
        {
            console.Output.WriteLine($"{Bold(scenario.Name, console),-26}  {scenario.Title}");
            foreach (string line in Wrap(scenario.Description, Width - 4))
            {
                console.Output.WriteLine("    " + line);
            }
        }

        return ExitStatus.Success;
    }

    private static string Document(IEnumerable<ScenarioDefinition> scenarios) => JsonText.Of(new JsonObject
    {
        ["schema"] = 1,
        ["scenarios"] = new JsonArray([.. scenarios.Select(s => new JsonObject
        {
            ["name"] = s.Name,
            ["title"] = s.Title,
            ["description"] = s.Description.Trim(),
        })]),
    });

    private static string Bold(string name, SimConsole console) =>
        console.OutputHasColour ? $"\u001b[1m{name}\u001b[0m" + new string(' ', Math.Max(0, 26 - name.Length)) : name;

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }
}
