using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scenarios.CommandLine;
using Scenarios.Commands;
using Scenarios.Running;

namespace Scenarios.Figures;

/// <summary><c>sim figures</c></summary>
internal static class FiguresCommand
{
    public static Command Create(SimConsole console)
    {
        Argument<string[]> names = new("NAME")
        {
            Description = "figures to make; default: all",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrMore,
        };
        names.CompletionSources.Add(_ => FigureList.Names.Select(name => new System.CommandLine.Completions.CompletionItem(name)));
        Option<string?> folder = new("--out") { Description = "write NAME.svg and README.md to this folder", HelpName = "DIR" };
        Option<bool> brief = new("--brief") { Description = "shorter runs, with the same claims" };
        Option<string?> json = JsonOption.Create("what was measured");
        SimCommand command = new(
            "figures",
            "Runs of the congestion controls as pictures, with what theory says of them and what was measured.",
            "sim figures",
            "sim figures --out docs/figures",
            "sim figures two-cubic --out .")
        {
            names, folder, brief, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(names) is { Length: > 0 } some ? some : [.. FigureList.Names],
            parsed.GetValue(folder), parsed.GetValue(brief), parsed.GetValue(json), console));
        return command;
    }

    /// <summary>The claim as a line: what, measured, expected.</summary>
    internal static string Describe(Claim claim) =>
        $"{claim.What}: {Number(claim.Measured)}, {Expectation(claim)}{(claim.Formula.Length > 0 ? " — " + claim.Formula : "")}";

    private static int Run(string[] names, string? folder, bool brief, string? json, SimConsole console)
    {
        List<Figure> figures = [];
        foreach (string name in names)
        {
            Figure figure = FigureList.Make(name, brief);
            figures.Add(figure);
            if (folder is not null)
            {
                OutputFiles.Write(Path.Combine(folder, figure.Name + ".svg"), SvgChart.Of(figure));
            }
        }

        if (folder is not null && figures.Count == FigureList.Names.Count())
        {
            OutputFiles.Write(Path.Combine(folder, "README.md"), FigurePage.Of(figures));
        }

        if (json is null || !JsonOption.Write(json, Document(figures), console))
        {
            Print(figures, console);
        }

        return figures.TrueForAll(figure => figure.Holds) ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private static void Print(List<Figure> figures, SimConsole console)
    {
        foreach (Figure figure in figures)
        {
            console.Output.WriteLine($"{figure.Name}: {figure.Title}; {figure.Setting}");
            foreach (Claim claim in figure.Claims)
            {
                console.Output.WriteLine($"  {(claim.Holds ? "PASS" : "FAIL")}  {Describe(claim)}");
            }
        }
    }

    private static string Document(List<Figure> figures) => JsonText.Of(new JsonObject
    {
        ["schema"] = 1,
        ["figures"] = new JsonArray([.. figures.Select(figure => new JsonObject
        {
            ["name"] = figure.Name,
            ["title"] = figure.Title,
            ["setting"] = figure.Setting,
            ["claims"] = new JsonArray([.. figure.Claims.Select(claim => new JsonObject
            {
                ["what"] = claim.What,
                ["formula"] = claim.Formula,
                ["expected"] = double.IsNaN(claim.Expected) ? null : claim.Expected,
                ["measured"] = double.IsNaN(claim.Measured) ? null : claim.Measured,
                ["least"] = claim.Least,
                ["most"] = claim.Most,
                ["holds"] = claim.Holds,
            })]),
        })]),
    });

    internal static string Expectation(Claim claim) => double.IsNaN(claim.Expected)
        ? $"{Number(claim.Least)} to {Number(claim.Most)}"
        : $"{Number(claim.Expected)} within {Number((claim.Most / claim.Expected - 1) * 100)} %";

    internal static string Number(double value) => value.ToString(
        Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
