using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.3, RECEIVE call; and urgent data as Linux hands it over (§3.8.5).</summary>
internal sealed partial class TcpConnection
{
    private SequenceNumber _urgentAt;
    private bool _urgentWaiting;
    private bool _urgentTaken;
    private short _urgentByte = -1;

    /// <summary>An urgent byte is announced and not passed yet.</summary>
    public bool HasUrgent => _urgentWaiting && !_urgentTaken;

    /// <summary>SIOCATMARK</summary>
    public bool IsAtMark => _urgentWaiting && _urgentAt == _copied;

    public SocketResult Receive(Instant now, Span<byte> destination, MessageFlags flags)
    {
        if ((flags & MessageFlags.MSG_OOB) != 0)
        {
            return ReceiveUrgent(destination, (flags & MessageFlags.MSG_PEEK) != 0);
        }

        if ((flags & MessageFlags.MSG_PEEK) != 0)
        {
            return Peek(now, destination, 0);
        }

        int available = ReadableBeforeMark();
        if (available <= 0 || destination.Length == 0)
        {
            return WithoutData(destination.Length);
        }

        int count = Math.Min(available, destination.Length);
        _receiveBuffer!.CopyTo(0, destination[..count]);
        _received?.Arrivals?.Note(_copied + count);
        // Auto-tuning looks on when the first buffer's data is copied: how much is unread then includes the others'.
        int first = _received is null ? count : Math.Min(count, _received.FirstLength);
        ConsumeReceived(first);
        TuneAfterRead(now);
        if (count > first)
        {
            ConsumeReceived(count - first);
        }

        EndRead(now, count);
        _tcp.Timers.Update(this);
        return SocketResult.Ok(count);
    }

    /// <summary>MSG_PEEK: as a receive that takes nothing.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="skip">Bytes to pass over: those that this or an earlier call looked at.</param>
    public SocketResult Peek(Instant now, Span<byte> destination, int skip)
    {
        int available = PeekableFrom(ref skip);
        if (available <= 0 || destination.Length == 0)
        {
            return WithoutData(destination.Length);
        }

        int count = Math.Min(available, destination.Length);
        _receiveBuffer!.CopyTo(skip, destination[..count]);
        _received?.Arrivals?.Note(_copied + skip + count);
        if (ChargesMemory)
        {
            EndRead(now, count);
            _tcp.Timers.Update(this);
        }

        return SocketResult.Ok(count);
    }

    /// <summary>Bytes from there up to the urgent mark; a peek that begins at it goes on behind the urgent byte, and leaves it.</summary>
    private int PeekableFrom(ref int skip)
    {
        int offset = _urgentAt - _copied;
        if (!_urgentWaiting || offset < skip || offset >= Readable)
        {
            return Readable - skip;
        }

        if (offset > skip)
        {
            return offset - skip;
        }

        skip += _inlineUrgent ? 0 : 1;
        return Readable - skip;
    }

    private SocketResult WithoutData(int length)
    {
        if (length == 0 || ReceiveClosed)
        {
            return SocketResult.Ok(0);
        }

        if (PendingError is not Errno.OK)
        {
            return SocketResult.Fail(TakeError());
        }

        return _readShut || _state is TcpState.Closed ? SocketResult.Ok(0) : SocketResult.Fail(Errno.EAGAIN);
    }

    /// <summary>Bytes up to the urgent mark; the urgent byte itself is passed over unless it is inline.</summary>
    private int ReadableBeforeMark()
    {
        int readable = Readable;
        if (!_urgentWaiting || readable == 0)
        {
            return readable;
        }

        int offset = _urgentAt - _copied;
        if (offset > 0)
        {
            return Math.Min(readable, offset);
        }

        if (offset < 0)
        {
            _urgentWaiting = false;
            return readable;
        }

        // At the mark, and somebody reads on: as in Linux the urgent byte is passed over, and lost if nobody took it with
        // MSG_OOB.
        _urgentWaiting = false;
        _urgentByte = -1;
        if (!_inlineUrgent)
        {
            ConsumeReceived(1);
        }

        return Readable;
    }

    private void ConsumeReceived(int count)
    {
        ConsumeReceivedMemory(count);
        _receiveBuffer!.Consume(count);
        _copied += count;
        _received?.Arrivals?.Consume(_copied);
        if (_outOfOrder is not { Count: > 0 })
        {
            _receiveBuffer.ReleaseIfEmpty();
        }
    }

    /// <summary>The user is gone: what waits to be read is nobody's.</summary>
    private void DropUnread()
    {
        ConsumeReceivedMemory(Readable);
        _receiveBuffer?.Clear();
    }

    private SocketResult ReceiveUrgent(Span<byte> destination, bool peek)
    {
        if (_inlineUrgent || !HasUrgent)
        {
            return SocketResult.Fail(Errno.EINVAL);
        }

        if (_urgentByte < 0)
        {
            return ReceiveClosed || _readShut || _state is TcpState.Closed ? SocketResult.Ok(0) : SocketResult.Fail(Errno.EAGAIN); // tcp_recv_urg
        }

        if (destination.Length == 0)
        {
            return SocketResult.Ok(0);
        }

        destination[0] = (byte)_urgentByte;
        if (!peek)
        {
            _urgentByte = -1;
            _urgentTaken = true;
        }

        return SocketResult.Ok(1);
    }

    /// <summary>The urgent byte is in that segment, be it ahead of a hole (tcp_urg): kept apart for MSG_OOB.</summary>
    private void TakeUrgentByte(scoped in TcpSegment segment)
    {
        int offset = _urgentAt - segment.Seq;
        if (_urgentByte < 0 && HasUrgent && _urgentAt >= _copied && offset >= 0 && offset < segment.Data.Length)
        {
            _urgentByte = segment.Data[offset];
            _tcp.SignalReady(this, PollEvents.POLLIN);
        }
    }

    /// <summary>The urgent byte itself arrived: kept apart for MSG_OOB.</summary>
    private void TakeUrgentByte()
    {
        if (!HasUrgent || _urgentByte >= 0 || _urgentAt >= _rcv.Nxt || _urgentAt < _copied)
        {
            return;
        }

        _tcp.SignalReady(this, PollEvents.POLLIN);
        if (_inlineUrgent)
        {
            return;
        }

        Span<byte> one = stackalloc byte[1];
        _receiveBuffer!.CopyTo(_urgentAt - _copied, one);
        _urgentByte = one[0];
    }
}
