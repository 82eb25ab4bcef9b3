using System.Globalization;
using System.Text;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimNet.Scripting.Tables;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Expectations;

/// <summary>Judges a run by its scenario's expectations.</summary>
internal sealed class ExpectationEvaluator(RunResult run, IReadOnlyList<(AtStatement Statement, Instant Now)> missed)
{
    public IReadOnlyList<Verdict> Evaluate()
    {
        var verdicts = new List<Verdict>();
        if (run.Stopped is not null)
        {
            verdicts.Add(new Verdict(false, "the run comes to its end", SourcePosition.None, "an end", run.Stopped));
        }

        foreach ((AtStatement statement, Instant now) in missed)
        {
            verdicts.Add(new Verdict(false, $"the program waits for {statement.Time}", statement.Position, $"to come there before {statement.Time}", $"{now}"));
        }

        foreach (CallRecord call in run.Calls.Where(c => c.Statement.Expect is not null))
        {
            verdicts.Add(OfStep(call));
        }

        verdicts.AddRange(NeverMade());
        verdicts.AddRange(run.Scenario.Expectations.Select(Judge));
        return verdicts;
    }

    /// <summary>What a step's own expectation says of its call.</summary>
    public static Verdict OfStep(CallRecord call) => Call($"{call.Host}: {call.Call}", call.Statement.Expect!, call, call.Statement.Position);

    private IEnumerable<Verdict> NeverMade()
    {
        var made = new HashSet<Statement>(run.Calls.Select(c => c.Statement), ReferenceEqualityComparer.Instance);
        return from task in run.Scenario.Tasks
               from statement in Flat(task.Statements)
               where statement.Expect is not null && !made.Contains(statement)
               select new Verdict(false, $"{task.Host}: {statement.Word}", statement.Position, "a call", "none: the program never came there");
    }

    private static IEnumerable<Statement> Flat(IEnumerable<Statement> statements) =>
        statements.SelectMany(s => s is RepeatStatement repeat ? Flat(repeat.Body) : [s]);

    private Verdict Judge(Expectation expectation)
    {
        (string Expected, string Got)? failure = expectation switch
        {
            SegmentsExpectation e => new DialogueMatcher(run, e).Compare(),
            StatesExpectation e => States(e),
            QueueExpectation e => Queue(e),
            SocketTableExpectation e => Table(e),
            CountersExpectation e => Counters(e),
            TcpInfoExpectation e => Info(e),
            DeliveredExpectation e => Delivered(e),
            RetransmissionsExpectation e => Count(e.Count, Retransmissions(run, e.Host)),
            DropsExpectation e => Count(e.Count, run.Drops),
            _ => null,
        };
        if (expectation is CallResultExpectation labelled)
        {
            CallRecord? call = run.Calls.FirstOrDefault(c => c.Statement.Label == labelled.Label);
            return call is null
                ? new Verdict(false, labelled.Text, labelled.Position, "a call", "none: the program never came there")
                : Call(labelled.Text, labelled.Expected, call, labelled.Position);
        }

        return new Verdict(failure is null, expectation.Text, expectation.Position, failure?.Expected, failure?.Got);
    }

    private static (string, string)? Count(NumberCondition condition, long actual) =>
        condition.Holds(actual) ? null : (condition.ToString(), actual.ToString(CultureInfo.InvariantCulture));

    private static Verdict Call(string text, CallExpectation expected, CallRecord call, SourcePosition position)
    {
        (string Expected, string Got)? failure = Compare(expected, call);
        return new Verdict(failure is null, text, position, failure?.Expected, failure?.Got);
    }

