using System.CommandLine;
using System.Text.Json.Nodes;
using Scenarios.Catalogue;
using Scenarios.CommandLine;

namespace Scenarios.Commands;

/// <summary><c>sim show NAME</c></summary>
internal static class ShowCommand
{
    /// <summary>The command.</summary>
    public static Command Create(SimConsole console)
    {
        var name = new Argument<string>("NAME") { Description = "a scenario of the catalogue", HelpName = "NAME" };
        name.CompletionSources.Add(_ => ScenarioCatalogue.Names.Select(n => new System.CommandLine.Completions.CompletionItem(n)));
        Option<string?> json = JsonOption.Create("the script");
        var command = new SimCommand(
            "show",
            "A catalogue scenario's own script, ready to copy and change.",
            "sim show handshake > mine.yaml",
            "sim show daytime")
        {
            name, json,
        };
        command.SetAction(parsed => Show(parsed.GetRequiredValue(name), parsed.GetValue(json), console));
        return command;
    }

    private static int Show(string name, string? json, SimConsole console)
    {
        string script = ScenarioCatalogue.Script(name);
        if (json is null)
        {
            console.Output.Write(script);
            return ExitStatus.Success;
        }

        string document = JsonText.Of(new JsonObject { ["schema"] = 1, ["name"] = name, ["script"] = script });
        if (!JsonOption.Write(json, document, console))
        {
            console.Output.Write(script);
        }

        return ExitStatus.Success;
    }
}
