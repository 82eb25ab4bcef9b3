using System.Globalization;
using SimNet.Scripting.Comparison;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>The calls that a scenario's programs made on a connection, as a script has them.</summary>
internal sealed class KnownCalls
{
    // A larger write may block, and where it does the script would have to know until when.
    private const long LargestWrite = 40_000;
    private const int ReadBuffer = 65536;

    private readonly RecordedConnection _connection;
    private readonly Opening _opening;
    private readonly List<TimedCall> _calls = [];
    private readonly ArrivalTracker _arrivals = new();
    private int _arrived;

    private KnownCalls(RecordedConnection connection)
    {
        _connection = connection;
        _opening = new Opening(connection, new SocketTraits(connection));
    }

    /// <summary>The calls; null where they are not all known, or have no simple form, so that they are better inferred.</summary>
    public static IReadOnlyList<TimedCall>? Of(RunResult run, string host, RecordedConnection connection)
    {
        PacketFacts first = connection.Packets[0].Facts;
        var client = new IpEndpoint(first.Source, first.SourcePort);
        var server = new IpEndpoint(first.Destination, first.DestinationPort);
        (IpEndpoint local, IpEndpoint remote) = connection.IsActive ? (client, server) : (server, client);
        ConnectionRecord? record = run.Connections.FirstOrDefault(c => c.Host == host && c.Local == local && c.Remote == remote);
        if (record is null || run.Calls.Any(c => c.Host == host && c.Statement is ApplicationStatement))
        {
            return null;
        }

        CallRecord[] calls = [.. run.Calls.Where(c => c.Host == host && c.ConnectionId == record.ConnectionId)];
        var known = new KnownCalls(connection);
        return calls.Length > 0 && known.Take(calls, run.Calls) ? known._calls : null;
    }

    private bool Take(CallRecord[] calls, IReadOnlyList<CallRecord> all)
    {
        foreach (TimedCall call in _opening.Calls.Where(c => c.Order == CallOrder.Open))
        {
            AddOptionsBefore(call, calls, all);
            _calls.Add(call);
        }

        return Array.TrueForAll(calls, Take);
    }

    /// <summary>What was set on a socket before it was connected stands in no connection's calls.</summary>
    private void AddOptionsBefore(TimedCall call, CallRecord[] calls, IReadOnlyList<CallRecord> all)
    {
        if (!call.Text.StartsWith("connect(", StringComparison.Ordinal) || calls.FirstOrDefault(c => c.Statement is ConnectStatement) is not { } connect)
        {
            return;
        }

        foreach (CallRecord record in all.TakeWhile(c => c != connect).Where(c => c.Host == connect.Host && c.Task == connect.Task && c.ConnectionId == 0))
        {
            if (record.Statement is SetOptionStatement set && set.Socket == connect.Statement.Socket && record.Error == Errno.OK)
            {
                SetOptions(set, call.Time, 0, CallOrder.Open);
            }
        }
    }

    private bool Take(CallRecord record)
    {
        if (record.End.IsNever)
        {
            // It blocks still, as a read of what never comes.
            return record.Statement is ReadStatement;
        }

        int before = Before(record.PacketsBefore);
        int after = Before(record.PacketsBeforeEnd);
        long start = Nanoseconds(record.Start);
        long end = Nanoseconds(record.End);
        switch (record.Statement)
        {
            case ConnectStatement or BindStatement or ListenStatement or SocketStatement or InitialSequenceStatement or GetOptionStatement:
                return true;
            case AcceptStatement:
                Add(end, Math.Max(after, _opening.EstablishedBefore), CallOrder.Accept, $"accept(3, ..., ...) = {Descriptor}");
                return true;
            case SetOptionStatement set:
                return SetOptions(set, start, before, CallOrder.Write);
            case WriteStatement write:
                return Write(write, record, start, before, isImmediate: start == end);
            case ReadStatement read:
                Read(read, record, before, after, end);
                return true;
            case ShutdownStatement shutdown:
                Add(start, before, CallOrder.End, $"shutdown({Descriptor}, {shutdown.How}) = {Result(record)}");
                return true;
            case AbortStatement:
                Add(start, before, CallOrder.End, $"setsockopt({Descriptor}, SOL_SOCKET, SO_LINGER, {{onoff=1, linger=0}}, 8) = 0");
                Add(start, before, CallOrder.End, $"close({Descriptor}) = 0");
                return true;
            case CloseStatement:
                Add(start, before, CallOrder.End, $"close({Descriptor}) = 0");
                return true;
            default:
                return false;
        }
    }