    private static (string, string)? Compare(CallExpectation expected, CallRecord call)
    {
        if (call.End.IsNever)
        {
            return ("a result", $"none: it still waits, since {call.Start - Instant.Zero}");
        }

        string sha = call.Sha256 ?? "nothing read";
        return expected.Error is { } errno && !Gave(call, errno) ? (errno.ToString(), PendingError(call) is { } other ? other.ToString() : call.Result)
            : expected.Result is { } result && !(call.Error == Errno.OK ? result.Holds(call.Value) : result.Holds(-1)) ? (result.ToString(), call.Result)
            : expected.At is { } at && !at.Holds(call.End - Instant.Zero) ? ($"at {at}", $"at {call.End}")
            : expected.Took is { } took && !took.Holds(call.End - call.Start) ? ($"after {took}", $"after {call.End - call.Start}")
            : expected.Text is { } text && text != Utf8(call.Data) ? (Quote(text), Quote(Utf8(call.Data)))
            : expected.Sha256 is { } hash && hash != sha ? (hash, sha)
            : expected.From is { } from && !(call.From is { } sender && sender.Address == from.Address && (from.Port == 0 || sender.Port == from.Port))
                ? ($"from {(from.Port == 0 ? from.Address : from)}", call.From is { } source ? $"from {source}" : "nothing")
            : expected.Ping is { } ping && PingFailure(ping, call.Ping) is { } difference ? difference
            : expected.Status is { } status && !status.Holds(call.Status) ? ($"status {status}", call.Status == 0 ? call.Result : $"status {call.Status}")
            : null;
    }

    private static (string, string)? PingFailure(PingExpectation expected, PingSummary? got) =>
        got is null ? ("a ping", "another call")
        : expected.Sent is { } sent && !sent.Holds(got.Sent) ? ($"{sent} sent", $"{got}")
        : expected.Received is { } received && !received.Holds(got.Received) ? ($"{received} received", $"{got}")
        : expected.Minimum is { } minimum && !minimum.Holds(got.Minimum) ? ($"min {minimum}", $"{got}")
        : expected.Average is { } average && !average.Holds(got.Average) ? ($"avg {average}", $"{got}")
        : expected.Maximum is { } maximum && !maximum.Holds(got.Maximum) ? ($"max {maximum}", $"{got}")
        : null;

    // What SO_ERROR gives is an errno too: its name may be expected.
    private static bool Gave(CallRecord call, Errno errno) => (PendingError(call) ?? call.Error) == errno;

    private static Errno? PendingError(CallRecord call) =>
        call.Error == Errno.OK && call.Statement is GetOptionStatement { Option: SocketOption.SO_ERROR } ? (Errno)call.Value : null;

    private static string Utf8(byte[]? data) => data is null ? "" : Encoding.UTF8.GetString(data);

    private static string Quote(string text) =>
        "\"" + (text.Length > 60 ? text[..60] + "…" : text).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    private (string, string)? States(StatesExpectation expected)
    {
        ConnectionRecord? connection = run.Connections.FirstOrDefault(c => c.Host == expected.Host && c.Number == expected.Connection);
        string wanted = string.Join(", ", expected.Path.Select(s => s.State.ToRfcName()));
        if (connection is null)
        {
            return (wanted, "no such connection");
        }

        // A connection that came from a listening socket reports LISTEN as where it came from; the path is what it reached.
        TcpStateChange[] changes = [.. connection.States];
        string got = string.Join(", ", changes.Select(c => c.To.ToRfcName()));
        int next = 0;
        for (int i = 0; i < expected.Path.Count; i++)
        {
            while (!expected.Complete && next < changes.Length && changes[next].To != expected.Path[i].State)
            {
                next++;
            }

            if (next >= changes.Length || changes[next].To != expected.Path[i].State)
            {
                return (wanted, got);
            }

            Duration time = changes[next].Time - Instant.Zero;
            if (expected.Path[i].At is { } at && !at.Holds(time))
            {
                return ($"{expected.Path[i].State.ToRfcName()} at {at}", $"at {time}");
            }

            next++;
        }

        return expected.Complete && next != changes.Length ? (wanted, got) : null;
    }

    private (string, string)? Queue(QueueExpectation expected)
    {
        SocketTableRow? row = run.Table(expected.Host, expected.At)?.Rows.Cast<SocketTableRow?>()
            .FirstOrDefault(r => r!.Value.State == TcpState.Listen && r.Value.Local.Port == expected.Port);
        if (row is not { } listen)
        {
            return ($"a listening socket on port {expected.Port}", "none");
        }

        string got = string.Create(CultureInfo.InvariantCulture, $"SYN queue {listen.SynQueue}, accept queue {listen.RecvQ}");
        return (expected.Syn is not { } syn || syn.Holds(listen.SynQueue)) && (expected.Accept is not { } accept || accept.Holds(listen.RecvQ))
            ? null
            : ($"SYN queue {expected.Syn?.ToString() ?? "any"}, accept queue {expected.Accept?.ToString() ?? "any"}", got);
    }

