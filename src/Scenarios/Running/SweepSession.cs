using System.Globalization;
using System.Text;
using Scenarios.CommandLine;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimNet.Scripting.Results;
using SimNet.Scripting.Running;
using SimNet.Scripting.Sweeps;

namespace Scenarios.Running;

/// <summary>Runs a scenario that has a sweep: every cell, the table, the result file, the exit status.</summary>
internal sealed class SweepSession(SimConsole console, RunRequest request)
{
    /// <summary>How a cell is run when it is captured.</summary>
    internal delegate RunResult CapturedRun(ScenarioDefinition cell, RunOptions options);

    /// <summary>Carries out the request.</summary>
    /// <param name="scenario">With a sweep.</param>
    /// <param name="captured">Runs a cell with captures, for <c>--capture</c>.</param>
    /// <param name="cancellationToken">Ends the sweep after the run under way.</param>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    public int Run(ScenarioDefinition scenario, CapturedRun captured, CancellationToken cancellationToken)
    {
        Check(scenario);
        OutputFiles.CreateFolder(request.Out);
        SweepResult result = Sweep(scenario, request.Capture is null ? null : captured, cancellationToken);
        string json = Json(result);
        OutputFiles.Replace(Path.Combine(request.Out, scenario.Name + ".json"), json);
        if (request.Csv)
        {
            OutputFiles.Replace(Path.Combine(request.Out, scenario.Name + ".csv"), SweepTable.Csv(result));
        }

        if (!JsonOption.Write(request.Json, json.TrimEnd(), console))
        {
            Print(result);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            console.Error.WriteLine($"sim: stopped after {result.Cells.Count} of {scenario.Sweep!.CellCount} runs; the files hold these");
            return ExitStatus.Interrupted;
        }

        bool isSame = !request.Verify || Json(Sweep(scenario, null, cancellationToken)) == json;
        if (request.Verify && !(isSame && request.Quiet))
        {
            console.Error.WriteLine(isSame ? "sim: --verify: the second sweep gave the same table" : "sim: --verify: the second sweep's table differs");
        }

        return result.Passed && isSame ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private static string Json(SweepResult result)
    {
        using var stream = new MemoryStream();
        SweepJson.Write(result, stream);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private void Check(ScenarioDefinition scenario)
    {
        if (request.CaptureToOutput)
        {
            throw SimException.BadRequest(
                $"sim run: {scenario.Name} is a sweep of {scenario.Sweep!.CellCount} runs; --capture - takes one: add --set sweep= and the values, as --set variables.NAME=VALUE");
        }

        if (request.Profile is not null && scenario.Sweep!.Axes.Any(a => a.Path.EndsWith("profile", StringComparison.Ordinal)))
        {
            throw SimException.BadRequest($"sim run: --profile would overrule the axis `profile` of {scenario.Name}; use --set sweep.axes.profile=[{request.Profile}]");
        }
    }

    private SweepResult Sweep(ScenarioDefinition scenario, CapturedRun? captured, CancellationToken cancellationToken) => SweepRunner.Run(
        scenario,
        settings => ScenarioTarget.Load(request.Target, [.. request.Settings, .. settings]),
        new RunOptions { Seed = request.Seed, Profile = request.Profile, Cancel = cancellationToken },
        captured is null ? null : (cell, options) => captured(cell, options));

    private void Print(SweepResult result)
    {
        if (!request.Quiet)
        {
            foreach (string line in SweepTable.Print(result))
            {
                console.Output.WriteLine(line);
            }

            console.Output.WriteLine();
        }

        foreach (Verdict verdict in result.Verdicts.Where(v => !v.Passed || !request.Quiet))
        {
            console.Output.WriteLine(ResultPrinter.Coloured(verdict, console));
        }

        if (!request.Quiet)
        {
            int failed = result.Verdicts.Count(v => !v.Passed);
            console.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Scenario.Name}: {result.Verdicts.Count - failed} passed, {failed} failed; {result.Cells.Count} runs, seed {result.Seed} in each"));
        }
    }
}
