using SimStack.Ip;
using SimStack.Tcp;

namespace SimStack;

/// <summary>A connection's change of state. Connections in a SYN queue report LISTEN to SYN-RECEIVED and onward too.</summary>
/// <param name="Time">When.</param>
/// <param name="ConnectionId">Number of the connection on its host, counted from 1; stays the same from SYN to TIME-WAIT's
/// end.</param>
/// <param name="Local">Local endpoint.</param>
/// <param name="Remote">Remote endpoint; unspecified for a listening socket.</param>
/// <param name="From">State before.</param>
/// <param name="To">State after.</param>
/// <param name="Cause">What caused it, as RFC 9293 figure 5 labels its arrows where it does: <c>rcv SYN</c>, <c>CLOSE</c>,
/// <c>2MSL timeout</c>.</param>
public readonly record struct TcpStateChange(
    Instant Time, long ConnectionId, IpEndpoint Local, IpEndpoint Remote, TcpState From, TcpState To, string Cause);

/// <summary>A timer of a connection went off.</summary>
/// <param name="Time">When.</param>
/// <param name="ConnectionId">As in <see cref="TcpStateChange"/>.</param>
/// <param name="Local">Local endpoint.</param>
/// <param name="Remote">Remote endpoint.</param>
/// <param name="Timer"><c>retransmission</c>, <c>persist</c>, <c>delayed ACK</c>, <c>keep-alive</c>, <c>SYN-ACK</c>,
/// <c>FIN-WAIT-2</c>, <c>2MSL</c>.</param>
public readonly record struct TcpTimerEvent(Instant Time, long ConnectionId, IpEndpoint Local, IpEndpoint Remote, string Timer);

/// <summary>A connection's windows and estimates after an acknowledgement was processed or a timer went off.</summary>
/// <param name="Time">When.</param>
/// <param name="ConnectionId">As in <see cref="TcpStateChange"/>.</param>
/// <param name="Local">Local endpoint.</param>
/// <param name="Remote">Remote endpoint.</param>
/// <param name="CongestionWindow">Bytes.</param>
/// <param name="SlowStartThreshold">Bytes; int.MaxValue while unset.</param>
/// <param name="FlightSize">Bytes sent and not acknowledged.</param>
/// <param name="SendWindow">Bytes the peer offers.</param>
/// <param name="ReceiveWindow">Bytes offered to the peer.</param>
/// <param name="SmoothedRtt">SRTT; zero before the first sample.</param>
/// <param name="RetransmissionTimeout">RTO.</param>
public readonly record struct TcpWindowSample(
    Instant Time,
    long ConnectionId,
    IpEndpoint Local,
    IpEndpoint Remote,
    int CongestionWindow,
    int SlowStartThreshold,
    int FlightSize,
    int SendWindow,
    int ReceiveWindow,
    Duration SmoothedRtt,
    Duration RetransmissionTimeout);

/// <summary>A change in a listening socket's queues.</summary>
/// <param name="Time">When.</param>
/// <param name="Local">The listening endpoint.</param>
/// <param name="SynQueue">Entries in the SYN queue after the change.</param>
/// <param name="SynQueueLimit">Its limit.</param>
/// <param name="AcceptQueue">Entries in the accept queue after the change.</param>
/// <param name="Backlog">The accept queue's limit as listen set it; Linux holds one more.</param>
/// <param name="Cause"><c>SYN queued</c>, <c>handshake completed</c>, <c>accept</c>, <c>SYN dropped: accept queue full</c>
/// …</param>
public readonly record struct ListenQueueChange(
    Instant Time, IpEndpoint Local, int SynQueue, int SynQueueLimit, int AcceptQueue, int Backlog, string Cause);

/// <summary>
/// Told what happens inside a host, at the moment it happens. Every method may be left as it is. Must not call into the host.
/// </summary>
public abstract class HostObserver
{
    public virtual void StateChanged(in TcpStateChange change)
    {
    }

    public virtual void TimerFired(in TcpTimerEvent timer)
    {
    }

    public virtual void WindowSampled(in TcpWindowSample sample)
    {
    }

    public virtual void ListenQueueChanged(in ListenQueueChange change)
    {
    }
}
