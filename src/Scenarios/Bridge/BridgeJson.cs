using System.Text;
using System.Text.Json;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Scripting.Running;
using SimStack.Sockets;
using SimStack.Tcp;

namespace Scenarios.Bridge;

/// <summary>A bridge session's result as JSON, schema 1.</summary>
internal static class BridgeJson
{
    /// <summary>The document.</summary>
    public static string Write(LiveScenario live, BridgeSession session)
    {
        BridgeStatistics statistics = session.Statistics;
        IReadOnlyList<string> complaints = BridgeFaith.Complaints(session);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", 1);
            json.WriteString("scenario", live.Definition.Name);
            json.WriteNumber("elapsed_ns", statistics.Elapsed.Nanoseconds);
            json.WriteNumber("longest_lag_ns", statistics.LongestLag.Nanoseconds);
            json.WriteNumber("longest_stall_ns", statistics.LongestStall.Nanoseconds);
            json.WriteNumber("slips", statistics.Slips);
            json.WriteNumber("slipped_ns", statistics.Slipped.Nanoseconds);
            json.WriteBoolean("faithful", complaints.Count == 0);
            WriteTexts(json, "unfaithful_because", complaints);
            json.WriteNumber("steps", live.StepsJudged);
            json.WriteNumber("steps_failed", live.StepsFailed);
            WriteTexts(json, "failures", live.Failures.Select(f => f.ToString()));
            WriteDevices(json, session);
            WriteLinks(json, live);
            WriteHosts(json, live);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteDevices(Utf8JsonWriter json, BridgeSession session)
    {
        json.WriteStartArray("devices");
        foreach ((BridgePort port, FrameDevice device) in session.Devices)
        {
            DeviceCounters c = device.Counters;
            json.WriteStartObject();
            json.WriteString("port", port.Name);
            json.WriteString("device", device.Name);
            json.WriteNumber("rx_frames", c.RxFrames);
            json.WriteNumber("rx_bytes", c.RxBytes);
            json.WriteNumber("rx_errors", c.RxErrors);
            json.WriteNumber("rx_dropped", c.RxDropped);
            json.WriteNumber("tx_frames", c.TxFrames);
            json.WriteNumber("tx_bytes", c.TxBytes);
            json.WriteNumber("tx_dropped", c.TxDropped);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLinks(Utf8JsonWriter json, LiveScenario live)
    {
        json.WriteStartArray("links");
        foreach (LinkDirection direction in live.Simulation.Links.SelectMany(l => (LinkDirection[])[l.AToB, l.BToA]))
        {
            LinkCounters c = direction.Counters;
            json.WriteStartObject();
            json.WriteString("from", direction.From.Name);
            json.WriteString("to", direction.To.Name);
            json.WriteNumber("frames", c.Sent);
            json.WriteNumber("bytes", c.SentBytes);
            json.WriteNumber("delivered", c.Delivered);
            json.WriteStartObject("dropped");
            foreach (DropReason reason in Enum.GetValues<DropReason>().Where(r => r != DropReason.None && c.Dropped(r) > 0))
            {
                json.WriteNumber(reason.ToText(), c.Dropped(reason));
            }

            json.WriteEndObject();
            json.WriteNumber("held_back", c.HeldBack);
            json.WriteNumber("duplicated", c.Copies);
            json.WriteNumber("corrupted", c.Corrupted);
            json.WriteNumber("marked", c.Marked);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHosts(Utf8JsonWriter json, LiveScenario live)
    {
        var overview = new SocketOverview(0);
        json.WriteStartArray("hosts");
        foreach (SimHost host in live.Simulation.Hosts)
        {
            host.Stack.LookAtSockets(live.Simulation.Now, overview);
            json.WriteStartObject();
            json.WriteString("name", host.Name);
            json.WriteStartObject("states");
            foreach (TcpState state in Enum.GetValues<TcpState>().Where(s => overview.Count(s) > 0))
            {
                json.WriteNumber(state.ToRfcName(), overview.Count(state));
            }

            json.WriteEndObject();
            json.WriteStartObject("counters");
            foreach ((string name, long value) in host.Stack.Counters.NonZero())
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
