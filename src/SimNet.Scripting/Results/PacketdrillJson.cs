using System.Text.Json;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Results;

/// <summary>
/// Writes what came of a packetdrill script as JSON, <c>"schema": 1</c>: the same bytes for the same run. Times are seconds since the
/// script's beginning.
/// </summary>
internal static class PacketdrillJson
{
    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="name">The script's.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="options">How it was run.</param>
    /// <param name="stream">Where to.</param>
    public static void Write(string name, PacketdrillResult result, PacketdrillOptions options, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, ResultJson.Options);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("script", name);
        json.WriteString("version", ResultJson.Version());
        json.WriteNumber("seed", options.Seed);
        json.WriteString("profile", options.Profile.Name);
        json.WriteNumber("end", result.Duration.Nanoseconds / 1_000_000_000m);
        json.WriteBoolean("passed", result.Passed);
        if (result.Failure is { } failure)
        {
            json.WriteStartObject("failure");
            Failure(json, failure);
            json.WriteEndObject();
        }

        json.WriteStartArray("output");
        foreach (string line in result.Output)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        ResultJson.List(json, "packets", ScriptLadder.Records(result), Packet);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void Failure(Utf8JsonWriter json, PacketdrillFailure failure)
    {
        if (failure.Position.IsKnown)
        {
            json.WriteNumber("line", failure.Position.Line);
            json.WriteNumber("column", failure.Position.Column);
        }

        json.WriteString("message", failure.Message);
        WriteSaid(json, "unsupported", failure.UnsupportedFeature);
        WriteSaid(json, "expected", failure.ExpectedPacket);
        WriteSaid(json, "got", failure.ActualPacket);
    }

    private static void WriteSaid(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Packet(Utf8JsonWriter json, PacketRecord packet)
    {
        json.WriteNumber("time", (packet.Time - Instant.Zero).Nanoseconds / 1_000_000_000m);
        json.WriteString("direction", packet.Outbound ? "outbound" : "inbound");
        if (packet.Segment is not { } segment)
        {
            json.WriteString("text", packet.Text);
            return;
        }

        json.WriteString("source", segment.Source.ToString());
        json.WriteString("destination", segment.Destination.ToString());
        json.WriteString("flags", FlagNames.Of(segment.Flags));
        json.WriteNumber("seq", segment.Seq.Value);
        json.WriteNumber("ack", segment.Ack.Value);
        json.WriteNumber("window", segment.Window);
        json.WriteNumber("length", segment.Length);
        json.WriteString("options", segment.Options);
    }
}
