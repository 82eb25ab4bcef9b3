using System.Globalization;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Reports;

namespace Scenarios.Testing;

/// <summary>
/// Runs scripts as <c>sim test</c> does: side by side, reported in order. A script that cannot be read is a failed one with file, line and
/// column; it stands on standard error too and makes the exit status 2. The others are run all the same, and the last line of the output
/// is the count.
/// </summary>
internal sealed class TestSession(SimConsole console, TestRequest request)
{
    private readonly ScriptTester _tester = new(request);

    /// <summary>Carries out the request.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">A path is wrong, or the environment refused.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        IReadOnlyList<ScriptFile> files = ScriptFiles.Find(request.Paths);
        List<TestedScript> scripts = RunAll(files, cancellationToken);
        return Finish(scripts, cancellationToken.IsCancellationRequested);
    }

    /// <summary>Runs these scripts and prints a line for each, in this order.</summary>
    public List<TestedScript> RunAll(IReadOnlyList<ScriptFile> files, CancellationToken cancellationToken)
    {
        (ScriptFile File, PacketdrillIpVersion Version)[] runs = [.. files.SelectMany(f => request.IpVersions.Select(v => (f, v)))];
        var scripts = new List<TestedScript>(runs.Length);
        var printer = new TestPrinter(console, request);
        using var line = new OrderedLine<TestedScript>(runs.Length, Math.Min(request.Jobs, runs.Length), i => _tester.Run(runs[i].File, runs[i].Version));
        while (!cancellationToken.IsCancellationRequested && line.TryTake(out TestedScript? script))
        {
            printer.Print(script);
            // The packets of thousands of scripts are not kept.
            scripts.Add(script with { Result = null, Text = null });
        }

        return scripts;
    }

    /// <summary>Writes the reports and the count; gives the exit status.</summary>
    public int Finish(IReadOnlyList<TestedScript> scripts, bool isStopped)
    {
        int unreadable = scripts.Where(s => s.Outcome == ScriptOutcome.Broken).DistinctBy(s => s.File.FullPath).Count();
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
        new TestPrinter(console, request).PrintCount(scripts);
        // Last: where a report cannot be written, the count is there all the same.
        TestReports.Write(request, scripts, console);
        return isStopped ? ExitStatus.Interrupted
            : unreadable > 0 ? ExitStatus.BadRequest
            : scripts.Any(o => o.Outcome is ScriptOutcome.Failed or ScriptOutcome.Unsupported) ? ExitStatus.ExpectationFailed
            : ExitStatus.Success;
    }
}
