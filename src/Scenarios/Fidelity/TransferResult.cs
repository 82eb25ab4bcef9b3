namespace Scenarios.Fidelity;

/// <summary>What came of one transfer.</summary>
internal sealed record TransferResult
{
    /// <summary>The link's.</summary>
    public required ulong Seed { get; init; }

    /// <summary>From the client's call of connect to the server's reading of the end.</summary>
    public required double Seconds { get; init; }

    /// <summary>Segments that the client sent again: tcpi_total_retrans.</summary>
    public required long Retransmissions { get; init; }

    /// <summary>The client host's counters by nstat's names.</summary>
    public required IReadOnlyDictionary<string, long> Counters { get; init; }

    /// <summary>What the link did to the client's frames.</summary>
    public required LossRecord Losses { get; init; }

    /// <summary>The server received what the client sent.</summary>
    public required bool PayloadIntact { get; init; }

    /// <summary>In real time: how late events came, in milliseconds; 0 in virtual time.</summary>
    public double LongestLag { get; init; }

    /// <summary>A counter, 0 when it never counted.</summary>
    public long Counter(string name) => Counters.GetValueOrDefault(name);
}
