using System.Text.Json;
using SimNet.Scripting.Results;

namespace SimNet.Scripting.Packetdrill.Reports;

/// <summary>Verdicts as JSON, <c>"schema": 1</c>. Fields are added in later versions, not changed.</summary>
internal static class VerdictJson
{
    /// <summary>Writes to a stream, which stays open; verdicts keep their order.</summary>
    public static void Write(IReadOnlyList<ScriptVerdict> verdicts, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, ResultJson.Options);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("version", ResultJson.Version());
        json.WriteNumber("passed", verdicts.Count(v => v.HasPassed));
        json.WriteNumber("failed", verdicts.Count(v => v.Outcome is ScriptOutcome.Failed or ScriptOutcome.Unsupported));
        json.WriteNumber("errors", verdicts.Count(v => v.Outcome == ScriptOutcome.Broken));
        ResultJson.List(json, "scripts", verdicts, Verdict);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    // "line" and "message" only where there is something to say.
    private static void Verdict(Utf8JsonWriter json, ScriptVerdict verdict)
    {
        json.WriteString("path", ReportText.Clean(verdict.Path));
        json.WriteString("ipVersion", ReportText.Clean(verdict.IpVersion));
        json.WriteString("verdict", verdict.Outcome switch
        {
            ScriptOutcome.Passed => "passed",
            ScriptOutcome.Failed => "failed",
            ScriptOutcome.Unsupported => "unsupported",
            _ => "error",
        });
        if (verdict.Line > 0)
        {
            json.WriteNumber("line", verdict.Line);
        }

        if (verdict.Message.Length > 0)
        {
            json.WriteString("message", ReportText.Clean(verdict.Message));
        }

        json.WriteNumber("seconds", Math.Round((decimal)verdict.Seconds, 6));
    }
}
