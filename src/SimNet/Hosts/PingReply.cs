using SimStack;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Hosts;

/// <summary>What became of an echo request.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="From">Who answered: the destination, or a router that could not deliver; unspecified when nobody did.</param>
/// <param name="Sequence">The request's sequence number.</param>
/// <param name="RoundTrip">From sending to the answer's arrival, whatever the answer was; the timeout when none came.</param>
/// <param name="Length">Bytes of the reply's payload; 0 otherwise.</param>
/// <param name="TimeToLive">The reply's, as it arrived; 0 otherwise.</param>
/// <param name="Error">What a socket would be told; OK for a reply and for silence.</param>
/// <param name="IcmpType">The error's ICMP type; 0 otherwise.</param>
/// <param name="IcmpCode">The error's ICMP code; 0 otherwise.</param>
/// <param name="Mtu">Of <see cref="PingStatus.PacketTooBig"/>, in bytes; 0 otherwise.</param>
public sealed record PingReply(
    PingStatus Status,
    IpAddress From,
    ushort Sequence,
    Duration RoundTrip,
    int Length = 0,
    byte TimeToLive = 0,
    Errno Error = Errno.OK,
    byte IcmpType = 0,
    byte IcmpCode = 0,
    int Mtu = 0);

/// <summary>How an echo request ended.</summary>
public enum PingStatus
{
    /// <summary>The destination answered.</summary>
    Reply,

    /// <summary>Nothing came in time.</summary>
    TimedOut,

    /// <summary>Destination unreachable, whatever the code but the MTU's.</summary>
    Unreachable,

    /// <summary>The time to live ended on the way.</summary>
    TimeExceeded,

    /// <summary>Longer than a link on the way takes.</summary>
    PacketTooBig,

    /// <summary>A header that somebody did not understand, or any other error.</summary>
    ParameterProblem,
}
