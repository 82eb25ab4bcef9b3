using System.Globalization;
using System.Text;
using System.Text.Json;
using Scenarios.CommandLine;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimNet.Scripting.Tables;
using SimStack.Sockets;

namespace Scenarios.Bridge;

/// <summary>What a bridge session says at its end: what went through the devices, how well time was kept, the hosts' sockets.</summary>
internal static class BridgeReport
{
    /// <summary>Prints it, or writes it as JSON.</summary>
    /// <returns>The exit status.</returns>
    public static int Write(BridgeRequest request, LiveScenario live, BridgeSession session, SimConsole console)
    {
        if (JsonOption.Write(request.Json, Json(live, session), console))
        {
            return ExitStatus.Success;
        }

        TextWriter output = console.Output;
        BridgeStatistics statistics = session.Statistics;
        if (!request.Quiet)
        {
            foreach ((BridgePort port, FrameDevice device) in session.Devices)
            {
                DeviceCounters c = device.Counters;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{port.Name} ({device.Name}): {c.RxFrames} frames in ({c.RxBytes} bytes), {c.TxFrames} out ({c.TxBytes} bytes), dropped {c.RxDropped} in, {c.TxDropped} out"));
            }

            foreach (SimHost host in live.Simulation.Hosts)
            {
                var rows = new List<SocketTableRow>();
                host.Stack.GetSocketTable(live.Simulation.Now, rows);
                if (rows.Count > 0)
                {
                    output.WriteLine($"{host.Name}:");
                    foreach (string line in SocketTable.Print(rows, TableForm.Ss))
                    {
                        output.WriteLine("  " + line);
                    }
                }
            }

            output.WriteLine($"{statistics.Elapsed} of real time; the longest lag {statistics.LongestLag}, the longest stall {statistics.LongestStall}");
        }

        foreach (string line in Complaints(session))
        {
            output.WriteLine(line);
        }

        return ExitStatus.Success;
    }

    /// <summary>What made the run unfaithful; nothing when nothing did.</summary>
    public static IEnumerable<string> Complaints(BridgeSession session)
    {
        BridgeStatistics statistics = session.Statistics;
        if (statistics.Slips > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"unfaithful: the machine did not keep up; virtual time stood still {statistics.Slips} times, {statistics.Slipped} in all, so that delays and rates were not those of the scenario");
        }

        foreach ((_, FrameDevice device) in session.Devices)
        {
            if (device.Counters.RxDropped > 0)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture, $"unfaithful: the system dropped {device.Counters.RxDropped} frames at {device.Name} before they were read");
            }
        }
    }

    private static string Json(LiveScenario live, BridgeSession session)
    {
        BridgeStatistics statistics = session.Statistics;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", 1);
            json.WriteString("scenario", live.Definition.Name);
            json.WriteNumber("elapsed_ns", statistics.Elapsed.Nanoseconds);
            json.WriteNumber("longest_lag_ns", statistics.LongestLag.Nanoseconds);
            json.WriteNumber("longest_stall_ns", statistics.LongestStall.Nanoseconds);
            json.WriteNumber("slipped_ns", statistics.Slipped.Nanoseconds);
            json.WriteBoolean("faithful", !Complaints(session).Any());
            json.WriteStartArray("devices");
            foreach ((BridgePort port, FrameDevice device) in session.Devices)
            {
                DeviceCounters c = device.Counters;
                json.WriteStartObject();
                json.WriteString("port", port.Name);
                json.WriteString("device", device.Name);
                json.WriteNumber("rx_frames", c.RxFrames);
                json.WriteNumber("rx_bytes", c.RxBytes);
                json.WriteNumber("rx_dropped", c.RxDropped);
                json.WriteNumber("tx_frames", c.TxFrames);
                json.WriteNumber("tx_bytes", c.TxBytes);
                json.WriteNumber("tx_dropped", c.TxDropped);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
