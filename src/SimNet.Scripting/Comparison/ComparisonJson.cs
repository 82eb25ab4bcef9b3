using System.Globalization;
using System.Text.Json.Nodes;

namespace SimNet.Scripting.Comparison;

/// <summary>A comparison's result as JSON, schema 1.</summary>
public static class ComparisonJson
{
    /// <summary>The document.</summary>
    public static JsonObject Of(ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new JsonObject
        {
            ["schema"] = 1,
            ["alike"] = result.AreAlike,
            ["a"] = Capture(result.A),
            ["b"] = Capture(result.B),
            ["times"] = result.Options.Tolerance.ToString(),
            ["windows"] = result.Options.AllWindows,
            ["packetsCompared"] = result.PacketsCompared,
            ["differenceCount"] = result.DifferenceCount,
            ["differingConversations"] = result.DifferingConversations,
            ["differences"] = new JsonArray([.. result.Differences.Select(Difference)]),
        };
    }

    private static JsonObject Capture(CaptureContent capture) => new()
    {
        ["name"] = capture.Name,
        ["frames"] = capture.FrameCount,
        ["unreadable"] = capture.UnreadableCount,
        ["conversations"] = capture.ConversationCount,
    };

    private static JsonObject Difference(CaptureDifference difference) => new()
    {
        ["conversation"] = difference.Conversation,
        ["field"] = ComparisonFields.Name(difference.Field),
        ["text"] = difference.Text,
        ["a"] = Packet(difference.A),
        ["b"] = Packet(difference.B),
        ["instead"] = Packet(difference.Instead),
    };

    private static JsonObject? Packet(ComparedPacket? packet) => packet is null ? null : new JsonObject
    {
        ["frame"] = packet.Frame,
        ["time"] = packet.Time is { } time ? (time.Nanoseconds / 1_000_000_000m).ToString("0.000000000", CultureInfo.InvariantCulture) : null,
        ["packet"] = packet.Text,
    };
}
