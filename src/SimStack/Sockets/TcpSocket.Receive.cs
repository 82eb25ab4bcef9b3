namespace SimStack.Sockets;

/// <summary>recv(2) and what it tells beside the bytes.</summary>
public sealed partial class TcpSocket
{
    /// <summary>RECEIVE: hands over what arrived in order.</summary>
    /// <returns>Bytes; 0 at the end of the stream; EAGAIN; ENOTCONN; ECONNRESET, ETIMEDOUT … once.</returns>
    public SocketResult Receive(Instant now, Span<byte> destination, MessageFlags flags = MessageFlags.None)
    {
        if (_closed)
        {
            return SocketResult.Fail(Errno.EBADF);
        }

        if (_connection is null)
        {
            return (flags & MessageFlags.MSG_OOB) != 0 && _listener is null
                ? SocketResult.Fail(Errno.EINVAL) // There is no urgent data: Linux looks at that first (tcp_recv_urg).
                : NothingToReceive();
        }

        if ((flags & (MessageFlags.MSG_PEEK | MessageFlags.MSG_OOB)) == MessageFlags.MSG_PEEK)
        {
            return Peek(now, destination, 0);
        }

        SocketResult result = _connection.Receive(now, destination, flags);
        MovePeekOffset(result.Succeeded && (flags & MessageFlags.MSG_OOB) == 0 ? -result.Value : 0);
        return result;
    }

    /// <summary>
    /// Begins a call that takes time (Linux: lock_sock): until its <see cref="SocketHold.Release"/> segments wait in the socket's backlog, and
    /// <see cref="Receive"/> does not acknowledge yet. Where nobody calls this, calls take no time, and there is no backlog. Timers go off meanwhile.
    /// </summary>
    /// <returns>What ends it; it holds nothing where there is no connection or another call has it.</returns>
    public SocketHold Hold() => !_closed && _connection?.TryHold() == true ? new SocketHold(_connection) : default;

    /// <summary>Receives with MSG_PEEK: nothing is taken. With SO_PEEK_OFF it begins there, and moves that on.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="skip">Bytes that the same call looked at before, as MSG_WAITALL makes it wait for more; 0 or more.</param>
    /// <returns>As <see cref="Receive"/>; EAGAIN when nothing more is there yet.</returns>
    public SocketResult Peek(Instant now, Span<byte> destination, int skip)
    {
        if (_closed || _connection is null)
        {
            return _closed ? SocketResult.Fail(Errno.EBADF) : NothingToReceive();
        }

        SocketResult result = _connection.Peek(now, destination, Math.Max(0, Options.PeekOffset) + (Options.PeekOffset < 0 ? skip : 0));
        MovePeekOffset(result.Succeeded ? result.Value : 0);
        return result;
    }

    /// <summary>Linux: sk_peek_offset_fwd, sk_peek_offset_bwd.</summary>
    private void MovePeekOffset(int by)
    {
        if (Options.PeekOffset >= 0 && by != 0)
        {
            Options = Options with { PeekOffset = Math.Max(0, Options.PeekOffset + by) };
        }
    }

    /// <summary>After shutdown(2) the stream is at its end, although there never was one.</summary>
    private SocketResult NothingToReceive() =>
        _error is Errno.OK && (_shut & ShutSides.Receiving) != 0 ? SocketResult.Ok(0) : WithoutConnection(Errno.ENOTCONN);

    /// <summary>What disconnecting left behind is told once, and first.</summary>
    private SocketResult WithoutConnection(Errno usual)
    {
        Errno pending = _error;
        _error = Errno.OK;
        return SocketResult.Fail(pending is Errno.OK ? usual : pending);
    }

    /// <summary>
    /// When the last byte that the last <see cref="Receive"/> returned arrived; null unless SOF_TIMESTAMPING_RX_SOFTWARE was set by then.
    /// </summary>
    public Instant? ArrivedAt => _connection?.ArrivedAt;

    /// <summary>SIOCATMARK: whether the next byte to read is where urgent data is (sockatmark(3)).</summary>
    public bool IsAtMark => _connection?.IsAtMark == true;

    /// <summary>What TCP_INQ tells with every receive: bytes left to read, and one more once the peer's FIN was received.</summary>
    public int Unread => _connection?.Unread ?? 0;

    /// <summary>
    /// Whether a receive that waits goes on waiting although there is something: it is less than SO_RCVLOWAT, and more may come.
    /// </summary>
    /// <param name="length">Bytes that it has room for.</param>
    public bool IsBelowLowWater(int length) => Options.ReceiveLowWater > 1 && _connection?.IsBelowLowWater(length) == true;
}
