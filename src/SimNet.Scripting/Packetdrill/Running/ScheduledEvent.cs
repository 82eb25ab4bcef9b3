using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>An event of the script with its times since the script's beginning, once it is known what they count from.</summary>
/// <param name="Event">The line.</param>
/// <param name="Time">When it is due, or the earliest of a range.</param>
/// <param name="End">The latest of a range; otherwise as <see cref="Time"/>.</param>
/// <param name="BlockingEnd">When a blocking call shall return; null for all else.</param>
internal sealed record ScheduledEvent(ScriptEvent Event, Duration Time, Duration End, Duration? BlockingEnd);
