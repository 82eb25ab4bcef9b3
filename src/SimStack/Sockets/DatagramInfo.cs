using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>What came with a datagram, as recvmsg(2) and its control messages tell.</summary>
/// <param name="From">Who sent it; a ping socket's has no port.</param>
/// <param name="To">The address it was sent to: the host's own, or a group's (IP_PKTINFO).</param>
/// <param name="Length">Its whole length in bytes, even when the buffer was shorter (MSG_TRUNC).</param>
/// <param name="TimeToLive">As it arrived (IP_RECVTTL).</param>
/// <param name="TrafficClass">DSCP and ECN (IP_RECVTOS).</param>
/// <param name="Time">When it arrived (SO_TIMESTAMP).</param>
public readonly record struct DatagramInfo(
    IpEndpoint From, IpAddress To, int Length, byte TimeToLive, byte TrafficClass, Instant Time);