    private (string, string)? Table(SocketTableExpectation expected)
    {
        string[] got = [.. SocketTable.Print(run.Table(expected.Host, expected.At)?.Rows ?? [], expected.Form).Select(Squeeze)];
        string[] wanted = [.. expected.Lines.Select(Squeeze)];
        // The head may be left out.
        bool headless = expected.Form == TableForm.Ss && (wanted.Length == 0 || !wanted[0].StartsWith("State ", StringComparison.Ordinal));
        string[] rows = headless ? got[1..] : got;
        return rows.SequenceEqual(wanted) ? null : (Lines(wanted), Lines(rows));
    }

    private static string Lines(string[] rows) => rows.Length == 0 ? "an empty table" : string.Join(" / ", rows);

    private static string Squeeze(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private (string, string)? Counters(CountersExpectation expected)
    {
        IReadOnlyList<KeyValuePair<string, long>>? values = run.Table(expected.Host, expected.At)?.Counters;
        return values is null
            ? ("counters", "none: the run ended before")
            : FirstFailure(expected.Counters, name => values.FirstOrDefault(v => v.Key == name).Value);
    }

    private (string, string)? Info(TcpInfoExpectation expected)
    {
        ConnectionRecord? connection = run.Connections.FirstOrDefault(c => c.Host == expected.Host && c.Number == expected.Connection);
        TcpInfo? info = connection is null ? null : run.Table(expected.Host, expected.At)?.Rows
            .FirstOrDefault(r => r.Local == connection.Local && r.Remote == connection.Remote).Info;
        return info is not { } found
            ? ("TCP_INFO", connection is null ? "no such connection" : "none: the connection is not there then")
            : FirstFailure(expected.Fields, name => found.TryGet(name, out long value) ? value : 0);
    }

    private static (string, string)? FirstFailure(IReadOnlyList<KeyValuePair<string, NumberCondition>> expected, Func<string, long> read)
    {
        foreach ((string name, NumberCondition condition) in expected)
        {
            long actual = read(name);
            if (!condition.Holds(actual))
            {
                return ($"{name} {condition}", actual.ToString(CultureInfo.InvariantCulture));
            }
        }

        return null;
    }

    private (string, string)? Delivered(DeliveredExpectation expected)
    {
        TransferRecord to = run.Transfers.First(t => t.Host == expected.To);
        if (expected.Bytes is { } bytes && !bytes.Holds(to.Read))
        {
            return ($"{bytes} bytes", $"{to.Read} bytes");
        }

        TransferRecord? from = run.Transfers.FirstOrDefault(t => t.Host == expected.From);
        string? hash = expected.Sha256 ?? (expected.Intact ? from?.WrittenSha256 : null);
        return hash is not null && hash != to.ReadSha256 ? ($"SHA-256 {hash}", $"{to.ReadSha256}, {to.Read} bytes") : null;
    }

    /// <summary>Segments with sequence space that was sent before, by one host or by all.</summary>
    public static int Retransmissions(RunResult run, string? host)
    {
        var numbers = new RelativeNumbers();
        var owners = new Dictionary<IpAddress, string>();
        foreach (HostDefinition owner in run.Scenario.Hosts)
        {
            foreach (AddressPrefix address in owner.Interfaces.SelectMany(i => i.Addresses))
            {
                owners.TryAdd(address.Address, owner.Name);
            }
        }

        // What a router passes on is not sent again.
        bool IsOwn(PacketRecord packet) => !owners.TryGetValue(packet.Segment!.Source.Address, out string? owner)
            || packet.Point.StartsWith(owner + ".", StringComparison.Ordinal);
        int count = 0;
        foreach (PacketRecord packet in run.Packets.Where(p => p.Outbound && p.Segment is not null && IsOwn(p)))
        {
            bool counts = host is null || packet.Point.StartsWith(host + ".", StringComparison.Ordinal);
            count += numbers.Next(packet.Segment!).Repeats && counts ? 1 : 0;
        }

        return count;
    }
}
