using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>read, readv, recv, recvfrom.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall Read(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        bool isNull = arguments.IsNull(1);
        return ReadFrom(file, arguments.Length(2), isNull, now);
    }

    private PendingCall ReadVector(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        return ReadFrom(file, VectorLength(arguments[1], arguments.Int(2)), isNull: false, now);
    }

    private PendingCall ReadFrom(OpenFile file, long length, bool isNull, Instant now)
    {
        // read(2) of no bytes does not ask the protocol (Linux: sock_read_iter).
        if (file is SocketFile socket)
        {
            return length == 0 ? PendingCall.Immediate(_ => CallResult.Ok()) : ReceiveFrom(socket, length, isNull, 0, now);
        }

        if (!file.MayRead || file is EpollFile)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(file is EpollFile ? LinuxErrno.EINVAL : LinuxErrno.EBADF));
        }

        return new PendingCall
        {
            Attempt = _ => isNull && HasBytes(file) && length > 0 ? CallResult.Fail(LinuxErrno.EFAULT)
                : file is PipeEnd pipe ? ReadPipe(pipe, length)
                : CallResult.Ok(ReadRegular((RegularFile)file, length)),
        };
    }

    private static bool HasBytes(OpenFile file) =>
        file is PipeEnd pipe ? pipe.Buffer.Count > 0 : file is RegularFile regular && regular.Position < regular.Content.Length;

    private CallResult? ReadPipe(PipeEnd pipe, long length)
    {
        int count = pipe.Read(Buffer(length, zeros: false));
        return count > 0 || length == 0 || pipe.Other is null ? CallResult.Ok(count)
            : pipe.IsNonBlocking ? CallResult.Fail(Errno.EAGAIN)
            : null;
    }

    private int ReadRegular(RegularFile file, long length)
    {
        int count = file.Content.Read(file.Position, Buffer(length, zeros: false));
        file.Position += count;
        return count;
    }

    private PendingCall Receive(CallArguments arguments, int count, Instant now)
    {
        arguments.RequireCount(count);
        OpenFile file = File(arguments.Int(0));
        bool isNull = arguments.IsNull(1);
        int length = arguments.Length(2);
        int flags = arguments.Int(3);
        if (count == 6)
        {
            arguments.RequireEllipsis(4);
            arguments.RequireEllipsis(5);
        }

        return file is SocketFile socket
            ? ReceiveFrom(socket, length, isNull, flags, now)
            : PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
    }

    private PendingCall ReceiveFrom(SocketFile socket, long length, bool isNull, int flags, Instant now)
    {
        ReceiveCall call = new(socket, length, isNull, flags);
        return new PendingCall
        {
            Deadline = After(now, socket.ReceiveTimeout),
            Expire = _ => call.Expire(),
            Attempt = time => call.Attempt(this, time),
        };
    }

    /// <summary>The sum of an iovec's lengths; the count behind it has to be that of its items.</summary>
    private static long VectorLength(Expression expression, int count)
    {
        if (expression is not ListExpression list)
        {
            throw CallException.Mistake($"{CallText.Of(expression)} where a list of {{..., length}} belongs");
        }

        if (list.Items.Count != count)
        {
            throw CallException.Mistake($"{list.Items.Count} buffers and a count of {count}; they are the same");
        }

        long sum = 0;
        foreach (Expression item in list.Items)
        {
            long length = item is IoVectorExpression vector
                ? CallArguments.Long(vector.Length)
                : throw CallException.Mistake($"{CallText.Of(item)} where {{..., length}} belongs");
            sum += length is >= 0 and <= int.MaxValue ? length : throw CallException.Mistake($"a length of {length}");
        }

        return sum;
    }

    /// <summary>A call that receives, over as many attempts as it needs.</summary>
    private sealed class ReceiveCall(SocketFile socket, long length, bool isNull, int flags)
    {
        private readonly bool _isNonBlocking = socket.IsNonBlocking || (flags & MessageFlag.DontWait) != 0;
        private readonly MessageFlags _flags = MessageFlag.ForReceive(flags);
        private long _received;

        /// <summary>What the message that was received tells beside its bytes; only of datagrams.</summary>
        public DatagramInfo Datagram { get; private set; }

        /// <summary>The entry of the error queue that was received.</summary>
        public ExtendedError? Error { get; private set; }

        /// <summary>When the last byte arrived; null where that is not to be told.</summary>
        public Instant? ArrivedAt { get; private set; }

        /// <summary>What recvmsg returns in msg_flags, control messages apart.</summary>
        public int ReturnedFlags { get; private set; }

        public CallResult Expire() => _received > 0 ? CallResult.Ok(_received) : CallResult.Fail(Errno.EAGAIN);

        public CallResult? Attempt(ScriptProcess process, Instant now)
        {
            if ((flags & MessageFlag.ErrorQueue) != 0)
            {
                return ReceiveError();
            }

            CallResult result = socket.Tcp is { } tcp ? ReceiveStream(process, tcp, now) : ReceiveDatagram(process, now);
            return result.Errno == (int)Errno.EAGAIN && !_isNonBlocking ? null
                : !result.Succeeded && _received > 0 ? CallResult.Ok(_received)
                : result;
        }

        private CallResult ReceiveStream(ScriptProcess process, TcpSocket tcp, Instant now)
        {
            bool peeks = (flags & MessageFlag.Peek) != 0;
            bool urgent = (flags & (int)MessageFlags.MSG_OOB) != 0;
            bool waitsForAll = (flags & MessageFlag.WaitAll) != 0;
            if (length == 0 || (isNull && (flags & MessageFlag.Truncated) == 0))
            {
                Span<byte> one = stackalloc byte[1];
                SocketResult probe = tcp.Receive(now, one, _flags | MessageFlags.MSG_PEEK);
                return !probe.Succeeded || probe.Value == 0 ? CallResult.From(probe)
                    : length == 0 ? CallResult.Ok()
                    : CallResult.Fail(LinuxErrno.EFAULT);
            }

            while (true)
            {
                // An error that comes after bytes is left for the next call.
                if (_received > 0 && tcp.HasPendingError)
                {
                    return CallResult.Ok(_received);
                }

                Span<byte> buffer = process.Buffer(length - _received, zeros: false);
                SocketResult result = peeks && !urgent ? tcp.Peek(now, buffer, (int)_received) : tcp.Receive(now, buffer, _flags);
                if (!result.Succeeded)
                {
                    return CallResult.Fail(result.Error);
                }

                if (result.Value > 0)
                {
                    ArrivedAt = tcp.ArrivedAt;
                }

                _received += result.Value;
                long wanted = urgent ? 1 : waitsForAll ? length : Math.Min(length, tcp.GetOption(SocketOption.SO_RCVLOWAT).Value);
                // Urgent data ends what one call reads, however much it was to wait for (tcp_recvmsg_locked).
                if (result.Value == 0 || _received >= wanted || (!urgent && !peeks && tcp.IsAtMark))
                {
                    return CallResult.Ok(_received);
                }
            }
        }

        /// <summary>The error queue: never waits (Linux: inet_recv_error).</summary>
        private CallResult ReceiveError()
        {
            Errno errno = socket.Datagram?.ReceiveError(out ExtendedError? error) ?? socket.Tcp!.ReceiveError(out error);
            if (error is null)
            {
                return CallResult.Fail(errno);
            }

            Error = error;
            ReturnedFlags = MessageFlag.ErrorQueue | (error.Length > length ? MessageFlag.Truncated : 0);
            return CallResult.Ok(Math.Min(error.Length, length));
        }

        private CallResult ReceiveDatagram(ScriptProcess process, Instant now)
        {
            SocketResult result = socket.Datagram!.ReceiveFrom(
                now, isNull ? default : process.Buffer(length, zeros: false), out DatagramInfo info, _flags);
            Datagram = info;
            ReturnedFlags = result.Succeeded && info.Length > length ? MessageFlag.Truncated : 0;
            return result.Succeeded && isNull && length > 0 && info.Length > 0
                ? CallResult.Fail(LinuxErrno.EFAULT)
                : CallResult.From(result);
        }
    }
}
