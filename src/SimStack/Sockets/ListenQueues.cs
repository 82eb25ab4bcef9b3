using SimStack.Ip;
using SimStack.Tcp;

namespace SimStack.Sockets;

/// <summary>The two queues of a listening socket at one instant.</summary>
/// <param name="SynQueue">Handshakes under way, oldest first.</param>
/// <param name="SynQueueLimit">The most that there may be.</param>
/// <param name="AcceptQueue">Complete connections that wait for accept, the next one first.</param>
/// <param name="AcceptQueueLimit">The most that there may be: by profile the backlog, or one more (Linux).</param>
/// <param name="Backlog">What listen(2) was given, at most net.core.somaxconn.</param>
public sealed record ListenQueues(
    IReadOnlyList<SynQueueItem> SynQueue,
    int SynQueueLimit,
    IReadOnlyList<AcceptQueueItem> AcceptQueue,
    int AcceptQueueLimit,
    int Backlog);

/// <summary>A handshake under way.</summary>
/// <param name="ConnectionId">As observers are told.</param>
/// <param name="Remote">Who sent the SYN.</param>
/// <param name="SynAckSentAt">When the SYN-ACK was last sent.</param>
/// <param name="Timeouts">How often the timer sent it again.</param>
/// <param name="NextTimeout">When the timer goes off next.</param>
/// <param name="Acknowledged">The third segment came, but the accept queue was full.</param>
public readonly record struct SynQueueItem(
    long ConnectionId, IpEndpoint Remote, Instant SynAckSentAt, int Timeouts, Instant NextTimeout, bool Acknowledged);

/// <summary>A connection that waits for accept.</summary>
/// <param name="ConnectionId">As observers are told.</param>
/// <param name="Remote">The other end.</param>
/// <param name="State">ESTABLISHED, or whatever became of it meanwhile.</param>
/// <param name="Readable">Bytes that have arrived.</param>
public readonly record struct AcceptQueueItem(long ConnectionId, IpEndpoint Remote, TcpState State, int Readable);
