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

    private static readonly WindowPlan[] Windows = [WindowPlan.All, WindowPlan.Handshake, WindowPlan.None];

    /// <summary>Writes the script and runs it.</summary>
    /// <param name="connection">What was recorded.</param>
    /// <param name="fileName">The script's name, for messages.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="tolerance">In microseconds, the only one to try; null: as little as is needed.</param>
    /// <param name="cancellationToken">Stops it between two attempts.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="RecordingException">Something of the connection has no form in the language.</exception>
    public static RecordedScript Record(RecordedConnection connection, string fileName, PacketdrillOptions options, int? tolerance = null, CancellationToken cancellationToken = default)
    {
        var tried = new Dictionary<string, RecordedScript>(StringComparer.Ordinal);
        RecordedScript? best = null;
        foreach (CallPlan plan in Plans(connection))
        {
            RecordedScript recording = Relax(plan with { ToleranceMicroseconds = tolerance ?? 0 });
            best = best is null || IsBetter(recording, best) ? recording : best;
            if (IsStrictest(recording))
            {
                return recording;
            }
        }

        return best!;

        // What a script compares is given up only where it does not hold.
        RecordedScript Relax(CallPlan plan)
        {
            RecordedScript? usual = null;
            while (true)
            {
                RecordedScript recording = Try(plan);
                if (recording.Result.Failure is not { } failure)
                {
                    return recording;
                }

                usual = plan.ToleranceMicroseconds == (tolerance ?? 0) ? recording : usual;

                if (failure.Difference == "window" && plan.Windows != Windows[^1])
                {
                    plan = plan with { Windows = Windows[Array.IndexOf(Windows, plan.Windows) + 1] };
                }
                else if (failure.Message.Contains("(tolerance ", StringComparison.Ordinal) && tolerance is null && plan.ToleranceMicroseconds != Tolerances[^1])
                {
                    plan = plan with { ToleranceMicroseconds = Tolerances[Array.IndexOf(Tolerances, plan.ToleranceMicroseconds) + 1] };
                }
                else
                {
                    // More time did not help; then it is none of the matter.
                    return usual!;
                }
            }
        }

        RecordedScript Try(CallPlan plan)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string text = Head(connection) + ScriptText.Write(connection, plan);
            if (!tried.TryGetValue(text, out RecordedScript? recording))
            {
                tried[text] = recording = new RecordedScript(connection, plan, text, PacketdrillRunner.Run(text, fileName, options));
            }

            return recording;
        }
    }

    private static bool IsStrictest(RecordedScript recording) => recording is { Result.Passed: true, Plan: { Windows: WindowPlan.All, ToleranceMicroseconds: 0 } };

    private static bool IsBetter(RecordedScript one, RecordedScript other)
    {
        if (one.Result.Passed != other.Result.Passed)
        {
            return one.Result.Passed;
        }

        return one.Result.Passed
            ? (one.Plan.ToleranceMicroseconds, one.Plan.Windows).CompareTo((other.Plan.ToleranceMicroseconds, other.Plan.Windows)) < 0
            : Reached(one) > Reached(other);
    }

    /// <summary>How many packets of the connection come before the line that does not hold.</summary>
    private static int Reached(RecordedScript recording) => recording.Text.Split('\n').Take(recording.Result.Failure!.Position.Line - 1)
        .Count(l => l.Contains(" < ", StringComparison.Ordinal) || l.Contains(" > ", StringComparison.Ordinal));

    private static IEnumerable<CallPlan> Plans(RecordedConnection connection)
    {
        if (connection.KnownCalls is not null)
        {
            yield return new CallPlan(true, default, default, WindowPlan.All);
            yield return new CallPlan(true, default, default, WindowPlan.All, HasCard: true);
        }

        foreach (WritePlan writes in (WritePlan[])[WritePlan.Whole, WritePlan.Bursts, WritePlan.Segments])
        {
            foreach (ReadPlan reads in (ReadPlan[])[ReadPlan.AfterBursts, ReadPlan.AtOnce, ReadPlan.Late])
            {
                yield return new CallPlan(false, reads, writes, WindowPlan.All);
                yield return new CallPlan(false, reads, writes, WindowPlan.All, HasCard: true);
            }
        }
    }

    private static string Head(RecordedConnection connection) =>
        $"// {connection.Name}, as its {(connection.IsActive ? "client" : "server")} saw it: recorded by sim record.\n";
}
