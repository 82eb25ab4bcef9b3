namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>One TCP connection as one of its hosts saw it.</summary>
internal sealed class RecordedConnection
{
    /// <summary>What it is and where it is from: <c>TCP connection 1 of x.pcap</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Which of the two hosts the script is about.</summary>
    public required RecordingSide Side { get; init; }

    /// <summary>True when packets are IPv6.</summary>
    public required bool IsV6 { get; init; }

    /// <summary>In the order in which that host saw them; the first is a SYN.</summary>
    public required IReadOnlyList<RecordedPacket> Packets { get; init; }

    /// <summary>The calls of its program, where they are known; null: they are inferred.</summary>
    public IReadOnlyList<TimedCall>? KnownCalls { get; init; }

    /// <summary>Settings of the host that are known beside those that the packets show.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Sysctls { get; init; } = [];

    /// <summary>True when that host opened the connection.</summary>
    public bool IsActive => Side == RecordingSide.Client;
}

/// <summary>The two ends of a connection.</summary>
internal enum RecordingSide
{
    /// <summary>Who sent the first SYN.</summary>
    Client,

    /// <summary>Who answered it.</summary>
    Server,
}
