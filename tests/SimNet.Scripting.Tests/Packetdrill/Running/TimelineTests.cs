using SimNet.Scripting.Packetdrill.Running;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

public class TimelineTests
{
    private static readonly Instant Start = Instant.Zero + Duration.FromSeconds(5);

    [Theory]
    // The larger of 4 ms and 12.5 % of what passed since the event before, which was at 1 s.
    [InlineData("1.01 > . 1:1(0)", 1_006_000, true)]
    [InlineData("1.01 > . 1:1(0)", 1_005_999, false)]
    [InlineData("1.01 > . 1:1(0)", 1_014_000, true)]
    [InlineData("1.01 > . 1:1(0)", 1_014_001, false)]
    [InlineData("1.4 > . 1:1(0)", 1_350_000, true)]
    [InlineData("1.4 > . 1:1(0)", 1_349_999, false)]
    [InlineData("1.4 > . 1:1(0)", 1_450_000, true)]
    [InlineData("1.4 > . 1:1(0)", 1_450_001, false)]
    // Relative to when the event before happened, at 1.1 s; its own time stays what the tolerance counts from.
    [InlineData("+.3 > . 1:1(0)", 1_350_000, true)]
    [InlineData("+.3 > . 1:1(0)", 1_349_999, false)]
    [InlineData("+.1~+.3 > . 1:1(0)", 1_175_000, true)]
    [InlineData("+.1~+.3 > . 1:1(0)", 1_174_999, false)]
    [InlineData("+.1~+.3 > . 1:1(0)", 1_425_000, true)]
    [InlineData("+.1~+.3 > . 1:1(0)", 1_425_001, false)]
    [InlineData("1.2~1.3 > . 1:1(0)", 1_325_000, true)]
    [InlineData("1.2~1.3 > . 1:1(0)", 1_325_001, false)]
    [InlineData("* > . 1:1(0)", 99_000_000, true)]
    public void An_event_is_in_time_or_not(string line, long microseconds, bool inTime)
    {
        (Timeline timeline, ScheduledEvent scheduled) = Schedule("1 close(3) = 0", line, Duration.FromMilliseconds(1100));
        Assert.Equal(inTime, timeline.Verify(scheduled, Start + Duration.FromMicroseconds(microseconds), "it") is null);
    }

    [Theory]
    [InlineData("1 < . 1:1(0) win 1", "+.2 < . 1:1(0) win 1", 1_200)]
    [InlineData("1 < . 1:1(0) win 1", "+.2 > . 1:1(0)", 1_300)]
    [InlineData("1 > . 1:1(0)", "+.2 < . 1:1(0) win 1", 1_300)]
    [InlineData("1 close(3) = 0", "+.2 close(3) = 0", 1_300)]
    [InlineData("1 close(3) = 0", "1.4 close(3) = 0", 1_400)]
    public void Inbound_packets_in_a_row_count_from_when_the_first_was_due(string before, string line, long milliseconds)
    {
        (_, ScheduledEvent scheduled) = Schedule(before, line, Duration.FromMilliseconds(1100));
        Assert.Equal(Duration.FromMilliseconds(milliseconds), scheduled.Time);
    }

    [Theory]
    [InlineData("+.1...0.5 read(3, ..., 5) = 5", 1_600_000 - 50_000, true)]
    [InlineData("+.1...0.5 read(3, ..., 5) = 5", 1_600_000 - 50_001, false)]
    [InlineData("+.1...0.5 read(3, ..., 5) = 5", 1_600_000 + 50_001, false)]
    [InlineData("1.2...1.21 read(3, ..., 5) = 5", 1_206_000, true)]
    [InlineData("1.2...1.21 read(3, ..., 5) = 5", 1_205_999, false)]
    public void A_blocking_call_s_tolerance_follows_from_its_duration(string line, long microseconds, bool inTime)
    {
        (Timeline timeline, ScheduledEvent scheduled) = Schedule("1 close(3) = 0", line, Duration.FromMilliseconds(1100));
        Assert.Equal(inTime, timeline.VerifyReturn(scheduled, Start + Duration.FromMicroseconds(microseconds), "read") is null);
    }

    private static (Timeline Timeline, ScheduledEvent Scheduled) Schedule(string before, string line, Duration now)
    {
        PacketdrillScript script = PacketdrillParser.Parse($"0 close(3) = 0\n{before}\n{line}\n", "t.pkt", new Dictionary<string, string>());
        var timeline = new Timeline(Duration.FromMilliseconds(4), 12.5) { Start = Start };
        timeline.Finish(timeline.Schedule(script.Events[1], Start));
        return (timeline, timeline.Schedule(script.Events[2], Start + now));
    }
}
