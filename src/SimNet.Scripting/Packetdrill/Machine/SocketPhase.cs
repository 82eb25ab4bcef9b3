namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>How far a socket has come, from what the script said: this decides which of its packets belong to which socket.</summary>
internal enum SocketPhase
{
    /// <summary>After socket(), or after a connect() to AF_UNSPEC.</summary>
    New,

    /// <summary>After listen().</summary>
    Listening,

    /// <summary>A passive connection's SYN has come in.</summary>
    SynReceived,

    /// <summary>Its SYN-ACK went out.</summary>
    SynAckSent,

    /// <summary>Its SYN-ACK was acknowledged.</summary>
    SynAckAcknowledged,

    /// <summary>After connect(): the SYN has not been looked at yet.</summary>
    Connecting,

    /// <summary>The script expects or has seen the SYN of an active connection.</summary>
    SynSent,

    /// <summary>The peer's SYN-ACK came in.</summary>
    SynAcknowledged,
}
