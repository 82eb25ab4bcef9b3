using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimStack.Sockets;

/// <summary>
/// The error queue: ICMP errors that ended an attempt to connect, times of SO_TIMESTAMPING, notices of MSG_ZEROCOPY (Linux:
/// sock_queue_err_skb, __skb_tstamp_tx, msg_zerocopy_callback).
/// </summary>
public sealed partial class TcpSocket
{
    private const byte ZerocopyCopied = 1;

    // Flags that ask for a time of what is sent: SOF_TIMESTAMPING_TX_RECORD_MASK.
    private const TimestampingFlags Recorded = TimestampingFlags.SOF_TIMESTAMPING_TX_HARDWARE | TimestampingFlags.SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlags.SOF_TIMESTAMPING_TX_SCHED | TimestampingFlags.SOF_TIMESTAMPING_TX_ACK
        | TimestampingFlags.SOF_TIMESTAMPING_TX_COMPLETION;

    // What a notice takes of net.core.optmem_max, and what has to be free for one more.
    private const int NoticeSize = 832;
    private const int NoticeNeeds = 576;

    private ErrorQueue? _errors;
    private SequenceNumber _timestampBase;
    private uint _nextNotice;

    /// <summary>Entries of the error queue; while there are some the socket reports POLLERR.</summary>
    public int QueuedErrors => _errors?.Count ?? 0;

    /// <summary>An error waits for the next call; <see cref="TakeError"/> tells which.</summary>
    public bool HasPendingError => (_connection?.PendingError ?? _error) is not Errno.OK;

    /// <summary>recvmsg(2) with MSG_ERRQUEUE: the oldest entry of the error queue.</summary>
    /// <returns>OK; EAGAIN when there is none; EBADF.</returns>
    public Errno ReceiveError(out ExtendedError? error)
    {
        if (_closed || _errors is null || !_errors.TryTake(out error))
        {
            error = null;
            return _closed ? Errno.EBADF : Errno.EAGAIN;
        }

        // Linux: sock_dequeue_err_skb.
        if (_errors.TryPeek(out ExtendedError next))
        {
            Wake(PollEvents.POLLERR);
        }

        if (next is { IsIcmp: true })
        {
            SetError(next.Error);
        }
        else if (error.IsIcmp)
        {
            SetError(Errno.OK);
        }

        return Errno.OK;
    }

