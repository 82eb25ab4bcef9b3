using Scenarios.CommandLine;
using Scenarios.Running;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimNet.Scripting.Tables;
using SimStack.Sockets;
using SimStack.Tcp;

namespace Scenarios.Bridge;

/// <summary>What a bridge session says at its end: what went through devices and links, the hosts' sockets, what steps expected, how well time was kept.</summary>
internal static class BridgeReport
{
    private const int MostRows = 20;

    /// <summary>Prints it, or writes it as JSON.</summary>
    /// <returns>The exit status.</returns>
    public static int Write(BridgeRequest request, LiveScenario live, BridgeSession session, SimConsole console)
    {
        int status = live.StepsFailed > 0 ? ExitStatus.ExpectationFailed : ExitStatus.Success;
        if (JsonOption.Write(request.Json, BridgeJson.Write(live, session), console))
        {
            return status;
        }

        TextWriter output = console.Output;
        if (!request.Quiet)
        {
            WriteTraffic(live, session, output);
            foreach (SimHost host in live.Simulation.Hosts)
            {
                WriteSockets(live, host, output);
            }
        }

        foreach (Verdict failure in live.Failures)
        {
            output.WriteLine(ResultPrinter.Coloured(failure, console));
        }

        if (!request.Quiet && live.StepsJudged > 0)
        {
            output.WriteLine($"{Amounts.Number(live.StepsJudged - live.StepsFailed)} of {Amounts.Count(live.StepsJudged, "step")} {(live.StepsJudged == 1 ? "was" : "were")} as expected");
        }

        if (!request.Quiet || BridgeFaith.Complaints(session).Count > 0)
        {
            output.WriteLine(BridgeFaith.Verdict(session, request.Options.MaxLag));
        }

        return status;
    }

    /// <summary>What a direction of a link did to frames, in a few words; empty when all of them arrived as they were.</summary>
    public static string Effects(LinkCounters counters)
    {
        var parts = new List<string>();
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            if (reason != DropReason.None && counters.Dropped(reason) > 0)
            {
                parts.Add($"{Amounts.Number(counters.Dropped(reason))} dropped ({reason.ToText()})");
            }
        }

        foreach ((long count, string what) in ((long, string)[])
            [(counters.HeldBack, "held back"), (counters.Copies, "duplicated"), (counters.Corrupted, "corrupted"), (counters.Edited, "edited"), (counters.Marked, "marked CE")])
        {
            if (count > 0)
            {
                parts.Add($"{Amounts.Number(count)} {what}");
            }
        }

        return string.Join(", ", parts);
    }

    private static void WriteTraffic(LiveScenario live, BridgeSession session, TextWriter output)
    {
        foreach ((BridgePort port, FrameDevice device) in session.Devices)
        {
            DeviceCounters c = device.Counters;
            output.WriteLine(
                $"{port.Name} ({device.Name}): {Amounts.Count(c.RxFrames, "frame")} in, {Amounts.Bytes(c.RxBytes)}; {Amounts.Count(c.TxFrames, "frame")} out, {Amounts.Bytes(c.TxBytes)}"
                + (c.RxDropped + c.TxDropped + c.RxErrors == 0 ? "" : $"; dropped {Amounts.Number(c.RxDropped)} in, {Amounts.Number(c.TxDropped)} out; {Amounts.Number(c.RxErrors)} bad"));
        }

        foreach (LinkDirection direction in live.Simulation.Links.SelectMany(l => (LinkDirection[])[l.AToB, l.BToA]))
        {
            if (Effects(direction.Counters) is { Length: > 0 } effects)
            {
                output.WriteLine($"{direction.From.Name} -> {direction.To.Name}: of {Amounts.Count(direction.Counters.Sent, "frame")} {effects}");
            }
        }
    }

    private static void WriteSockets(LiveScenario live, SimHost host, TextWriter output)
    {
        var rows = new List<SocketTableRow>();
        host.Stack.GetSocketTable(rows);
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine($"{host.Name} at the end:");
        foreach (string line in SocketTable.Print(rows, TableForm.Ss).Take(MostRows + 1))
        {
            output.WriteLine("  " + line);
        }

        if (rows.Count > MostRows)
        {
            output.WriteLine($"  and {Amounts.Number(rows.Count - MostRows)} more; in all {States(rows)}");
        }
    }

    private static string States(List<SocketTableRow> rows) => string.Join(", ", rows
        .Where(r => r.Protocol == SimStack.Wire.IpProtocol.Tcp).GroupBy(r => r.State).OrderBy(g => g.Key).Select(g => $"{Amounts.Number(g.Count())} {g.Key.ToSsName()}"));
}
