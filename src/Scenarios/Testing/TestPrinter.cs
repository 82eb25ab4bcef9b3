using System.Globalization;
using Scenarios.CommandLine;
using SimNet.Scripting;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Reports;

namespace Scenarios.Testing;

/// <summary>Prints what came of scripts: a line for each, and what led to a failure where that is asked for.</summary>
internal sealed class TestPrinter(SimConsole console, TestRequest request)
{
    private const string Red = "31";
    private const string Green = "32";
    private const int PacketsBefore = 12;
    private const string Indent = "    ";

    private readonly HashSet<ScriptError> _errors = [];

    private bool OutputIsJson => request.Json == JsonOption.StandardOutput;

    /// <summary>
    /// One script's line, on standard output; the errors of one that could not be read on standard error as well, where whoever keeps
    /// the lines elsewhere sees them.
    /// </summary>
    public void Print(TestedScript script)
    {
        if (script.Outcome == ScriptOutcome.Broken)
        {
            // Once is enough, where every IP version has the same to say.
            foreach (ScriptError error in script.Errors.Where(_errors.Add))
            {
                console.Error.WriteLine(error);
            }

            console.Error.Flush();
        }

        if (OutputIsJson)
        {
            return;
        }

        console.Output.WriteLine(Line(script));
        if (request.Verbose && script.Outcome != ScriptOutcome.Broken)
        {
            Explain(script);
        }

        // Whoever watches a long run sees each script when it is done.
        console.Output.Flush();
    }

    /// <summary><c>2 passed, 1 failed</c></summary>
    public void PrintCount(IReadOnlyList<TestedScript> scripts)
    {
        if (OutputIsJson)
        {
            return;
        }

        int passed = scripts.Count(o => o.Outcome == ScriptOutcome.Passed);
        int failed = scripts.Count - passed;
        console.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        console.Output.Flush();
    }

    /// <summary><c>PASS path</c> or <c>FAIL path:line: expected … got …</c>; with the IP version where there are several.</summary>
    public string Line(TestedScript script)
    {
        string version = request.IpVersions.Count > 1 ? $" ({IpVersionNames.Of(script.IpVersion)})" : "";
        if (script.Outcome != ScriptOutcome.Broken)
        {
            return Line(script.File.Name, script.Failure, version);
        }

        ScriptError error = script.Errors[0];
        string place = error.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{error.File}:{error.Line}:{error.Column}") : script.File.Name;
        return Coloured("FAIL", Red) + $" {place}{version}: {error.Message}";
    }

    /// <summary>The same of a script by itself.</summary>
    public string Line(string name, PacketdrillFailure? failure, string version = "")
    {
        if (failure is null)
        {
            return Coloured("PASS", Green) + $" {name}{version}";
        }

        string place = failure.Position.IsKnown ? failure.Position.ToShortString() : name;
        return Coloured("FAIL", Red) + $" {place}{version}: {failure.Message.ReplaceLineEndings(" ")}";
    }

    private void Explain(TestedScript script)
    {
        foreach (string line in script.Result?.Output ?? [])
        {
            console.Output.WriteLine($"{Indent}the script says: {line}");
        }

        if (script.Failure is not { } failure)
        {
            return;
        }

        if (failure.ExpectedPacket is not null || failure.ActualPacket is not null)
        {
            console.Output.WriteLine($"{Indent}expected  {failure.ExpectedPacket ?? "nothing"}");
            console.Output.WriteLine($"{Indent}got       {failure.ActualPacket ?? "nothing"}");
        }

        if (script.Result is not { } result)
        {
            return;
        }

        IReadOnlyList<string> ladder = ScriptLadder.WriteEnd(result, PacketsBefore);
        foreach (string line in ladder)
        {
            console.Output.WriteLine(Indent + line);
        }

        if (LineOf(script, failure) is { } wrong)
        {
            string number = failure.Position.Line.ToString(CultureInfo.InvariantCulture);
            console.Output.WriteLine($"{Indent}{Coloured(">>>", Red)} line {number}: {wrong}");
        }
    }

    private static string? LineOf(TestedScript script, PacketdrillFailure failure)
    {
        if (script.Text is null || !failure.Position.IsKnown)
        {
            return null;
        }

        string[] lines = script.Text.Split('\n');
        return failure.Position.Line <= lines.Length ? lines[failure.Position.Line - 1].Trim() : null;
    }

    private string Coloured(string text, string colour) => console.OutputHasColour ? $"\u001b[{colour}m{text}\u001b[0m" : text;
}
