using System.Globalization;
using System.Text;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimNet.Scripting.Tables;
using SimStack;
using SimStack.Sockets;
using SimStack.Wire;

namespace Scenarios.Running;

/// <summary>Prints a run's result: the ladder, the tables that the script asks for, the verdicts.</summary>
internal static class ResultPrinter
{
    private const string Red = "31";
    private const string Green = "32";
    private const int MostApplicationLines = 50;

    /// <summary>Prints all that was asked for; without verdicts where nobody asks for them.</summary>
    public static void Print(RunResult result, RunRequest request, SimConsole console, bool verdicts = true)
    {
        if (!request.Quiet)
        {
            PrintLadder(result, request.Ladder, console);
            PrintTables(result, console.Output);
            PrintApplications(result, console.Output);
        }

        if (verdicts)
        {
            PrintVerdicts(result, request.Quiet, console);
        }
    }

    /// <summary>A verdict's line; its first word has a colour where the output has.</summary>
    public static string Coloured(Verdict verdict, SimConsole console)
    {
        string line = verdict.ToString();
        return console.OutputHasColour ? Colour(line[..4], verdict.Passed ? Green : Red) + line[4..] : line;
    }

    private static void PrintLadder(RunResult result, LadderAmount amount, SimConsole console)
    {
        if (amount == LadderAmount.None)
        {
            return;
        }

        LadderOptions options = amount.IsAutomatic ? new LadderOptions() : new LadderOptions { Rows = amount.Lines };
        foreach (string line in LadderWriter.Write(result, options))
        {
            // Only what never arrived has a cross.
            console.Output.WriteLine(console.OutputHasColour && line.Contains('✗', StringComparison.Ordinal) ? Colour(line, Red) : line);
        }

        console.Output.WriteLine();
    }

    private static void PrintTables(RunResult result, TextWriter output)
    {
        foreach (TableRequest table in result.Scenario.Tables)
        {
            if (result.Table(table.Host, table.At) is not { } found)
            {
                continue;
            }

            output.WriteLine($"{table.Host} at {Seconds(found.Time)} s, {Command(table.Form, found.Rows)}:");
            foreach (string line in table.Form == TableForm.Nstat ? CounterTable.Nstat(found.Counters) : SocketTable.Print(found.Rows, table.Form))
            {
                output.WriteLine(line);
            }

            output.WriteLine();
        }
    }

    // The command that prints these rows: ss lists UDP only when asked.
    private static string Command(TableForm form, IReadOnlyList<SocketTableRow> rows) => form switch
    {
        TableForm.Netstat => "netstat -na",
        TableForm.SsInfo => "ss -tinoa",
        TableForm.Nstat => "nstat -a",
        _ => rows.Any(r => r.Protocol == IpProtocol.Udp) ? "ss -tuan" : "ss -tan",
    };

    private static void PrintApplications(RunResult result, TextWriter output)
    {
        if (result.Log.Count == 0)
        {
            return;
        }

        int width = result.Log.Max(l => l.Host.Length + l.Application.Length) + 1;
        output.WriteLine("applications:");
        foreach (ApplicationRecord line in result.Log.Take(MostApplicationLines))
        {
            output.WriteLine($"{Seconds(line.Time),14}  {(line.Host + " " + line.Application).PadRight(width)}  {line.Text}");
        }

        if (result.Log.Count > MostApplicationLines)
        {
            output.WriteLine($"{result.Log.Count - MostApplicationLines,14} more in the .json file");
        }

        output.WriteLine();
    }

    private static void PrintVerdicts(RunResult result, bool onlyFailures, SimConsole console)
    {
        foreach (Verdict verdict in result.Verdicts.Where(v => !v.Passed || !onlyFailures))
        {
            console.Output.WriteLine(Coloured(verdict, console));
        }

        if (!onlyFailures)
        {
            console.Output.WriteLine(Summary(result));
        }
    }

    private static string Summary(RunResult result)
    {
        int failed = result.Verdicts.Count(v => !v.Passed);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{result.Scenario.Name}: {result.Verdicts.Count - failed} passed, {failed} failed; ");
        text.Append(CultureInfo.InvariantCulture, $"{Seconds(result.End)} s simulated, seed {result.Seed}, {result.Drops} {(result.Drops == 1 ? "packet" : "packets")} lost");
        return text.ToString();
    }

    private static string Seconds(Instant time) => (time.Nanoseconds / 1_000_000_000m).ToString("0.######", CultureInfo.InvariantCulture);

    private static string Colour(string text, string colour) => $"\u001b[{colour}m{text}\u001b[0m";
}
