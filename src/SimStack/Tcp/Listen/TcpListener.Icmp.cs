using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>ICMP about handshakes under way (RFC 9293 §3.9.2.2, RFC 5927).</summary>
internal sealed partial class TcpListener
{
    /// <summary>
    /// ICMP about our SYN-ACK, which names it by its sequence number. Linux (tcp_req_err) forgets the handshake for some and tells
    /// nobody, as nobody has the connection yet: IPv4 net or host unreachable, time exceeded, parameter problem; IPv6 the hard ones. By RFC 9293
    /// only hard ones do (MUST-56, SHLD-26).
    /// </summary>
    public void IcmpArrives(Instant now, SynQueueEntry entry, in IcmpErrorInfo error)
    {
        if (error.Sequence != entry.Iss)
        {
            _tcp.Counters[SnmpCounter.TcpExtOutOfWindowIcmps]++;
            return;
        }

        (Errno errno, bool hard) = IcmpErrno.For(error);
        bool ends = _tcp.Profile.RfcSegmentChecks ? TcpConnection.IsHard(error) : error.IsV4
            ? error.Type is (byte)IcmpType.TimeExceeded or (byte)IcmpType.ParameterProblem
                || (error.Type is (byte)IcmpType.DestinationUnreachable && (error.Code is 0 or 1))
            : hard;
        if (ends)
        {
            _tcp.Counters[SnmpCounter.TcpExtListenDrops]++;
            Remove(entry);
            Report(now, entry, TcpState.SynReceived, TcpState.Closed, "ICMP " + errno);
            Notify(now, "handshake ended by ICMP");
        }
    }
}
