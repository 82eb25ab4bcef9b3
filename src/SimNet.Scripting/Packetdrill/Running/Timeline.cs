using System.Globalization;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// When events are due, and whether they happened then. A relative time counts from when the event before really happened;
/// between two inbound packets in a row, from when the first was due.
/// </summary>
/// <param name="tolerance">How far from its time an event may be.</param>
/// <param name="tolerancePercent">The same in percent of the time since the event before; the larger one counts.</param>
internal sealed class Timeline(Duration tolerance, double tolerancePercent)
{
    // All times of a script together; what is computed from them then fits.
    private static readonly Duration Longest = Duration.FromSeconds(1_000_000_000);

    /// <summary>The instant of the script's time 0.</summary>
    public Instant Start { get; set; }

    /// <summary>The event before the current one.</summary>
    public ScheduledEvent? Last { get; private set; }

    /// <summary>Time since the script's beginning.</summary>
    public Duration ToScript(Instant live) => live - Start;

    /// <summary>The instant of a time since the script's beginning.</summary>
    public Instant ToLive(Duration script) => Start + script;

    /// <summary>Finds out when an event is due; called when the event before it is over.</summary>
    public ScheduledEvent Schedule(ScriptEvent next, Instant now)
    {
        EventTime time = next.Time;
        Duration offset = time.Kind is EventTimeKind.Absolute or EventTimeKind.AbsoluteRange ? Duration.Zero
            : Last is { } last && IsInboundPacket(last.Event) && IsInboundPacket(next) ? last.Time
            : ToScript(now);
        return new ScheduledEvent(
            next,
            time.Start + offset,
            (time.End ?? time.Start) + offset,
            time.BlockingEnd is { } end ? end + offset : null);
    }

    /// <summary>The event is over.</summary>
    public void Finish(ScheduledEvent done) => Last = done;

    /// <summary>How far the event may be from its time.</summary>
    public Duration ToleranceOf(ScheduledEvent scheduled) => ToleranceFor(scheduled.Time, Last?.Time);

    /// <summary>Whether the event happened in time; if not, what was expected and when it happened.</summary>
    /// <param name="scheduled">The event.</param>
    /// <param name="happened">When.</param>
    /// <param name="description">What it is, such as <c>outbound packet</c>.</param>
    public string? Verify(ScheduledEvent scheduled, Instant happened, string description)
    {
        Duration allowed = ToleranceOf(scheduled);
        Duration actual = ToScript(happened);
        if (scheduled.Event.Time.Kind == EventTimeKind.Any || (actual >= scheduled.Time - allowed && actual <= scheduled.End + allowed))
        {
            return null;
        }

        string when = scheduled.Event.Time.IsRange ? $"between {Text(scheduled.Time)} and {Text(scheduled.End)}" : $"at {Text(scheduled.Time)}";
        return $"expected {description} {when} s got it at {Text(actual)} s (tolerance {Text(allowed)} s)";
    }

    /// <summary>Whether a blocking call returned in time. The tolerance follows from its duration: what lies between is no matter.</summary>
    public string? VerifyReturn(ScheduledEvent call, Instant returned, string name)
    {
        Duration expected = call.BlockingEnd ?? call.Time;
        Duration allowed = ToleranceFor(expected, call.Time);
        Duration actual = ToScript(returned);
        return actual >= expected - allowed && actual <= expected + allowed
            ? null
            : $"expected {name}() to return at {Text(expected)} s got it at {Text(actual)} s (tolerance {Text(allowed)} s)";
    }

    /// <summary>Seconds with six decimals, as the tool writes them.</summary>
    public static string Text(Duration time) =>
        (time.Nanoseconds / 1_000_000_000m).ToString("0.000000", CultureInfo.InvariantCulture);

    /// <summary>What is wrong with the script's times that can be told before it is run.</summary>
    public static ScriptError? Check(PacketdrillScript script)
    {
        ScriptEvent? last = null;
        Duration sum = Duration.Zero;
        foreach (ScriptEvent next in script.Events)
        {
            EventTime time = next.Time;
            if (last is null && time.Start != Duration.Zero)
            {
                return new ScriptError(time.Position, $"the first event is at {Text(time.Start)} s; it shall be at 0");
            }

            if (last is not null && IsAbsolute(last) && IsAbsolute(next) && time.Start < last.Time.Start)
            {
                return new ScriptError(
                    time.Position, $"time goes back from {Text(last.Time.Start)} s to {Text(time.Start)} s; it shall not be before the event above");
            }

            sum += Duration.Max(time.End ?? time.Start, time.BlockingEnd ?? time.Start);
            if (sum > Longest)
            {
                return new ScriptError(time.Position, $"up to here the script lasts {Text(sum)} s; at most {Text(Longest)} s are possible");
            }

            last = next;
        }

        return null;
    }

    private static bool IsAbsolute(ScriptEvent one) => one.Time.Kind is EventTimeKind.Absolute or EventTimeKind.AbsoluteRange;

    private static bool IsInboundPacket(ScriptEvent one) => one is PacketEvent { Packet.Direction: PacketDirection.Inbound };

    private Duration ToleranceFor(Duration due, Duration? before)
    {
        if (before is not { } start)
        {
            return tolerance;
        }

        var share = new Duration((long)((due - start).Nanoseconds * (tolerancePercent / 100)));
        return Duration.Max(tolerance, share);
    }
}
