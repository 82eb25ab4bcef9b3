using SimNet.Bridge;
using SimStack;

namespace Scenarios.Bridge;

/// <summary>Whether a session's network was the scenario's: virtual time kept up, and no frame was lost outside of it.</summary>
internal static class BridgeFaith
{
    /// <summary>What made the run unfaithful; nothing when nothing did.</summary>
    public static IReadOnlyList<string> Complaints(BridgeSession session)
    {
        BridgeStatistics statistics = session.Statistics;
        var found = new List<string>();
        if (statistics.Slips > 0)
        {
            found.Add($"the machine did not keep up: virtual time stood still {Times(statistics.Slips)}, {Amounts.Time(statistics.Slipped)} in all, so that delays and rates were not the scenario's");
        }

        foreach ((_, FrameDevice device) in session.Devices)
        {
            if (device.Counters.RxDropped > 0)
            {
                found.Add($"{device.Name} lost {Amounts.Count(device.Counters.RxDropped, "frame")} on the way in");
            }

            if (device.Counters.TxDropped > 0)
            {
                found.Add($"{device.Name} did not take {Amounts.Count(device.Counters.TxDropped, "frame")}");
            }
        }

        return found;
    }

    /// <summary>The verdict in a line.</summary>
    public static string Verdict(BridgeSession session, Duration allowed)
    {
        BridgeStatistics statistics = session.Statistics;
        string kept = $"{Amounts.Time(statistics.Elapsed)} of real time, virtual time at most {Amounts.Time(statistics.LongestLag)} behind it ({Amounts.Time(allowed)} allowed), longest stall {Amounts.Time(statistics.LongestStall)}";
        IReadOnlyList<string> complaints = Complaints(session);
        return complaints.Count == 0 ? $"faithful: {kept}" : $"unfaithful: {string.Join("; ", complaints)}; {kept}";
    }

    private static string Times(long count) => count == 1 ? "once" : $"{Amounts.Number(count)} times";
}
