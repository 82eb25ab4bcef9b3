using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using SimNet.Scripting.Packetdrill.Reports;

namespace SimNet.Scripting.Tests.Packetdrill.Reports;

public class ReportTests
{
    private static readonly ScriptVerdict[] Verdicts =
    [
        new("tcp/close/a.pkt", "ipv4", ScriptOutcome.Passed, 0, "", 0.25),
        new("tcp/close/a.pkt", "ipv6", ScriptOutcome.Failed, 12, "expected `P. 1:1001(1000) ack 1 <nop>` got \"& nothing\"", 1.5),
        new("b.pkt", "ipv4", ScriptOutcome.Unsupported, 3, "TCP_FASTOPEN is not supported yet", 0),
        new("../x.y/c.pkt", "ipv4", ScriptOutcome.Broken, 7, "unexpected `\u0001\ud800\ufffe`\nnext", 0.0000014),
        new("/d.pkt", "ipv4", ScriptOutcome.Failed, 0, "cannot be read", 0),
    ];

    private static string JUnit(IReadOnlyList<ScriptVerdict> verdicts)
    {
        using MemoryStream stream = new();
        JUnitReport.Write(verdicts, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    [Fact]
    public void JUnitTextIsTheExpectedOne() => Assert.Equal(
        """
        <?xml version="1.0" encoding="utf-8"?>
        <testsuites name="packetdrill" tests="2" failures="1" errors="0" skipped="0" time="1.750000">
          <testsuite name="ipv4" tests="1" failures="0" errors="0" skipped="0" time="0.250000">
            <testcase name="a.pkt" classname="ipv4.tcp.close" file="tcp/close/a.pkt" time="0.250000" />
          </testsuite>
          <testsuite name="ipv6" tests="1" failures="1" errors="0" skipped="0" time="1.500000">
            <testcase name="a.pkt" classname="ipv6.tcp.close" file="tcp/close/a.pkt" line="12" time="1.500000">
              <failure message="expected `P. 1:1001(1000) ack 1 &lt;nop&gt;` got &quot;&amp; nothing&quot;" type="mismatch">tcp/close/a.pkt:12: expected `P. 1:1001(1000) ack 1 &lt;nop&gt;` got "&amp; nothing"</failure>
            </testcase>
          </testsuite>
        </testsuites>

        """.ReplaceLineEndings("\n"),
        JUnit(Verdicts[..2]));

    /// <summary>What the schemas in use agree on: Jenkins' junit-10.xsd, Ant's, and GitLab's reader.</summary>
    [Fact]
    public void JUnitKeepsWhatReadersOfItNeed()
    {
        XElement root = XDocument.Parse(JUnit(Verdicts)).Root!;
        Assert.Equal("testsuites", root.Name);
        CheckCounts(root, root.Descendants("testcase"));
        string[] known = ["name", "tests", "failures", "errors", "skipped", "time", "classname", "file", "line", "message", "type"];
        Assert.Empty(root.DescendantsAndSelf().Attributes().Select(a => a.Name.LocalName).Except(known));
        foreach (XElement suite in root.Elements())
        {
            Assert.Equal("testsuite", suite.Name);
            Assert.NotEmpty(suite.Attribute("name")!.Value);
            CheckCounts(suite, suite.Elements("testcase"));
            foreach (XElement one in suite.Elements())
            {
                Assert.Equal("testcase", one.Name);
                Assert.NotEmpty(one.Attribute("name")!.Value);
                Assert.NotEmpty(one.Attribute("classname")!.Value);
                Assert.True(double.Parse(one.Attribute("time")!.Value, CultureInfo.InvariantCulture) >= 0);
                XElement? bad = one.Elements().SingleOrDefault();
                Assert.True(bad is null || (bad.Name.LocalName is "failure" or "error" && bad.Attribute("message") is not null
                    && bad.Attribute("type") is not null && bad.Value.Length > 0));
            }
        }

        // A name is unique: readers that keep a history take classname and name for the key.
        Assert.Equal(Verdicts.Length, root.Descendants("testcase").Select(c => (c.Attribute("classname")!.Value, c.Attribute("name")!.Value)).Distinct().Count());
    }

    private static void CheckCounts(XElement element, IEnumerable<XElement> cases)
    {
        XElement[] all = [.. cases];
        Assert.Equal(all.Length, (int)element.Attribute("tests")!);
        Assert.Equal(all.Count(c => c.Element("failure") is not null), (int)element.Attribute("failures")!);
        Assert.Equal(all.Count(c => c.Element("error") is not null), (int)element.Attribute("errors")!);
        Assert.Equal(0, (int)element.Attribute("skipped")!);
    }

    [Fact]
    public void WhatXmlCannotHoldIsReplaced()
    {
        XElement error = XDocument.Parse(JUnit(Verdicts)).Descendants("error").Single();
        Assert.Equal("unexpected `\ufffd\ufffd\ufffd`\nnext", error.Attribute("message")!.Value);
        Assert.Equal("../x.y/c.pkt:7: unexpected `\ufffd\ufffd\ufffd`\nnext", error.Value);
        Assert.Equal("ipv4.x_y", error.Parent!.Attribute("classname")!.Value);
        StringBuilder every = new();
        for (int c = 0; c <= 0xFFFF; c++)
        {
            every.Append((char)c);
        }

        ScriptVerdict odd = new(every.ToString(), "ipv4", ScriptOutcome.Failed, 1, every.ToString(), 0);
        using var reader = XmlReader.Create(new StringReader(JUnit([odd])), new XmlReaderSettings { CheckCharacters = true });
        while (reader.Read())
        {
        }
    }

    [Fact]
    public void NoVerdictsMakeAnEmptyReport()
    {
        Assert.Equal(0, (int)XDocument.Parse(JUnit([])).Root!.Attribute("tests")!);
        Assert.Equal(0, Json([]).GetProperty("scripts").GetArrayLength());
    }

    private static JsonElement Json(IReadOnlyList<ScriptVerdict> verdicts)
    {
        using MemoryStream stream = new();
        VerdictJson.Write(verdicts, stream);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    [Fact]
    public void JsonHoldsEveryVerdict()
    {
        JsonElement root = Json(Verdicts);
        Assert.Equal((1, 1, 3), (root.GetProperty("schema").GetInt32(), root.GetProperty("passed").GetInt32(), root.GetProperty("failed").GetInt32()));
        string[] scripts = [.. root.GetProperty("scripts").EnumerateArray().Select(s => JsonSerializer.Serialize(s))];
        Assert.Equal("""{"path":"tcp/close/a.pkt","ipVersion":"ipv4","verdict":"passed","seconds":0.25}""", scripts[0]);
        Assert.Equal("""{"path":"b.pkt","ipVersion":"ipv4","verdict":"unsupported","line":3,"message":"TCP_FASTOPEN is not supported yet","seconds":0}""", scripts[2]);
        JsonElement broken = root.GetProperty("scripts")[3];
        Assert.Equal(("error", 7), (broken.GetProperty("verdict").GetString(), broken.GetProperty("line").GetInt32()));
        Assert.Equal("unexpected `\ufffd\ufffd\ufffd`\nnext", broken.GetProperty("message").GetString());
        Assert.Equal(0.000001, broken.GetProperty("seconds").GetDouble());
    }
}
