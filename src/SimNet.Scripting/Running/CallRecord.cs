using SimNet.Scripting.Model;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>A socket call of a scenario's program.</summary>
public sealed class CallRecord
{
    /// <summary>On which host.</summary>
    public required string Host { get; init; }

    /// <summary>Which program.</summary>
    public required string Task { get; init; }

    /// <summary>The call: <c>connect(10.0.0.2:80)</c>.</summary>
    public required string Call { get; init; }

    /// <summary>The statement behind it.</summary>
    public required Statement Statement { get; init; }

    /// <summary>When it was made.</summary>
    public required Instant Start { get; init; }

    /// <summary>When it returned; <see cref="Instant.Never"/> while it has not.</summary>
    public Instant End { get; set; } = Instant.Never;

    /// <summary>How many of <see cref="RunResult.Packets"/> came before the call.</summary>
    public int PacketsBefore { get; init; }

    /// <summary>How many of <see cref="RunResult.Packets"/> came before its return.</summary>
    public int PacketsBeforeEnd { get; set; }

    /// <summary>What it returned.</summary>
    public long Value { get; set; }

    /// <summary>Its errno.</summary>
    public Errno Error { get; set; }

    /// <summary>For reads of at most 1 MiB in total: what was read.</summary>
    public byte[]? Data { get; set; }

    /// <summary>For reads: SHA-256 of what was read, lower-case hex.</summary>
    public string? Sha256 { get; set; }

    /// <summary>For an HTTP request: the status of the response; 0: none came.</summary>
    public int Status { get; set; }

    /// <summary>For datagrams: who sent the last one; null: none came.</summary>
    public IpEndpoint? From { get; set; }

    /// <summary>What came of a ping; null for other calls.</summary>
    public PingSummary? Ping { get; set; }

    /// <summary>Why the call failed, where the errno does not say it.</summary>
    public string? Problem { get; set; }

    /// <summary>The connection of the socket on its host; 0: none yet.</summary>
    public long ConnectionId { get; set; }

    /// <summary><c>0</c> or <c>-1 EAGAIN</c>, as strace prints it; <c>?</c> while it has not returned.</summary>
    public string Result => End.IsNever ? "?"
        : Error == Errno.OK ? Value.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : Problem is null ? $"-1 {Error}" : $"-1 {Error} ({Problem})";
}
