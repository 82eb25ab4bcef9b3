using Scenarios.Running;
using SimNet.Capture;
using SimNet.Scripting.Model;
using SimNet.Scripting.Recording;
using SimNet.Scripting.Running;

namespace Scenarios.Replay;

/// <summary>Carries out <c>sim replay</c>.</summary>
internal sealed class ReplaySession(SimConsole console, ReplayRequest request)
{
    /// <summary>Replays a recording, or feeds a capture to a simulated host.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    public int Run(CancellationToken stop)
    {
        using CaptureReader reader = Open();
        if (request.Host is { } host)
        {
            ScenarioDefinition scenario = ScenarioTarget.Load(host, request.Settings);
            FeedResult fed = Capture(null, stop, options => SessionFeed.Run(
                request.File, scenario, request.Feed, options with { Seed = request.Seed, Profile = request.Profile }, request.To));
            return new FeedPrinter(request, fed, console).Print(stop.IsCancellationRequested);
        }

        BridgeRecording? recording = BridgeRecording.Find(reader.FileComments);
        if (recording is null)
        {
            throw SimException.BadRequest(
                $"sim replay: {request.File} is no recording of `sim bridge`; to feed it to a simulated host, write --host scenario.yaml");
        }

        return Replay(reader, recording with
        {
            Settings = [.. recording.Settings, .. request.Settings],
            Seed = request.Seed ?? recording.Seed,
            Profile = request.Profile ?? recording.Profile,
        }, stop);
    }

    private int Replay(CaptureReader reader, BridgeRecording recording, CancellationToken stop)
    {
        bool compare = !request.IsChanged || request.Compare;
        ReplayResult result = Capture(recording, stop, options => SessionReplay.Run(reader, recording, options, compare));
        bool judged = request.Expect || (!compare && result.Run.Verdicts.Count > 0);
        return new ReplayPrinter(request, result, judged, console).Print(stop.IsCancellationRequested);
    }

    private T Capture<T>(BridgeRecording? recording, CancellationToken stop, Func<RunOptions, T> run)
    {
        using ReplayCapture? capture = request.Capture is null ? null : new ReplayCapture(request, recording, console);
        try
        {
            T result = run(new RunOptions { Cancel = stop, Prepare = capture is null ? null : capture.Attach });
            capture?.Dispose();
            if (capture is not null && !request.Quiet)
            {
                capture.Report(console);
            }

            return capture?.Failure is { } late ? throw Refused(late) : result;
        }
        catch (CaptureWriteException failure)
        {
            throw Refused(failure);
        }
        catch (CaptureFormatException exception)
        {
            throw SimException.BadRequest($"sim replay: {exception.Message.ReplaceLineEndings(" ")}");
        }
        catch (InvalidDataException exception)
        {
            throw SimException.BadRequest($"sim replay: {request.File}: {exception.Message}");
        }
    }

    private static SimException Refused(CaptureWriteException failure) =>
        new(ExitStatus.EnvironmentRefused, $"{failure.Message}; {FailureReport.Advice(failure.InnerException!)}", failure);

    private CaptureReader Open()
    {
        try
        {
            return CaptureReader.Open(request.File);
        }
        catch (CaptureFormatException exception)
        {
            throw SimException.BadRequest($"sim replay: {exception.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(request.File) ? "it is a folder; the name of a capture file would be right"
                : exception.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw SimException.BadRequest($"sim replay: {request.File}: {reason}");
        }
    }
}
