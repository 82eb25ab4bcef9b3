using System.Globalization;
using System.Text.Json.Nodes;
using Scenarios.CommandLine;
using Scenarios.Commands;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Running;
using SimStack;

namespace Scenarios.Replay;

/// <summary>Says what came of a capture that was fed to a scenario's hosts.</summary>
internal sealed class FeedPrinter(ReplayRequest request, FeedResult result, SimConsole console)
{
    /// <summary>Prints it, or writes it as JSON.</summary>
    /// <returns>The exit status.</returns>
    public int Print(bool stopped)
    {
        SimConsole results = request.Capture == "-" ? console.WithResultsOnError() : console;
        if (!JsonOption.Write(request.Json, JsonText.Of(Json()), results))
        {
            ResultPrinter.Print(result.Run, new RunRequest { Target = request.File, Quiet = request.Quiet, Ladder = request.Ladder ?? LadderAmount.Automatic }, results);
            foreach (string line in request.Quiet ? [] : Lines())
            {
                results.Output.WriteLine(line);
            }
        }

        if (stopped)
        {
            console.Error.WriteLine($"sim: {result.Run.Stopped ?? "stopped"}");
            return ExitStatus.Interrupted;
        }

        return result.Run.Passed ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private IEnumerable<string> Lines()
    {
        CaptureFeedCounters frames = result.Frames;
        string own = string.Join(", ", result.Own.OrderBy(p => p.Key).Select(p => p.Key == p.Value ? $"{p.Key}" : $"{p.Key} by {p.Value}"));
        yield return string.Create(
            CultureInfo.InvariantCulture, $"{frames.Frames} frames in the capture, {frames.Entered} entered, {result.FramesOut} out; the part of {own} is played");
        foreach ((long count, string what) in Left(frames).Where(l => l.Count > 0))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  {count} {what}");
        }

        if (result.Delay > Duration.Zero)
        {
            yield return $"  the last came {result.Delay} later than captured, because packets wait for what they answer";
        }

        if (result.Truncation is { } truncation)
        {
            yield return $"  {request.File}: {truncation}";
        }
    }

    private static IEnumerable<(long Count, string What)> Left(CaptureFeedCounters frames) =>
    [
        (frames.Own, "left out: what the simulated host says itself"),
        (frames.Others, "left out: between others, or not let through by --only"),
        (frames.Neighbours, "left out: ARP and neighbour discovery"),
        (frames.Unreadable, "left out: not IP, too short, or of an unknown link type"),
        (frames.WithoutBeginning, "left out: of connections that began before the capture"),
        (frames.Unasked, "left out: of connections that the simulated host did not open, or did not take"),
        (frames.Premature, "acknowledged more than the simulated host has sent; cut to that"),
        (frames.Filled, "were cut off in the capture, and filled up with zeros"),
    ];

    private JsonObject Json()
    {
        CaptureFeedCounters frames = result.Frames;
        RunResult run = result.Run;
        return new JsonObject
        {
            ["schema"] = 1,
            ["file"] = request.File,
            ["scenario"] = run.Scenario.Name,
            ["seed"] = run.Seed,
            ["end_ns"] = run.End.Nanoseconds,
            ["passed"] = run.Passed,
            ["stopped"] = run.Stopped,
            ["frames"] = frames.Frames,
            ["frames_in"] = frames.Entered,
            ["frames_out"] = result.FramesOut,
            ["own"] = frames.Own,
            ["others"] = frames.Others,
            ["neighbours"] = frames.Neighbours,
            ["unreadable"] = frames.Unreadable,
            ["without_beginning"] = frames.WithoutBeginning,
            ["unasked"] = frames.Unasked,
            ["premature"] = frames.Premature,
            ["filled"] = frames.Filled,
            ["delay_ns"] = result.Delay.Nanoseconds,
            ["truncation"] = result.Truncation,
            ["verdicts"] = new JsonArray([.. run.Verdicts.Select(ReplayPrinter.Verdict)]),
        };
    }
}
