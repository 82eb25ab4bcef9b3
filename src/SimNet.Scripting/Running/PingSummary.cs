using System.Globalization;

namespace SimNet.Scripting.Running;

/// <summary>What came of a ping.</summary>
/// <param name="Sent">Requests sent.</param>
/// <param name="Received">Replies received.</param>
/// <param name="Minimum">The shortest round trip of a reply; zero without replies.</param>
/// <param name="Average">The mean round trip, rounded down to nanoseconds.</param>
/// <param name="Maximum">The longest.</param>
public sealed record PingSummary(int Sent, int Received, Duration Minimum, Duration Average, Duration Maximum)
{
    /// <summary>As ping(8) ends: <c>4 sent, 4 received, rtt min/avg/max 10/10/10 ms</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sent} sent, {Received} received")
        + (Received == 0 ? "" : $", rtt min/avg/max {Milliseconds(Minimum)}/{Milliseconds(Average)}/{Milliseconds(Maximum)} ms");

    internal static string Milliseconds(Duration time) => (time.Nanoseconds / 1_000_000m).ToString("0.###", CultureInfo.InvariantCulture);
}
