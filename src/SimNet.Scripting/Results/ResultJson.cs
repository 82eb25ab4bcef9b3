using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Running;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Results;

/// <summary>
/// Writes a run's outcome as JSON, <c>"schema": 1</c>: the same bytes for the same run. Fields are added in later versions, not changed.
/// Times are seconds since the start, as decimal numbers with nanoseconds.
/// </summary>
public static class ResultJson
{
    internal static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes to a stream, which stays open.</summary>
    public static void Write(RunResult run, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("scenario", run.Scenario.Name);
        json.WriteString("title", run.Scenario.Title);
        json.WriteString("version", Version());
        json.WriteNumber("seed", run.Seed);
        json.WriteString("start", run.Scenario.Start.ToString());
        Time(json, "end", run.End);
        json.WriteNumber("events", run.Events);
        json.WriteBoolean("passed", run.Passed);
        json.WriteString("stopped", run.Stopped);
        List(json, "verdicts", run.Verdicts, Verdict);
        List(json, "connections", run.Connections, Connection);
        List(json, "calls", run.Calls, Call);
        List(json, "applications", run.Log, Application);
        List(json, "queues", run.Queues, Queue);
        List(json, "socketTables", run.Tables, Table);
        Packets(json, run);
        List(json, "transfers", run.Transfers, Transfer);
        Counters(json, run);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    // The part of the version before the commit: the same text for every build of a release.
    internal static string Version() =>
        typeof(ResultJson).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    internal static void List<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Time(Utf8JsonWriter json, string name, Instant time)
    {
        if (time.IsNever)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, time.Nanoseconds / 1_000_000_000m);
        }
    }

    internal static void Verdict(Utf8JsonWriter json, Verdict verdict)
    {
        json.WriteBoolean("passed", verdict.Passed);
        json.WriteString("text", verdict.Text);
        if (verdict.Position.IsKnown)
        {
            json.WriteNumber("line", verdict.Position.Line);
            json.WriteNumber("column", verdict.Position.Column);
        }

        if (!verdict.Passed)
        {
            json.WriteString("expected", verdict.Expected);
            json.WriteString("got", verdict.Got);
        }
    }

    private static void Connection(Utf8JsonWriter json, ConnectionRecord connection)
    {
        json.WriteString("host", connection.Host);
        json.WriteNumber("connection", connection.Number);
        json.WriteString("local", connection.Local.ToString());
        json.WriteString("remote", connection.Remote.ToString());
        json.WriteString("state", connection.State.ToRfcName());
        List(json, "states", connection.States, (j, change) =>
        {
            Time(j, "time", change.Time);
            j.WriteString("from", change.From.ToRfcName());
            j.WriteString("to", change.To.ToRfcName());
            j.WriteString("cause", change.Cause);
        });
    }

    private static void Call(Utf8JsonWriter json, CallRecord call)
    {
        json.WriteString("host", call.Host);
        json.WriteString("task", call.Task);
        json.WriteString("call", call.Call);
        Time(json, "start", call.Start);
        Time(json, "end", call.End);
        if (!call.End.IsNever)
        {
            json.WriteNumber("result", call.Value);
            json.WriteString("errno", call.Error.ToString());
        }

        if (call.Sha256 is not null)
        {
            json.WriteString("sha256", call.Sha256);
        }

        if (call.From is { } from)
        {
            json.WriteString("from", from.ToString());
        }

        if (call.Ping is { } ping)
        {
            json.WriteStartObject("ping");
            json.WriteNumber("sent", ping.Sent);
            json.WriteNumber("received", ping.Received);
            json.WriteNumber("min", ping.Minimum.Nanoseconds / 1_000_000_000m);
            json.WriteNumber("avg", ping.Average.Nanoseconds / 1_000_000_000m);
            json.WriteNumber("max", ping.Maximum.Nanoseconds / 1_000_000_000m);
            json.WriteEndObject();
        }

        if (call.Status > 0)
        {
            json.WriteNumber("status", call.Status);
        }

        if (call.Problem is not null)
        {
            json.WriteString("problem", call.Problem);
        }

        if (call.Statement.Label is { } label)
        {
            json.WriteString("label", label);
        }
    }

    private static void Application(Utf8JsonWriter json, ApplicationRecord application)
    {
        json.WriteString("host", application.Host);
        json.WriteString("task", application.Task);
        json.WriteString("application", application.Application);
        Time(json, "time", application.Time);
        json.WriteString("text", application.Text);
    }

    private static void Queue(Utf8JsonWriter json, QueueRecord queue)
    {
        json.WriteString("host", queue.Host);
        Time(json, "time", queue.Change.Time);
        json.WriteString("local", queue.Change.Local.ToString());
        json.WriteNumber("syn", queue.Change.SynQueue);
        json.WriteNumber("synLimit", queue.Change.SynQueueLimit);
        json.WriteNumber("accept", queue.Change.AcceptQueue);
        json.WriteNumber("backlog", queue.Change.Backlog);
        json.WriteString("cause", queue.Change.Cause);
    }

    private static void Table(Utf8JsonWriter json, SocketTableRecord table)
    {
        json.WriteString("host", table.Host);
        Time(json, "time", table.Time);
        List(json, "rows", table.Rows, (j, row) =>
        {
            j.WriteString("protocol", row.Protocol == IpProtocol.Udp ? "udp" : "tcp");
            j.WriteString("state", row.State.ToRfcName());
            j.WriteString("local", row.Local.ToString());
            j.WriteString("remote", row.Remote.ToString());
            j.WriteNumber("recvQ", row.RecvQ);
            j.WriteNumber("sendQ", row.SendQ);
            if (row.State == TcpState.Listen)
            {
                j.WriteNumber("synQueue", row.SynQueue);
                j.WriteNumber("synQueueLimit", row.SynQueueLimit);
            }
            else
            {
                j.WriteBoolean("accepted", row.Accepted);
            }

            Details(j, row);
        });
        json.WriteStartObject("counters");
        foreach ((string name, long value) in table.Counters)
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
    }

    // TCP_INFO by the names and in the units of linux/tcp.h.
    private static void Details(Utf8JsonWriter json, in SocketTableRow row)
    {
        if (row.Timer.Kind != SocketTimerKind.Off)
        {
            json.WriteStartObject("timer");
            json.WriteString("kind", row.Timer.Kind.ToString().ToLowerInvariant());
            json.WriteNumber("remaining", row.Timer.Remaining.Nanoseconds / 1_000_000_000m);
            json.WriteNumber("retransmissions", row.Timer.Retransmissions);
            json.WriteEndObject();
        }

        if (row.Info is { } info)
        {
            json.WriteString("congestionControl", row.CongestionControl);
            json.WriteStartObject("tcpInfo");
            foreach (string name in TcpInfo.Names)
            {
                info.TryGet(name, out long value);
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }
    }

    private static void Packets(Utf8JsonWriter json, RunResult run)
    {
        json.WriteStartObject("packets");
        json.WriteNumber("sent", run.Packets.Count(p => p.Outbound));
        json.WriteNumber("arrived", run.Packets.Count(p => !p.Outbound));
        json.WriteNumber("dropped", run.Drops);
        json.WriteStartObject("dropReasons");
        foreach (IGrouping<string, PacketRecord> group in run.Packets.Where(p => p.Lost is not null).GroupBy(p => p.Lost!).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(group.Key, group.Count());
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Transfer(Utf8JsonWriter json, TransferRecord transfer)
    {
        json.WriteString("host", transfer.Host);
        json.WriteNumber("written", transfer.Written);
        json.WriteString("writtenSha256", transfer.WrittenSha256);
        json.WriteNumber("read", transfer.Read);
        json.WriteString("readSha256", transfer.ReadSha256);
    }

    private static void Counters(Utf8JsonWriter json, RunResult run)
    {
        json.WriteStartObject("counters");
        foreach (CounterRecord host in run.Counters)
        {
            json.WriteStartObject(host.Host);
            foreach (KeyValuePair<string, long> counter in host.Values)
            {
                json.WriteNumber(counter.Key, counter.Value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
