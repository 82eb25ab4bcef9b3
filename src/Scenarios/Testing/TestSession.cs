using System.Globalization;
using SimNet.Scripting.Packetdrill;

namespace Scenarios.Testing;

/// <summary>
/// Runs scripts as <c>sim test</c> does: side by side, reported in order. A script that cannot be read stands on standard error with file, line
/// and column, is counted neither as passed nor as failed, and makes the exit status 2; the others are run all the same, and the last line of
/// the output is the count.
/// </summary>
internal sealed class TestSession(SimConsole console, TestRequest request)
{
    private readonly ScriptTester _tester = new(request);
    private readonly TestPrinter _printer = new(console, request);

    /// <summary>Carries out the request.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">A path is wrong, or the environment refused.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        IReadOnlyList<ScriptFile> files = ScriptFiles.Find(request.Paths);
        TestReports.Check(request);
        List<ScriptOutcome> outcomes = RunAll(files, cancellationToken);
        return Finish(outcomes, cancellationToken.IsCancellationRequested);
    }

    /// <summary>Runs these scripts and prints a line for each, in this order.</summary>
    public List<ScriptOutcome> RunAll(IReadOnlyList<ScriptFile> files, CancellationToken cancellationToken)
    {
        (ScriptFile File, PacketdrillIpVersion Version)[] runs = [.. files.SelectMany(f => request.IpVersions.Select(v => (f, v)))];
        var outcomes = new List<ScriptOutcome>(runs.Length);
        using var line = new OrderedLine<ScriptOutcome>(runs.Length, Math.Min(request.Jobs, runs.Length), i => _tester.Run(runs[i].File, runs[i].Version));
        while (!cancellationToken.IsCancellationRequested && line.TryTake(out ScriptOutcome? outcome))
        {
            _printer.Print(outcome);
            // The packets of thousands of scripts are not kept.
            outcomes.Add(outcome with { Result = null, Text = null });
        }

        return outcomes;
    }

    /// <summary>Writes the reports and the count; gives the exit status.</summary>
    public int Finish(IReadOnlyList<ScriptOutcome> outcomes, bool isStopped)
    {
        TestReports.Write(request, outcomes, console);
        int unreadable = outcomes.Count(o => o.Verdict == ScriptVerdictKind.Unreadable);
        if (unreadable > 0)
        {
            console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"sim test: {unreadable} {(unreadable == 1 ? "script" : "scripts")} could not be read and {(unreadable == 1 ? "was" : "were")} not run"));
        }

        if (isStopped)
        {
            console.Error.WriteLine("sim test: stopped; these are the scripts that were run until then");
        }

        console.Error.Flush();
        _printer.PrintCount(outcomes);
        return isStopped ? ExitStatus.Interrupted
            : unreadable > 0 ? ExitStatus.BadRequest
            : outcomes.Any(o => o.Verdict == ScriptVerdictKind.Failed) ? ExitStatus.ExpectationFailed
            : ExitStatus.Success;
    }
}
