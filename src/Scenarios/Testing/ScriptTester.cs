using System.Diagnostics;
using System.Text;
using Scenarios.Running;
using SimNet.Capture;
using SimNet.Scripting;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Reports;
using SimNet.Scripting.Packetdrill.Running;

namespace Scenarios.Testing;

/// <summary>Runs one script once. Nothing is thrown but what the output folder refuses.</summary>
internal sealed class ScriptTester(TestRequest request)
{
    // More is no script: none of the suite's has 20 kB.
    private const long LongestScript = 16 << 20;

    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);

    /// <summary>Reads it, runs it, and writes its capture where one is asked for.</summary>
    /// <exception cref="SimException">The capture cannot be written.</exception>
    public TestedScript Run(ScriptFile file, PacketdrillIpVersion version)
    {
        long start = Stopwatch.GetTimestamp();
        TestedScript outcome = Read(file.FullPath, out string? text) is { } why
            ? Unreadable(file, version, [new ScriptError(file.Name, 0, 0, why)])
            : Run(file, version, text!);
        outcome = outcome with { Elapsed = Stopwatch.GetElapsedTime(start), Text = text };
        if (request.Out is { } folder && outcome.Result is { } result)
        {
            WriteCapture(Path.Combine(folder, CaptureName(file, version)), result);
        }

        return outcome;
    }

    /// <summary>The packetdrill options that the request means.</summary>
    public PacketdrillOptions Options(PacketdrillIpVersion version)
    {
        var options = new PacketdrillOptions { Profile = request.Profile, IpVersion = version, Macros = request.Macros };
        return request.Tolerance is { } tolerance ? options with { Tolerance = tolerance } : options;
    }

    /// <summary>A script's name for its capture; where it is run with several IP versions, with the version.</summary>
    private string CaptureName(ScriptFile file, PacketdrillIpVersion version) =>
        file.Stem + (request.IpVersions.Count > 1 ? "." + IpVersionNames.Of(version) : "") + ".pcapng";

    /// <summary>Writes a run's packets to a file whose folder is made where it is missing.</summary>
    public static void WriteCapture(string path, PacketdrillResult result)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            OutputFiles.CreateFolder(folder);
        }

        using Stream stream = OutputFiles.Create(path);
        try
        {
            result.WriteCapture(stream);
        }
        catch (CaptureWriteException failure)
        {
            throw new SimException(
                ExitStatus.EnvironmentRefused, $"{failure.Message}; {FailureReport.Advice(failure.InnerException ?? failure)}", failure);
        }
    }

    private TestedScript Run(ScriptFile file, PacketdrillIpVersion version, string text)
    {
        try
        {
            PacketdrillResult result = PacketdrillRunner.Run(text, file.Name, Options(version));
            return new TestedScript
            {
                File = file,
                IpVersion = version,
                Outcome = result.Passed ? ScriptOutcome.Passed : result.Failure?.UnsupportedFeature is null ? ScriptOutcome.Failed : ScriptOutcome.Unsupported,
                Failure = result.Failure,
                Result = result,
            };
        }
        catch (ScriptException exception)
        {
            return Unreadable(file, version, exception.Errors);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // One script that meets a mistake of the program's must not keep the others from being run.
            string message = $"this is a mistake in sim, please report it with the script: {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}";
            var failure = new PacketdrillFailure(new SourcePosition(file.Name, 0, 0), message);
            return new TestedScript { File = file, IpVersion = version, Outcome = ScriptOutcome.Failed, Failure = failure };
        }
    }

    private static TestedScript Unreadable(ScriptFile file, PacketdrillIpVersion version, IReadOnlyList<ScriptError> errors) =>
        new() { File = file, IpVersion = version, Outcome = ScriptOutcome.Broken, Errors = errors };

    /// <summary>The text of a file; or why there is none.</summary>
    public static string? Read(string path, out string? text)
    {
        text = null;
        try
        {
            var file = new FileInfo(path);
            if (file is { Exists: true, Length: > LongestScript })
            {
                return $"{file.Length} bytes are no script; the largest that is read has {LongestScript}";
            }

            text = File.ReadAllText(path, Utf8);
            return null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return "there is no such file";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return $"cannot be read: {exception.Message.ReplaceLineEndings(" ").Replace($" '{path}'", "", StringComparison.Ordinal).TrimEnd('.')}";
        }
    }
}
