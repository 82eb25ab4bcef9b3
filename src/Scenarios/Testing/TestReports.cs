using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Scripting.Packetdrill.Reports;

namespace Scenarios.Testing;

/// <summary>The documents that tell other programs what came of a test run.</summary>
internal static class TestReports
{
    /// <summary>Writes what is asked for.</summary>
    /// <exception cref="SimException">A file cannot be written.</exception>
    public static void Write(TestRequest request, IReadOnlyList<TestedScript> scripts, SimConsole console)
    {
        ScriptVerdict[] verdicts = [.. scripts.Select(Verdict)];
        try
        {
            if (request.Junit is { } junit)
            {
                OutputFiles.Write(junit, Text(stream => JUnitReport.Write(verdicts, stream)), "--junit FILE");
            }
        }
        finally
        {
            // One report that cannot be written must not cost the other.
            if (request.Json is { } json)
            {
                JsonOption.Write(json, Text(stream => VerdictJson.Write(verdicts, stream)).TrimEnd(), console);
            }
        }
    }

    private static ScriptVerdict Verdict(TestedScript script)
    {
        string version = IpVersionNames.Of(script.IpVersion);
        double seconds = script.Elapsed.TotalSeconds;
        return script.Errors.Count > 0
            ? new ScriptVerdict(script.File.Name, version, script.Outcome, script.Errors[0].Line, string.Join('\n', script.Errors.Select(e => e.Message)), seconds)
            : new ScriptVerdict(script.File.Name, version, script.Outcome, script.Failure?.Position.Line ?? 0, script.Failure?.Message ?? "", seconds);
    }

    private static string Text(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
