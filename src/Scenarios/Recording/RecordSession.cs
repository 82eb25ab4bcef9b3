using System.Globalization;
using Scenarios.Catalogue;
using Scenarios.Running;
using Scenarios.Testing;
using SimNet.Capture;
using SimNet.Scripting;
using SimNet.Scripting.Model;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Recording;
using SimNet.Scripting.Running;
using SimStack.Profiles;

namespace Scenarios.Recording;

/// <summary>Makes a script as <c>sim record</c> does, writes it, and says whether it passes.</summary>
internal sealed class RecordSession(SimConsole console, RecordRequest request)
{
    private const string StandardOutput = "-";

    /// <summary>Carries out the request.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        try
        {
            return IsCapture(request.Source) ? RecordCapture(cancellationToken) : RecordScenario(cancellationToken);
        }
        catch (RecordingException exception)
        {
            throw SimException.BadRequest($"sim record: {exception.Message}");
        }
    }

    /// <summary>Whatever is there and no scenario file is a capture, or shall say that it is none.</summary>
    private static bool IsCapture(string source) =>
        !ScenarioCatalogue.Names.Contains(source, StringComparer.Ordinal)
            && (Path.GetExtension(source) is ".pcap" or ".pcapng" or ".cap" || (File.Exists(source) && Path.GetExtension(source) is not (".yaml" or ".yml")));

    private int RecordCapture(CancellationToken cancellationToken)
    {
        if (request.Seed is not null || request.Settings.Count > 0)
        {
            throw SimException.BadRequest($"sim record: {(request.Seed is not null ? "--seed" : "--set")} is for scenarios; {request.Source} is a capture");
        }

        if (Path.GetExtension(request.Source) == ScriptFiles.Extension)
        {
            throw SimException.BadRequest($"sim record: {request.Source} is a script already; a scenario or a capture becomes one");
        }

        CapturedConnections captured = Read(request.Source, cancellationToken);
        RecordedConnection connection = captured.Take(request.Connection ?? 1, request.Side);
        TellOfOthers(captured.Count);
        if (captured.IsSeenTwice(request.Connection ?? 1))
        {
            console.Error.WriteLine("sim record: the connection was captured at several interfaces; the script is about what the first of them saw");
        }

        string profile = request.Profile ?? Profile.Linux.Name;
        return Write(RecordCaptured(connection, profile, cancellationToken), Path.GetFileNameWithoutExtension(request.Source), profile);
    }

    // Whatever a damaged capture has in it: the line is about the capture, not about a script that nobody has seen.
    private RecordedScript RecordCaptured(RecordedConnection connection, string profile, CancellationToken cancellationToken)
    {
        try
        {
            return Record(connection, profile, cancellationToken);
        }
        catch (RecordingException exception)
        {
            throw new RecordingException($"{request.Source}: {exception.Message}");
        }
        catch (ScriptException exception)
        {
            throw new RecordingException($"{request.Source}: {connection.Name} has no form in the language: {exception.Errors[0].Message}");
        }
    }

    private int RecordScenario(CancellationToken cancellationToken)
    {
        ScenarioDefinition scenario = ScenarioTarget.Load(request.Source, request.Settings);
        if (scenario.Sweep is not null)
        {
            throw SimException.BadRequest($"sim record: {scenario.Name} is a sweep of {scenario.Sweep.CellCount} runs; a script is made of one: add --set sweep=");
        }

        var run = new RunConnections(scenario, new RunOptions { Seed = request.Seed, Cancel = cancellationToken });
        cancellationToken.ThrowIfCancellationRequested();
        RecordedConnection connection = run.Take(request.Connection ?? 1, request.Side, out HostDefinition host);
        TellOfOthers(run.Count);
        string profile = request.Profile ?? Profile.Linux.Name;
        RecordedScript recording = Record(connection, profile, cancellationToken);
        if (!recording.Result.Passed && request.Profile is null && host.Profile != profile)
        {
            // What another system did, linux need not do.
            RecordedScript own = Record(connection, host.Profile, cancellationToken);
            (recording, profile) = own.Result.Passed ? (own, host.Profile) : (recording, profile);
        }

        return Write(recording, scenario.Name, profile);
    }

    private RecordedScript Record(RecordedConnection connection, string profile, CancellationToken cancellationToken)
    {
        _ = Profile.TryGet(profile, out Profile? machine);
        int? tolerance = request.Tolerance is { } given ? (int)(given.Nanoseconds / 1000) : null;
        return ScriptRecorder.Record(connection, "recorded.pkt", new PacketdrillOptions { Profile = machine! }, tolerance, cancellationToken);
    }

    private void TellOfOthers(int count)
    {
        if (request.Connection is null && count > 1)
        {
            string others = count == 2 ? "is 1 other" : string.Create(CultureInfo.InvariantCulture, $"are {count - 1} others");
            console.Error.WriteLine($"sim record: this is TCP connection 1; there {others}, which --connection N takes");
        }
    }

    private int Write(RecordedScript recording, string name, string profile)
    {
        string path = request.Out.EndsWith(ScriptFiles.Extension, StringComparison.Ordinal) ? request.Out : Path.Combine(request.Out, name + ScriptFiles.Extension);
        if (request.Out == StandardOutput)
        {
            console.Output.Write(recording.Text);
            path = "the script";
        }
        else
        {
            OutputFiles.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            OutputFiles.Replace(path, recording.Text);
        }

        TextWriter verdict = request.Out == StandardOutput ? console.Error : console.Output;
        string with = profile == Profile.Linux.Name ? "" : $" with --profile {profile}";
        if (recording.Result.Failure is { } failure)
        {
            string place = failure.Position.IsKnown ? string.Create(CultureInfo.InvariantCulture, $"{path}:{failure.Position.Line}") : path;
            verdict.WriteLine($"FAIL {place}{with}: {failure.Message.ReplaceLineEndings(" ")}");
            return ExitStatus.ExpectationFailed;
        }

        verdict.WriteLine($"PASS {path}{with}");
        return ExitStatus.Success;
    }

    private static CapturedConnections Read(string path, CancellationToken cancellationToken)
    {
        try
        {
            return CapturedConnections.Read(path, cancellationToken);
        }
        catch (CaptureFormatException exception)
        {
            throw SimException.BadRequest($"sim record: {exception.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(path) ? "it is a folder; the name of a capture file would be right"
                : exception.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw SimException.BadRequest($"sim record: {path}: {reason}");
        }
    }
}