    private int Descriptor => _opening.Descriptor;

    private bool Write(WriteStatement write, CallRecord record, long start, int before, bool isImmediate)
    {
        if (!isImmediate || write.Chunk > 0 || write.Length > LargestWrite)
        {
            return false;
        }

        string flags = write.Flags == MessageFlags.None ? "0" : write.Flags.ToString().Replace(", ", "|", StringComparison.Ordinal);
        string call = write.Flags == MessageFlags.None ? $"write({Descriptor}, ..., {write.Length})" : $"send({Descriptor}, ..., {write.Length}, {flags})";
        Add(start, before, CallOrder.Write, $"{call} = {Result(record)}");
        return true;
    }

    /// <summary>One that waited stands where it returned: it then has what it waited for.</summary>
    private void Read(ReadStatement read, CallRecord record, int before, int after, long end)
    {
        if (read.Mode == ReadMode.Once)
        {
            Arrive(after);
            _arrivals.TakeAvailable(Math.Max(record.Value, 0));
            Add(end, after, CallOrder.Read, $"read({Descriptor}, ..., {read.Bytes}) = {Result(record)}");
            return;
        }

        long left = read.Mode == ReadMode.Exactly ? read.Bytes : long.MaxValue;
        for (int i = before; i <= after; i++)
        {
            Arrive(i);
            long time = Math.Max(Nanoseconds(record.Start), i > 0 ? _connection.Packets[i - 1].Time : 0);
            for (long got = _arrivals.TakeAvailable(Math.Min(left, ReadBuffer)); got > 0; got = _arrivals.TakeAvailable(Math.Min(left, ReadBuffer)))
            {
                Add(time, i, CallOrder.Read, $"read({Descriptor}, ..., {Math.Min(left, ReadBuffer)}) = {got}");
                left -= got;
            }
        }

        if (record.Error != Errno.OK || read.Mode == ReadMode.UntilEof)
        {
            Add(end, after, CallOrder.Read, $"read({Descriptor}, ..., {ReadBuffer}) = {(record.Error == Errno.OK ? "0" : Result(record))}");
        }
    }

    private void Arrive(int before)
    {
        for (; _arrived < before; _arrived++)
        {
            if (_connection.Packets[_arrived] is { Outbound: false, IsTcp: true } packet)
            {
                _arrivals.Add(packet);
            }
        }
    }

    private bool SetOptions(SetOptionStatement set, long time, int before, CallOrder order)
    {
        foreach ((SocketOption option, int value) in set.Options)
        {
            string name = option.ToString();
            string level = name.StartsWith("SO_", StringComparison.Ordinal) ? "SOL_SOCKET"
                : name.StartsWith("TCP_", StringComparison.Ordinal) ? "SOL_TCP"
                : name.StartsWith("IPV6_", StringComparison.Ordinal) ? "SOL_IPV6"
                : "SOL_IP";
            string argument = option == SocketOption.SO_LINGER ? $"{{onoff={(value < 0 ? 0 : 1)}, linger={Math.Max(value, 0)}}}, 8" : $"[{value}], 4";
            Add(time, before, order, $"setsockopt({Descriptor}, {level}, {name}, {argument}) = 0");
        }

        if (set.CongestionControl is { } control)
        {
            Add(time, before, order, $"setsockopt({Descriptor}, SOL_TCP, TCP_CONGESTION, \"{control}\", {control.Length}) = 0");
        }

        return true;
    }

    private void Add(long time, int before, CallOrder order, FormattableString text) =>
        _calls.Add(new TimedCall(time, before, order, text.ToString(CultureInfo.InvariantCulture)));

    private static string Result(CallRecord record) =>
        record.Error == Errno.OK ? record.Value.ToString(CultureInfo.InvariantCulture) : $"-1 {record.Error}";

    /// <summary>How many packets of the connection came before so many of the run.</summary>
    private int Before(int packets)
    {
        (int low, int high) = (0, _connection.Packets.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _connection.Packets[middle].Facts.Frame <= packets ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static long Nanoseconds(Instant time) => (time - Instant.Zero).Nanoseconds;
}
