using System.Globalization;
using System.Text;
using System.Xml;

namespace SimNet.Scripting.Packetdrill.Reports;

/// <summary>
/// Verdicts as the JUnit XML that CI systems read: <c>testsuites</c>, a <c>testsuite</c> for each IP version, a <c>testcase</c> for each
/// script. A line that did not hold, and what is not supported, is a <c>failure</c>; a script that could not be read an <c>error</c>.
/// </summary>
internal static class JUnitReport
{
    /// <summary>Writes to a stream, which stays open; verdicts keep their order within an IP version.</summary>
    public static void Write(IReadOnlyList<ScriptVerdict> verdicts, Stream stream)
    {
        XmlWriterSettings settings = new() { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false), CloseOutput = false };
        using var xml = XmlWriter.Create(stream, settings);
        xml.WriteStartDocument();
        xml.WriteStartElement("testsuites");
        Attribute(xml, "name", "packetdrill");
        Counts(xml, verdicts);
        foreach (IGrouping<string, ScriptVerdict> suite in verdicts.GroupBy(v => v.IpVersion, StringComparer.Ordinal))
        {
            ScriptVerdict[] scripts = [.. suite];
            xml.WriteStartElement("testsuite");
            Attribute(xml, "name", suite.Key);
            Counts(xml, scripts);
            foreach (ScriptVerdict verdict in scripts)
            {
                Case(xml, verdict);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndDocument();
        xml.Flush();
        xml.Close();
        stream.WriteByte((byte)'\n');
    }

    private static void Counts(XmlWriter xml, IReadOnlyList<ScriptVerdict> verdicts)
    {
        Number(xml, "tests", verdicts.Count);
        Number(xml, "failures", verdicts.Count(v => v.Outcome is ScriptOutcome.Failed or ScriptOutcome.Unsupported));
        Number(xml, "errors", verdicts.Count(v => v.Outcome == ScriptOutcome.Broken));
        Number(xml, "skipped", 0);
        Attribute(xml, "time", Seconds(verdicts.Sum(v => v.Seconds)));
    }

    private static void Case(XmlWriter xml, ScriptVerdict verdict)
    {
        (string folder, string name) = Split(verdict.Path);
        xml.WriteStartElement("testcase");
        Attribute(xml, "name", name);
        Attribute(xml, "classname", $"{verdict.IpVersion}{(folder.Length > 0 ? "." : "")}{folder}");
        Attribute(xml, "file", verdict.Path);
        if (verdict.Line > 0)
        {
            Number(xml, "line", verdict.Line);
        }

        Attribute(xml, "time", Seconds(verdict.Seconds));
        if (!verdict.HasPassed)
        {
            string place = verdict.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{verdict.Path}:{verdict.Line}") : verdict.Path;
            xml.WriteStartElement(verdict.Outcome == ScriptOutcome.Broken ? "error" : "failure");
            Attribute(xml, "message", verdict.Message);
            Attribute(xml, "type", verdict.Outcome switch
            {
                ScriptOutcome.Unsupported => "unsupported",
                ScriptOutcome.Broken => "script",
                _ => "mismatch",
            });
            xml.WriteString(ReportText.Clean($"{place}: {verdict.Message}"));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    // CI systems show classes as a tree by their dots.
    private static (string Folder, string Name) Split(string path)
    {
        string slashes = path.Replace('\\', '/');
        int last = slashes.LastIndexOf('/');
        string folder = last < 0 ? "" : slashes[..last];
        return (folder.Replace("..", "", StringComparison.Ordinal).Trim('/', '.').Replace('.', '_').Replace('/', '.'), slashes[(last + 1)..]);
    }

    private static void Attribute(XmlWriter xml, string name, string value) => xml.WriteAttributeString(name, ReportText.Clean(value));

    private static void Number(XmlWriter xml, string name, int value) =>
        xml.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    private static string Seconds(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);
}
