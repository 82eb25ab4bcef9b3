using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>RFC 9293 §3.10.2, SEND call.</summary>
internal sealed partial class TcpConnection
{
    private int _sendBufferLimit;
    private bool _urgentToSend;

    // Linux's SOCK_NOSPACE: somebody wants to know when the socket is writable again.
    private bool _awaitsSpace;

    /// <summary>Free bytes in the send buffer.</summary>
    private int SendSpace => Math.Max(0, EffectiveSendLimit - (_sendBuffer?.Length ?? 0));

    /// <summary>Linux calls a socket writable from a third of its buffer on.</summary>
    public bool Writable => Offloads ? HasMuchMemory : SendSpace > 0 && SendSpace >= EffectiveSendLimit / 3;

    /// <summary>Unless the user set SO_SNDBUF the limit follows the congestion window: room for two windows.</summary>
    private int EffectiveSendLimit => SendBufferLocked ? _sendBufferLimit
        : Offloads ? Math.Max(Sysctls.WmemDefault, _grownSendBuffer)
        : (int)Math.Clamp(
            2L * _congestion.Window * _maximumSegment, _sendBufferLimit, Math.Max(Sysctls.WmemMaximum, _sendBufferLimit));

    public bool SendBufferLocked { get; set; }

    public SocketResult Send(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call = null)
    {
        if (PendingError is not Errno.OK)
        {
            return SocketResult.Fail(TakeError());
        }

        if (SendClosed)
        {
            return SocketResult.Fail(Errno.EPIPE);
        }

        if (_state is not (TcpState.Established or TcpState.CloseWait) && !IsPassiveFastOpen)
        {
            // SYN-SENT, SYN-RECEIVED: the RFC queues the data for later; Linux lets a blocking caller wait, a non-blocking one
            // try again.
            return SocketResult.Fail(Errno.EAGAIN);
        }

        CheckApplicationLimited(call);
        return Offloads ? SendPackets(now, data, flags, call) : SendBytes(now, data, flags, call);
    }

    private SocketResult SendBytes(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call)
    {
        int count = Math.Min(data.Length, SendSpace);
        _awaitsSpace |= count < data.Length;
        if (count == 0 && data.Length > 0)
        {
            return SocketResult.Fail(Errno.EAGAIN);
        }

        if (count > 0)
        {
            _chronograph.Start(now, SendLimit.Busy);
        }

        (_sendBuffer ??= new ByteQueue(_tcp.Chunks)).Append(data[..count]);
        _snd.Written += count;
        if (call is not null)
        {
            call.Taken += count;
        }

        if (count > 0 && (flags & MessageFlags.MSG_OOB) != 0)
        {
            _snd.Up = _snd.Written;
            _urgentToSend = true;
        }

        _moreComing = (flags & MessageFlags.MSG_MORE) != 0 && count == data.Length;
        if (!_moreComing)
        {
            _pushPoint = _snd.Written;
        }

        Output(now, push: _urgentToSend && _snd.Up == _snd.Written);
        _tcp.Timers.Update(this);
        return SocketResult.Ok(count);
    }

    private SocketResult SendPackets(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress? call)
    {
        if (data.Length == 0)
        {
            return SocketResult.Ok(0);
        }

        if (call is not null && (flags & MessageFlags.MSG_ZEROCOPY) != 0 && Socket is { Options.Zerocopy: true } && !TryBeginNotice(call))
        {
            return SocketResult.Fail(Errno.ENOBUFS);
        }

        _sendBuffer ??= new ByteQueue(_tcp.Chunks);
        int count = Append(now, data, flags, call);
        if (call is not null)
        {
            call.Taken += count;
            if (!call.Blocks || call.Taken == call.Length)
            {
                EndSend(now, call);
            }
        }

        _tcp.Timers.Update(this);
        return count > 0 ? SocketResult.Ok(count) : SocketResult.Fail(Errno.EAGAIN);
    }

    public Errno TakeError()
    {
        Errno error = PendingError;
        PendingError = Errno.OK;
        return error;
    }

    /// <summary>URG as long as the urgent data is not behind this segment (RFC 9293 §3.8.5).</summary>
    private ushort UrgentPointerFor(SequenceNumber seq, ref TcpFlags flags)
    {
        if (!_urgentToSend || (flags & TcpFlags.Syn) != 0)
        {
            return 0;
        }

        if (_snd.Up <= _snd.Una)
        {
            _urgentToSend = false;
            return 0;
        }

        int distance = _snd.Up - seq;
        if (distance <= 0)
        {
            return 0;
        }

        flags |= TcpFlags.Urg;
        return (ushort)Math.Min(distance, 65_535);
    }

    private void ReleaseSendBuffer(Instant now, int bytes)
    {
        _sendBuffer!.Consume(bytes);
        _snd.BufferStart += bytes;
        _sendBuffer.ReleaseIfEmpty();
        if (!Offloads)
        {
            SignalSpace(now);
        }
    }

    /// <summary>
    /// Somebody waits for room in the send buffer: there may be enough of it now. A congestion window that is not full, after a packet was sent
    /// or when all was that could be, wants a larger buffer (Linux: tcp_check_space by tcp_event_new_data_sent and tcp_data_snd_check; tcp_new_space).
    /// </summary>
    private void SignalSpace(Instant now)
    {
        if (!_awaitsSpace)
        {
            return;
        }

        if (SegmentsInFlight < _congestion.Window)
        {
            GrowSendBuffer();
        }

        if (Writable)
        {
            _awaitsSpace = false;
            _chronograph.Stop(now, SendLimit.SendBuffer, idle: HasNothingToSend);
            _tcp.SignalReady(this, PollEvents.POLLOUT);
        }
    }
}
