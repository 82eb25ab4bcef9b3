using SimStack.Tcp;

namespace SimStack.Sockets;

/// <summary>connect(2) with AF_UNSPEC, and what is in the queues.</summary>
public sealed partial class TcpSocket
{
    /// <summary>
    /// Sequence numbers sent or waiting to be sent and not acknowledged, a FIN among them: Linux's SIOCOUTQ. 0 without a connection.
    /// </summary>
    public int UnacknowledgedCount => _connection?.Unacknowledged ?? 0;

    /// <summary>Those of them that were not sent yet: Linux's SIOCOUTQNSD.</summary>
    public int UnsentCount => _connection?.Unsent ?? 0;

    /// <summary>SIOCINQ: bytes left to read, up to urgent data if there is some ahead.</summary>
    /// <returns>Bytes; EINVAL of a listening socket.</returns>
    public SocketResult GetInputQueue() =>
        _listener is not null ? SocketResult.Fail(Errno.EINVAL) : SocketResult.Ok(_connection?.InputQueue ?? 0);

    /// <summary>SIOCOUTQ: sequence numbers written and not acknowledged, a FIN among them.</summary>
    /// <returns>Bytes; EINVAL of a listening socket.</returns>
    public SocketResult GetOutputQueue() =>
        _listener is not null ? SocketResult.Fail(Errno.EINVAL) : SocketResult.Ok(_connection?.OutputQueue ?? 0);

    /// <summary>SIOCOUTQNSD: sequence numbers written and not sent, a FIN among them.</summary>
    /// <returns>Bytes; EINVAL of a listening socket.</returns>
    public SocketResult GetUnsentQueue() =>
        _listener is not null ? SocketResult.Fail(Errno.EINVAL) : SocketResult.Ok(_connection?.UnsentQueue ?? 0);

    /// <summary>
    /// connect(2) with AF_UNSPEC (Linux: tcp_disconnect): ends the connection at once, by RST where the peer waits for more, or stops to
    /// listen. The socket may connect or listen again; ECONNRESET is pending (SO_ERROR) where a connection was cut off. Its port stays its own if the
    /// user bound it.
    /// </summary>
    /// <returns>OK; EBADF when the socket is closed.</returns>
    public Errno Disconnect(Instant now) => Disconnect(now, aborts: true);

    private Errno Disconnect(Instant now, bool aborts)
    {
        if (_closed)
        {
            return Errno.EBADF;
        }

        StopListening(now);
        _shut = ShutSides.None;
        _error = Errno.OK;
        if (_connection is { } connection)
        {
            // Linux tells the user too what the peer was told.
            _error = connection.State is TcpState.Closed or TcpState.Closing or TcpState.LastAck or TcpState.TimeWait
                ? Errno.OK
                : Errno.ECONNRESET;
            if (aborts)
            {
                connection.Abort(now);
            }
            else
            {
                connection.Close(now);
            }

            _connection = null;
        }

        _connecting = false;
        if (!_bound)
        {
            _local = default;
        }

        Wake(WakesEveryone);
        return Errno.OK;
    }

    /// <summary>Which sides shutdown(2) ended before there was a connection (Linux: inet_shutdown sets sk_shutdown in every state).</summary>
    private ShutSides _shut;

    private Errno ShutWithoutConnection(ShutdownHow how)
    {
        _shut |= (ShutSides)((int)how + 1);
        return Errno.ENOTCONN;
    }

    private PollEvents PollWithoutConnection() => PollEvents.POLLOUT | PollEvents.POLLHUP
        | ((_shut & ShutSides.Receiving) != 0 ? PollEvents.POLLIN | PollEvents.POLLRDHUP : PollEvents.None);
}
