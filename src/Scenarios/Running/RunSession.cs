using System.Text;
using Microsoft.Extensions.Logging;
using Scenarios.CommandLine;
using SimNet.Capture;
using SimNet.Scripting.Model;
using SimNet.Scripting.Results;
using SimNet.Scripting.Running;

namespace Scenarios.Running;

/// <summary>Runs one scenario as <c>sim run</c> does: captures, result file, printed result, exit status.</summary>
internal sealed class RunSession(SimConsole console, ILogger<RunSession> logger)
{
    /// <summary>Carries out a request.</summary>
    /// <param name="request">What to run and how.</param>
    /// <param name="cancellationToken">Ends the run early; what was captured until then stays.</param>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    public int Run(RunRequest request, CancellationToken cancellationToken)
    {
        ScenarioDefinition scenario = ScenarioTarget.Load(request.Target, request.Settings);
        if (scenario.Sweep is not null)
        {
            return new SweepSession(console, request).Run(
                scenario, (cell, options) => Capture(cell, request, options, CapturePlan.Of(cell, request)), cancellationToken);
        }

        if (request.Csv)
        {
            throw SimException.BadRequest($"sim run: --csv writes the table of a sweep, and {scenario.Name} has no `sweep`");
        }

        IReadOnlyList<(InterfaceName Point, string? Path)> plan = CapturePlan.Of(scenario, request);
        SimConsole results = request.CaptureToOutput ? console.WithResultsOnError() : console;
        OutputFiles.CreateFolder(request.Out);

        RunOptions options = new() { Seed = request.Seed, Profile = request.Profile, Cancel = cancellationToken };
        RunResult result = Capture(scenario, request, options, plan);
        string json = Json(result);
        string jsonPath = Path.Combine(request.Out, scenario.Name + ".json");
        OutputFiles.Replace(jsonPath, json);
        if (!JsonOption.Write(request.Json, json.TrimEnd(), results))
        {
            ResultPrinter.Print(result, request, results);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            console.Error.WriteLine($"sim: {result.Stopped ?? "stopped"}; the files hold what happened until then");
            return ExitStatus.Interrupted;
        }

        bool isSame = !request.Verify || Verify(scenario, request, options, plan, json);
        return result.Passed && isSame ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private static string Json(RunResult result)
    {
        using var stream = new MemoryStream();
        ResultJson.Write(result, stream);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private RunResult Capture(
        ScenarioDefinition scenario, RunRequest request, RunOptions options, IReadOnlyList<(InterfaceName Point, string? Path)> plan)
    {
        var targets = new List<CaptureTarget>();
        try
        {
            foreach ((InterfaceName point, string? path) in plan)
            {
                targets.Add(new CaptureTarget(point, path, path is null ? console.OpenOutput() : OutputFiles.Create(path)));
            }

            using var captures = new CaptureFiles(targets, request.Format);
            RunResult result = Run(scenario, options, captures);
            Report(scenario, request, result, captures);
            return result;
        }
        finally
        {
            targets.ForEach(t => t.Stream.Dispose());
        }
    }

    private static RunResult Run(ScenarioDefinition scenario, RunOptions options, CaptureFiles captures)
    {
        try
        {
            RunResult result = ScenarioRunner.Run(scenario, options with { Prepare = captures.Attach });
            captures.Dispose();
            return captures.Failure is { } late ? throw Refused(late) : result;
        }
        catch (Exception) when (captures.Failure is { } failure)
        {
            // It may have come through a program of the scenario, whose exception says nothing about files.
            throw Refused(failure);
        }
    }

    private static SimException Refused(CaptureWriteException failure) =>
        new(ExitStatus.EnvironmentRefused, $"{failure.Message}; {FailureReport.Advice(failure.InnerException!)}", failure);

    private void Report(ScenarioDefinition scenario, RunRequest request, RunResult result, CaptureFiles captures)
    {
        logger.LogInformation(
            "{Scenario}, seed {Seed}: {Events} events, {Packets} packets", scenario.Name, result.Seed, result.Events, result.Packets.Count);
        for (int i = 0; i < captures.Targets.Count && !request.Quiet; i++)
        {
            CaptureTarget target = captures.Targets[i];
            long count = captures.PacketCount(i);
            console.Error.WriteLine($"sim: {count} {(count == 1 ? "packet" : "packets")} at {target.Point} -> {target.Path ?? "standard output"}");
        }
    }

    /// <summary>Runs once more and compares everything with what the first run left.</summary>
    private bool Verify(
        ScenarioDefinition scenario,
        RunRequest request,
        RunOptions options,
        IReadOnlyList<(InterfaceName Point, string? Path)> plan,
        string json)
    {
        ComparingStream[] streams = [.. plan.Select(p => new ComparingStream(p.Path!))];
        RunResult again;
        using (var captures = new CaptureFiles([.. plan.Zip(streams, (p, s) => new CaptureTarget(p.Point, p.Path, s))], request.Format))
        {
            again = Run(scenario, options, captures);
        }

        options.Cancel.ThrowIfCancellationRequested();
        bool isSame = true;
        foreach (ComparingStream stream in streams.Where(s => s.FirstDifference is not null))
        {
            console.Error.WriteLine($"sim: --verify: the second run's capture differs from {stream.FilePath} at byte {stream.FirstDifference}");
            isSame = false;
        }

        if (isSame && Json(again) != json)
        {
            console.Error.WriteLine("sim: --verify: the captures are the same, but the results differ");
            isSame = false;
        }

        if (isSame && !request.Quiet)
        {
            console.Error.WriteLine("sim: --verify: the second run gave the same bytes");
        }

        return isSame;
    }
}
