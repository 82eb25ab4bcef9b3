using System.Globalization;
using Scenarios.CommandLine;
using SimNet.Scripting;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Packetdrill;

namespace Scenarios.Testing;

/// <summary>Prints what came of scripts: a line for each, and what led to a failure where that is asked for.</summary>
internal sealed class TestPrinter(SimConsole console, TestRequest request)
{
    private const string Red = "31";
    private const string Green = "32";
    private const int PacketsBefore = 12;
    private const string Indent = "    ";

    private bool OutputIsJson => request.Json == JsonOption.StandardOutput;

    /// <summary>One script's line, on standard output; the errors of one that could not be read, on standard error.</summary>
    public void Print(ScriptOutcome outcome)
    {
        if (outcome.Verdict == ScriptVerdictKind.Unreadable)
        {
            foreach (ScriptError error in outcome.Errors)
            {
                console.Error.WriteLine(error);
            }

            console.Error.Flush();
            return;
        }

        if (OutputIsJson)
        {
            return;
        }

        console.Output.WriteLine(Line(outcome));
        if (request.Verbose)
        {
            Explain(outcome);
        }

        // Whoever watches a long run sees each script when it is done.
        console.Output.Flush();
    }

    /// <summary><c>2 passed, 1 failed</c></summary>
    public void PrintCount(IReadOnlyList<ScriptOutcome> outcomes)
    {
        if (OutputIsJson)
        {
            return;
        }

        int passed = outcomes.Count(o => o.Verdict == ScriptVerdictKind.Passed);
        int failed = outcomes.Count(o => o.Verdict == ScriptVerdictKind.Failed);
        console.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        console.Output.Flush();
    }

    /// <summary><c>PASS path</c> or <c>FAIL path:line: expected … got …</c>; with the IP version where there are several.</summary>
    public string Line(ScriptOutcome outcome)
    {
        string version = request.IpVersions.Count > 1 ? $" ({IpVersionNames.Of(outcome.IpVersion)})" : "";
        if (outcome.Failure is not { } failure)
        {
            return Coloured("PASS", Green) + $" {outcome.File.Name}{version}";
        }

        string place = failure.Position.IsKnown ? failure.Position.ToShortString() : outcome.File.Name;
        return Coloured("FAIL", Red) + $" {place}{version}: {failure.Message.ReplaceLineEndings(" ")}";
    }

    private void Explain(ScriptOutcome outcome)
    {
        foreach (string line in outcome.Result?.Output ?? [])
        {
            console.Output.WriteLine($"{Indent}the script says: {line}");
        }

        if (outcome.Failure is not { } failure)
        {
            return;
        }

        if (failure.ExpectedPacket is not null || failure.ActualPacket is not null)
        {
            console.Output.WriteLine($"{Indent}expected  {failure.ExpectedPacket ?? "nothing"}");
            console.Output.WriteLine($"{Indent}got       {failure.ActualPacket ?? "nothing"}");
        }

        if (outcome.Result is not { } result)
        {
            return;
        }

        IReadOnlyList<string> ladder = ScriptLadder.WriteEnd(result, PacketsBefore);
        foreach (string line in ladder)
        {
            console.Output.WriteLine(Indent + line);
        }

        if (LineOf(outcome, failure) is { } wrong)
        {
            string number = failure.Position.Line.ToString(CultureInfo.InvariantCulture);
            console.Output.WriteLine($"{Indent}{Coloured(">>>", Red)} line {number}: {wrong}");
        }
    }

    private static string? LineOf(ScriptOutcome outcome, PacketdrillFailure failure)
    {
        if (outcome.Text is null || !failure.Position.IsKnown)
        {
            return null;
        }

        string[] lines = outcome.Text.Split('\n');
        return failure.Position.Line <= lines.Length ? lines[failure.Position.Line - 1].Trim() : null;
    }

    private string Coloured(string text, string colour) => console.OutputHasColour ? $"\u001b[{colour}m{text}\u001b[0m" : text;
}
