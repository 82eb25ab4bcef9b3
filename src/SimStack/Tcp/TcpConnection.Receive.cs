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

    public SocketResult Receive(Instant now, Span<byte> destination, MessageFlags flags)
    {
        if ((flags & MessageFlags.MSG_OOB) != 0)
        {
            return ReceiveUrgent(destination, (flags & MessageFlags.MSG_PEEK) != 0);
        }

        bool peek = (flags & MessageFlags.MSG_PEEK) != 0;
        int available = ReadableBeforeMark();
        if (available > 0 && destination.Length > 0)
        {
            int count = Math.Min(available, destination.Length);
            _receiveBuffer!.CopyTo(0, destination[..count]);
            if (!peek)
            {
                // Auto-tuning looks on when the first buffer's data is copied: how much is unread then includes the others'.
                int first = _received is null ? count : Math.Min(count, _received.FirstLength);
                ConsumeReceived(first);
                TuneAfterRead(now);
                if (count > first)
                {
                    ConsumeReceived(count - first);
                }
            }

            if (!peek || ChargesMemory)
            {
                AcknowledgeAfterRead(now, count);
                _tcp.Timers.Update(this);
            }

            return SocketResult.Ok(count);
        }

        if (destination.Length == 0 || ReceiveClosed)
        {
            return SocketResult.Ok(0);
        }

        if (PendingError is not Errno.OK)
        {
            return SocketResult.Fail(TakeError());
        }

        if (_readShut)
        {
            return SocketResult.Ok(0);
        }

        return _state switch
        {
            TcpState.Closed => SocketResult.Ok(0),
            _ => SocketResult.Fail(Errno.EAGAIN),
        };
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
            return SocketResult.Fail(Errno.EAGAIN);
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

    /// <summary>The urgent byte itself arrived: kept apart for MSG_OOB.</summary>
    private void TakeUrgentByte()
    {
        if (!HasUrgent || _urgentByte >= 0 || _inlineUrgent || _urgentAt >= _rcv.Nxt || _urgentAt < _copied)
        {
            return;
        }

        Span<byte> one = stackalloc byte[1];
        _receiveBuffer!.CopyTo(_urgentAt - _copied, one);
        _urgentByte = one[0];
    }
}
