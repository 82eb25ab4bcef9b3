using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>
/// Makes a script of a recorded connection. What the program did is not in a capture: the strictest way to explain the segments that the
/// simulated host follows to the end is taken, and if it follows none, the one that it follows furthest.
/// </summary>
internal static class ScriptRecorder
{
    // In microseconds: the usual tolerance, and what hosts whose timers tick need (jiffies of 4 ms and 10 ms, coarse timer wheels).
    private static readonly int[] Tolerances = [0, 10_000, 50_000];

    /// <summary>Writes the script and runs it.</summary>
    /// <param name="connection">What was recorded.</param>
    /// <param name="fileName">The script's name, for messages.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="tolerance">In microseconds, the only one to try; null: as little as is needed.</param>
    /// <exception cref="RecordingException">Something of the connection has no form in the language.</exception>
    public static Recording Record(RecordedConnection connection, string fileName, PacketdrillOptions options, int? tolerance = null)
    {
        Recording? best = null;
        var tried = new HashSet<string>(StringComparer.Ordinal);
        string head = Head(connection);
        foreach (CallPlan plan in Plans(connection, tolerance is { } one ? [one] : Tolerances))
        {
            string text = head + ScriptText.Write(connection, plan);
            if (!tried.Add(text))
            {
                continue;
            }

            var recording = new Recording(connection, plan, text, PacketdrillRunner.Run(text, fileName, options));
            if (recording.Result.Passed)
            {
                return recording;
            }

            best = best is null || Reached(recording) > Reached(best) ? recording : best;
        }

        return best!;
    }

    /// <summary>How many packets of the connection come before the line that does not hold.</summary>
    private static int Reached(Recording recording) => recording.Text.Split('\n').Take(recording.Result.Failure!.Position.Line - 1)
        .Count(l => l.Contains(" < ", StringComparison.Ordinal) || l.Contains(" > ", StringComparison.Ordinal));

    private static IEnumerable<CallPlan> Plans(RecordedConnection connection, int[] tolerances)
    {
        foreach (int tolerance in tolerances)
        {
            foreach (WindowPlan windows in (WindowPlan[])[WindowPlan.All, WindowPlan.Handshake, WindowPlan.None])
            {
                if (connection.KnownCalls is not null)
                {
                    yield return new CallPlan(true, default, default, windows, tolerance);
                }

                foreach (WritePlan writes in (WritePlan[])[WritePlan.Whole, WritePlan.Bursts, WritePlan.Segments])
                {
                    foreach (ReadPlan reads in (ReadPlan[])[ReadPlan.AfterBursts, ReadPlan.AtOnce, ReadPlan.Late])
                    {
                        yield return new CallPlan(false, reads, writes, windows, tolerance);
                    }
                }
            }
        }
    }

    private static string Head(RecordedConnection connection) =>
        $"// {connection.Name}, as its {(connection.IsActive ? "client" : "server")} saw it: recorded by sim record.\n";
}