    /// <summary>SEND as one attempt of a call that may block; see <see cref="Send(Instant, ReadOnlySpan{byte}, MessageFlags)"/>.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="data">What is left to send.</param>
    /// <param name="flags">With MSG_ZEROCOPY and SO_ZEROCOPY the call is told of in the error queue once the peer has acknowledged its data.</param>
    /// <param name="progress">The call.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is more data than is left of the call.</exception>
    /// <returns>Besides: EINVAL for flags in its control message that ask for no time; ENOBUFS when too many calls are not yet told of.</returns>
    public SocketResult Send(Instant now, ReadOnlySpan<byte> data, MessageFlags flags, SendProgress progress)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, progress.Length - progress.Taken, nameof(data));
        if (_closed)
        {
            return SocketResult.Fail(Errno.EBADF);
        }

        if (IsFastOpen(flags))
        {
            return SendTo(now, data, null, flags, progress);
        }

        bool isWrong = progress.HasWrongControl || (progress.Timestamping is { } asked && (asked & ~Recorded) != 0);
        if (isWrong && State is TcpState.Established or TcpState.CloseWait && _connection is { PendingError: Errno.OK })
        {
            return SocketResult.Fail(Errno.EINVAL);
        }

        SocketResult result = _connection?.Send(now, data, flags, progress) ?? WithoutConnection(Errno.EPIPE);
        if (!result.Succeeded && !progress.Blocks)
        {
            EndSend(now, progress);
        }

        return result;
    }

    /// <summary>The call returns, having sent what it could. Not needed for one that sent everything or does not block.</summary>
    public void EndSend(Instant now, SendProgress progress) => _connection?.EndSend(now, progress);

    /// <summary>The flags in force for a call.</summary>
    internal TimestampingFlags TimestampingOf(SendProgress progress) =>
        progress.Timestamping is { } asked ? (Options.Timestamping & ~Recorded) | asked : Options.Timestamping;

    /// <summary>The number of a call with MSG_ZEROCOPY, and whether there is memory to tell of it later.</summary>
    internal bool TryNumberNotice(int waiting, out uint number)
    {
        number = _nextNotice;
        int taken = (waiting + (_errors?.Notices ?? 0)) * NoticeSize;
        return (long)taken + NoticeNeeds <= Host.Sysctls.OptMemMax;
    }

    internal uint NextNotice
    {
        get => _nextNotice;
        set => _nextNotice = value;
    }

    /// <summary>
    /// Calls with MSG_ZEROCOPY are done with their data. It was always copied: into the send buffer here; on Linux wherever the packet does not
    /// go to a network card alone. A tun device hands it to a process, the loopback device to a socket, and whoever captures gets a copy as well.
    /// </summary>
    internal void ReportZerocopy(Instant now, uint first, int count)
    {
        ErrorQueue errors = _errors ??= new ErrorQueue();
        errors.AddNotice(now, first, (uint)count, Entry(Errno.OK, ErrorOrigin.Zerocopy, now) with { Code = ZerocopyCopied });
        Wake(PollEvents.POLLERR);
    }

    /// <summary>A time of what was sent.</summary>
    /// <param name="now">The time.</param>
    /// <param name="kind">What happened.</param>
    /// <param name="key">The byte.</param>
    /// <param name="length">Bytes of the packet.</param>
    internal void ReportTimestamp(Instant now, TimestampKind kind, SequenceNumber key, int length)
    {
        TimestampingFlags flags = Options.Timestamping;
        Queue(Entry(Errno.ENOMSG, ErrorOrigin.Timestamping, now) with
        {
            Info = (uint)kind,
            EeData = (flags & TimestampingFlags.SOF_TIMESTAMPING_OPT_ID) != 0 ? unchecked((uint)(key - _timestampBase)) : 0,
            Length = (flags & TimestampingFlags.SOF_TIMESTAMPING_OPT_TSONLY) != 0 ? 0 : length,
        });
    }

    /// <summary>An ICMP error that ends an attempt to connect.</summary>
    internal void ReportIcmp(Instant now, in IcmpErrorInfo error, Errno errno)
    {
        // Of the segment as much is kept as every error quotes.
        const int Quoted = 8;
        Queue(new ExtendedError(
            errno, error.IsV4 ? ErrorOrigin.Icmp : ErrorOrigin.Icmp6, error.Type, error.Code, error.Info, error.Reporter,
            new IpEndpoint(error.Destination, error.DestinationPort), default, now)
        { Length = Quoted });
    }

    /// <summary>A segment was retransmitted often and the connection is not given up yet (RFC 9293 §3.8.3 (e)).</summary>
    internal void ReportDeliveryTrouble(Instant now) => Queue(Entry(Errno.ETIMEDOUT, ErrorOrigin.Local, now));

    private static bool IsTimestamping(TimestampingFlags flags)
    {
        const TimestampingFlags All = (TimestampingFlags)(((int)TimestampingFlags.SOF_TIMESTAMPING_TX_COMPLETION << 1) - 1);
        bool Has(TimestampingFlags flag) => (flags & flag) != 0;
        return (flags & ~All) == 0
            && (!Has(TimestampingFlags.SOF_TIMESTAMPING_OPT_ID_TCP) || Has(TimestampingFlags.SOF_TIMESTAMPING_OPT_ID))
            && (!Has(TimestampingFlags.SOF_TIMESTAMPING_OPT_STATS) || Has(TimestampingFlags.SOF_TIMESTAMPING_OPT_TSONLY));
    }

    /// <summary>Setting SOF_TIMESTAMPING_OPT_ID anew begins to count bytes; false where there is no stream yet, or no longer.</summary>
    private bool TrySetTimestampBase(TimestampingFlags flags)
    {
        if ((flags & ~Options.Timestamping & TimestampingFlags.SOF_TIMESTAMPING_OPT_ID) == 0)
        {
            return true;
        }

        if (_connection is not { } connection || IsClosed)
        {
            return false;
        }

        bool fromWritten = (flags & TimestampingFlags.SOF_TIMESTAMPING_OPT_ID_TCP) != 0;
        _timestampBase = fromWritten ? connection.Snd.Written : connection.Snd.Una;
        return true;
    }

    private ExtendedError Entry(Errno errno, ErrorOrigin origin, Instant now) =>
        new(errno, origin, 0, 0, 0, Unspecified, RemoteEndpoint, default, now);

    private void Queue(ExtendedError error)
    {
        ErrorQueue errors = _errors ??= new ErrorQueue();
        if (_connection is null || _connection.HasReceiveMemory(errors.Memory + ErrorQueue.SizeOf(error)))
        {
            errors.Add(error);
            Wake(PollEvents.POLLERR);
        }
    }

    private void SetError(Errno error)
    {
        if (_connection is not null)
        {
            _connection.PendingError = error;
        }
        else
        {
            _error = error;
        }
    }
}
