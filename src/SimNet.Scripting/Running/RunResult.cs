using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Running;

/// <summary>A state change on a host.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Change">What changed.</param>
/// <param name="PacketsBefore">How many of <see cref="RunResult.Packets"/> came before it.</param>
public readonly record struct StateRecord(string Host, TcpStateChange Change, int PacketsBefore);

/// <summary>A change of a listening socket's queues.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Change">The queues after it.</param>
/// <param name="PacketsBefore">How many of <see cref="RunResult.Packets"/> came before it.</param>
public readonly record struct QueueRecord(string Host, ListenQueueChange Change, int PacketsBefore);

/// <summary>A socket table as it was at a moment.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Time">When.</param>
/// <param name="Rows">Its rows, in order of creation, with TCP_INFO.</param>
/// <param name="Counters">The host's counters that were not 0 then, by nstat's names.</param>
public sealed record SocketTableRecord(
    string Host, Instant Time, IReadOnlyList<SocketTableRow> Rows, IReadOnlyList<KeyValuePair<string, long>> Counters);

/// <summary>One connection on one host, with the states it went through.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Number">Counted from 1 among the host's connections, listening sockets aside.</param>
/// <param name="ConnectionId">The stack's number.</param>
/// <param name="Local">Local endpoint.</param>
/// <param name="Remote">Remote endpoint.</param>
/// <param name="States">Its changes in order.</param>
public sealed record ConnectionRecord(
    string Host, int Number, long ConnectionId, IpEndpoint Local, IpEndpoint Remote, IReadOnlyList<TcpStateChange> States)
{
    /// <summary>The last state.</summary>
    public TcpState State => States.Count == 0 ? TcpState.Closed : States[^1].To;
}

/// <summary>What an application reports of itself.</summary>
/// <param name="Host">On which host.</param>
/// <param name="Task">Of which program.</param>
/// <param name="Application">Its word: <c>http-server</c>.</param>
/// <param name="Time">When.</param>
/// <param name="Text">One line.</param>
public sealed record ApplicationRecord(string Host, string Task, string Application, Instant Time, string Text);

/// <summary>A host's non-zero counters at the end.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Values">By nstat's names.</param>
public sealed record CounterRecord(string Host, IReadOnlyList<KeyValuePair<string, long>> Values);

/// <summary>A run's outcome: everything that was observed, and the verdicts.</summary>
public sealed class RunResult
{
    /// <summary>What was run.</summary>
    public required ScenarioDefinition Scenario { get; init; }

    /// <summary>With which seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>When the last event ran.</summary>
    public required Instant End { get; init; }

    /// <summary>Why the run was stopped before its end; null: it ended by itself.</summary>
    public string? Stopped { get; init; }

    /// <summary>Events of the loop.</summary>
    public required long Events { get; init; }

    /// <summary>Packets at hosts' interfaces, in order.</summary>
    public required IReadOnlyList<PacketRecord> Packets { get; init; }

    /// <summary>State changes on all hosts, in order.</summary>
    public required IReadOnlyList<StateRecord> States { get; init; }

    /// <summary>Changes of listening sockets' queues, in order.</summary>
    public required IReadOnlyList<QueueRecord> Queues { get; init; }

    /// <summary>The programs' calls, in the order in which they were made.</summary>
    public required IReadOnlyList<CallRecord> Calls { get; init; }

    /// <summary>What applications on the hosts report of themselves, in order: requests served, echoes received.</summary>
    public IReadOnlyList<ApplicationRecord> Log { get; init; } = [];

    /// <summary>Connections by host, in order of creation.</summary>
    public required IReadOnlyList<ConnectionRecord> Connections { get; init; }

    /// <summary>Socket tables at the times asked for, and of every host at the end.</summary>
    public required IReadOnlyList<SocketTableRecord> Tables { get; init; }

    /// <summary>Counters by host.</summary>
    public required IReadOnlyList<CounterRecord> Counters { get; init; }

    /// <summary>What hosts' programs wrote and read in total.</summary>
    public required IReadOnlyList<TransferRecord> Transfers { get; init; }

    /// <summary>One for each expectation and each expected call result, in the script's order.</summary>
    public IReadOnlyList<Verdict> Verdicts { get; internal set; } = [];

    /// <summary>True when every verdict is a pass and the run ended by itself.</summary>
    public bool Passed => Stopped is null && Verdicts.All(v => v.Passed);

    /// <summary>Frames that the network dropped.</summary>
    public int Drops => Packets.Count(p => p.Lost is not null);

    /// <summary>The socket table at that time, or at the end.</summary>
    public SocketTableRecord? Table(string host, Duration? at) =>
        at is { } time
            ? Tables.FirstOrDefault(t => t.Host == host && t.Time == Instant.Zero + time)
            : Tables.LastOrDefault(t => t.Host == host);
}

/// <summary>Bytes that a host's programs wrote and read.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Written">Bytes taken by the sockets.</param>
/// <param name="WrittenSha256">SHA-256 over them in the order written, lower-case hex.</param>
/// <param name="Read">Bytes read.</param>
/// <param name="ReadSha256">SHA-256 over them in the order read, lower-case hex.</param>
public sealed record TransferRecord(string Host, long Written, string WrittenSha256, long Read, string ReadSha256);
