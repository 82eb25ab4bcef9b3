using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>One row of a host's socket table, with what <c>ss -tan</c> and <c>netstat -na</c> show.</summary>
/// <param name="Local">Local endpoint.</param>
/// <param name="Remote">Remote endpoint; unspecified for LISTEN.</param>
/// <param name="State">State; a row of the SYN queue shows SYN-RECEIVED.</param>
/// <param name="RecvQ">Bytes not yet read; for LISTEN the accept queue's length.</param>
/// <param name="SendQ">Bytes not yet acknowledged (a SYN counts 1); for LISTEN the backlog.</param>
/// <param name="SynQueue">For LISTEN: entries in the SYN queue.</param>
/// <param name="SynQueueLimit">For LISTEN: the SYN queue's limit.</param>
/// <param name="Accepted">False while the connection waits in an accept queue.</param>
public readonly record struct SocketTableRow(
    IpEndpoint Local,
    IpEndpoint Remote,
    TcpState State,
    int RecvQ,
    int SendQ,
    int SynQueue,
    int SynQueueLimit,
    bool Accepted)
{
    /// <summary>TCP or UDP. A UDP row's state is ESTABLISHED when it is connected, else CLOSED.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    /// <summary>TCP_INFO, if it was asked for (<see cref="Host.GetSocketTable(Instant, List{SocketTableRow})"/>); never of a SYN queue's entry or in TIME-WAIT.</summary>
    public TcpInfo? Info { get; init; }

    /// <summary>The congestion control's name (TCP_CONGESTION), where there is <see cref="Info"/>.</summary>
    public string? CongestionControl { get; init; }

    /// <summary>
    /// The algorithm's own figures (TCP_CC_INFO: struct tcp_bbr_info, tcp_dctcp_info or tcpvegas_info of linux/inet_diag.h, little-endian); empty
    /// for those that tell nothing.
    /// </summary>
    public ReadOnlyMemory<byte> CongestionInfo { get; init; }

    /// <summary>The timer that runs, if it was asked for.</summary>
    public SocketTimer Timer { get; init; }
}
