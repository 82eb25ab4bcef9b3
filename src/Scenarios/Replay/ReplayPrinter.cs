using System.Globalization;
using System.Text.Json.Nodes;
using Scenarios.Commands;
using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Running;

namespace Scenarios.Replay;

/// <summary>Says what came of a replay.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="result">What came of it.</param>
/// <param name="judged">True when the scenario's expectations count.</param>
/// <param name="console">Where to say it.</param>
internal sealed class ReplayPrinter(ReplayRequest request, ReplayResult result, bool judged, SimConsole console)
{
    private bool IsIdentical => result.Difference is null;

    private bool Passed => (!result.Compared || IsIdentical) && (!judged || result.Run.Passed) && result.Run.Stopped is null;

    /// <summary>Prints it, or writes it as JSON.</summary>
    /// <returns>The exit status.</returns>
    public int Print(bool stopped)
    {
        SimConsole results = request.Capture == "-" ? console.WithResultsOnError() : console;
        if (!JsonOption.Write(request.Json, JsonText.Of(Json()), results))
        {
            PrintRun(results);
            foreach (string line in Lines())
            {
                results.Output.WriteLine(line);
            }
        }

        if (stopped)
        {
            console.Error.WriteLine($"sim: {result.Run.Stopped ?? "stopped"}");
            return ExitStatus.Interrupted;
        }

        return Passed ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private void PrintRun(SimConsole results)
    {
        // The same again says nothing new: it is drawn only when asked for.
        bool draws = !request.Quiet && (request.Ladder is not null || !result.Compared);
        if (draws || judged)
        {
            var run = new RunRequest { Target = request.File, Quiet = !draws, Ladder = request.Ladder ?? LadderAmount.Automatic };
            ResultPrinter.Print(result.Run, run, results, judged);
        }
    }

    private IEnumerable<string> Lines()
    {
        if (result.Run.Stopped is { } reason && !judged)
        {
            yield return reason;
        }

        if (result.Truncation is { } truncation && !request.Quiet)
        {
            yield return $"{request.File}: {truncation}; replayed as far as it goes";
        }

        if (result.Compared && result.Difference is { } difference)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Frames(result.FramesIn)} in; of {Frames(result.RecordedFramesOut)} out the first {result.Identical} are identical, and number {difference.Number} is different:");
            foreach (string line in ReplayText.Describe(difference))
            {
                yield return "  " + line;
            }
        }
        else if (!request.Quiet)
        {
            string recorded = result.Compared ? result.Run.Stopped is null ? ": identical" : ": identical so far"
                : string.Create(CultureInfo.InvariantCulture, $" ({result.RecordedFramesOut} in the recording)");
            yield return $"{Frames(result.FramesIn)} in, {Frames(result.FramesOut)} out{recorded}";
        }
    }

    private static string Frames(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "frame" : "frames")}");

    private JsonObject Json()
    {
        RunResult run = result.Run;
        var document = new JsonObject
        {
            ["schema"] = 1,
            ["file"] = request.File,
            ["scenario"] = run.Scenario.Name,
            ["seed"] = run.Seed,
            ["end_ns"] = run.End.Nanoseconds,
            ["passed"] = Passed,
            ["stopped"] = run.Stopped,
            ["frames_in"] = result.FramesIn,
            ["frames_out"] = result.FramesOut,
            ["recorded_frames_out"] = result.RecordedFramesOut,
            ["complete"] = result.HasEnd,
            ["truncation"] = result.Truncation,
            ["compared"] = result.Compared,
            ["identical"] = result.Compared ? IsIdentical : null,
            ["identical_frames"] = result.Compared ? result.Identical : null,
        };
        if (result.Difference is { } difference)
        {
            document["difference"] = new JsonObject
            {
                ["number"] = difference.Number,
                ["recorded"] = Frame(difference.Recorded),
                ["replayed"] = Frame(difference.Replayed),
                ["first_byte"] = difference.FirstByte < 0 ? null : difference.FirstByte,
            };
        }

        document["verdicts"] = judged ? new JsonArray([.. run.Verdicts.Select(Verdict)]) : null;
        return document;
    }

    private static JsonObject? Frame(ReplayedFrame? frame) => frame is null ? null : new JsonObject
    {
        ["time_ns"] = frame.Time.Nanoseconds,
        ["port"] = frame.Port,
        ["text"] = ReplayText.Describe(frame),
        ["bytes"] = Convert.ToHexStringLower(frame.Bytes.Span),
    };

    /// <summary>A verdict as JSON.</summary>
    public static JsonObject Verdict(Verdict verdict) => new()
    {
        ["passed"] = verdict.Passed,
        ["text"] = verdict.ToString(),
    };
}
