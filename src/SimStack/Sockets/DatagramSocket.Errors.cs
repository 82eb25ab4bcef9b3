using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>Errors about what the socket sent (Linux: udp_err, ip_icmp_error; ip(7), IP_RECVERR).</summary>
public abstract partial class DatagramSocket
{
    private readonly Queue<ExtendedError> _errors = new();
    private Errno _error;
    private int _errorMemory;

    /// <summary>Entries of the error queue.</summary>
    public int QueuedErrors => _errors.Count;

    /// <inheritdoc/>
    public override Errno TakeError()
    {
        Errno error = _error;
        _error = Errno.OK;
        return error;
    }

    /// <summary>
    /// recvmsg(2) with MSG_ERRQUEUE: the oldest error that IP_RECVERR kept. The pending error becomes that of the next entry.
    /// </summary>
    /// <returns>OK; EAGAIN when there is none.</returns>
    public Errno ReceiveError(out ExtendedError? error)
    {
        if (!_errors.TryDequeue(out error))
        {
            return IsClosed ? Errno.EBADF : Errno.EAGAIN;
        }

        _errorMemory -= SizeOf(error);
        if (_errors.TryPeek(out ExtendedError? next))
        {
            _error = next.Error;
        }
        else if (error.Origin is not ErrorOrigin.Local)
        {
            _error = Errno.OK;
        }

        return Errno.OK;
    }

    /// <summary>
    /// An ICMP error about a datagram of this socket. Without IP_RECVERR only a connected socket is told, and only of hard errors
    /// (RFC 1122 §4.1.3.3 leaves the choice; Linux's).
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="error">What.</param>
    /// <param name="payload">What was quoted of the payload.</param>
    internal void IcmpArrives(Instant now, in IcmpErrorInfo error, ReadOnlySpan<byte> payload)
    {
        // Whoever forged it had to know the ports; sockets that decide by the interface do not listen (Linux: ip_sk_accept_pmtu).
        if (error.IsPacketTooBig
            && _pathMtuDiscovery is not (PathMtuDiscovery.IP_PMTUDISC_INTERFACE or PathMtuDiscovery.IP_PMTUDISC_OMIT))
        {
            Host.Ip.LowerPathMtu(now, error.Destination, error.Mtu);
        }

        if (error.IsPacketTooBig && _pathMtuDiscovery is PathMtuDiscovery.IP_PMTUDISC_DONT)
        {
            return;
        }

        (Errno errno, bool hard) = IcmpErrno.For(error);
        hard |= error.IsPacketTooBig;
        if (errno is Errno.OK)
        {
            return;
        }

        if (_receiveErrors)
        {
            ErrorOrigin origin = error.IsV4 ? ErrorOrigin.Icmp : ErrorOrigin.Icmp6;
            IpEndpoint destination = new(error.Destination, error.Protocol is IpProtocol.Udp ? error.DestinationPort : (ushort)0);
            Keep(new ExtendedError(
                errno, origin, error.Type, error.Code, error.Info, error.Reporter, destination, payload.ToArray(), now));
        }
        else if (!hard || !IsConnected)
        {
            return;
        }

        _error = errno;
        Wake(PollEvents.POLLERR);
    }

    /// <summary>EMSGSIZE of a send: kept with the MTU that would fit (Linux: ip_local_error).</summary>
    private protected Errno TooLong(Instant now, IpEndpoint destination, int mtu)
    {
        if (_receiveErrors)
        {
            Keep(new ExtendedError(
                Errno.EMSGSIZE, ErrorOrigin.Local, 0, 0, (uint)mtu, Unspecified, destination, default, now));
            Wake(PollEvents.POLLERR);
        }

        return Errno.EMSGSIZE;
    }

    // The error queue has the receive buffer's size for its own bound, so that nobody can fill memory with errors.
    private void Keep(ExtendedError error)
    {
        int size = SizeOf(error);
        if (_errorMemory + size < ReceiveBuffer)
        {
            _errorMemory += size;
            _errors.Enqueue(error);
        }
    }

    private static int SizeOf(ExtendedError error) => TrueSize.Of(error.Data.Length + 36, v4: true, ushort.MaxValue);
}
