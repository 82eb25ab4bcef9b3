using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// How long an active open goes on, where systems have more than a number of SYNs: Windows sends its SYN again after a RST, FreeBSD
/// bounds the time of connect.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>
    /// RST answers our SYN (RFC 9293 §3.10.7.3, second). Windows tries again, a fixed time later and without backoff, as often as it would
    /// without an answer (Microsoft KB 175523).
    /// </summary>
    private void Refused(Instant now)
    {
        int most = _synRetries > 0 ? _synRetries : Sysctls.SynRetries;
        if (Profile.RetryAfterRefusal > Duration.Zero && _retransmissions < most)
        {
            _backoff = _doublings = 0;
            _timers.Retransmission = now + Profile.RetryAfterRefusal;
            return;
        }

        Count(SnmpCounter.TcpAttemptFails);
        Fail(now, Errno.ECONNREFUSED, "rcv RST");
    }

    /// <summary>FreeBSD's net.inet.tcp.keepinit: connect has this long, whatever the number of SYNs.</summary>
    private bool GaveUpByTime(Instant now) =>
        _state is TcpState.SynSent && Sysctls.ConnectTimeoutMilliseconds > 0 && now >= ConnectDeadline;

    private Instant ConnectDeadline => _firstSentAt + Duration.FromMilliseconds(Sysctls.ConnectTimeoutMilliseconds);

    private Instant HoldToConnectTimeout(Instant deadline) =>
        _state is TcpState.SynSent && Sysctls.ConnectTimeoutMilliseconds > 0 ? Instant.Min(deadline, ConnectDeadline) : deadline;
}
