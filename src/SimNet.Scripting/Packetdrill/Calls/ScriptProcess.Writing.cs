using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>write, writev, send, sendto. What is written is zeros.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall Write(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        bool isNull = arguments.IsNull(1);
        return WriteTo(file, arguments.Length(2), isNull, now);
    }

    private PendingCall WriteVector(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(3);
        OpenFile file = File(arguments.Int(0));
        return WriteTo(file, VectorLength(arguments[1], arguments.Int(2)), isNull: false, now);
    }

    private PendingCall WriteTo(OpenFile file, long length, bool isNull, Instant now)
    {
        if (file is SocketFile socket)
        {
            return SendOn(socket, new SendProgress(length) { Blocks = true, IsUnreadable = isNull }, isNull, 0, null, now);
        }

        if (!file.MayWrite || file is EpollFile)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(file is EpollFile ? LinuxErrno.EINVAL : LinuxErrno.EBADF));
        }

        if (isNull && length > 0)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(file is PipeEnd { Other: null } ? LinuxErrno.EPIPE : LinuxErrno.EFAULT));
        }

        long written = 0;
        return new PendingCall
        {
            Attempt = _ => file is PipeEnd pipe ? WritePipe(pipe, length, ref written) : WriteRegular((RegularFile)file, length),
        };
    }

    private CallResult? WritePipe(PipeEnd pipe, long length, ref long written)
    {
        if (pipe.Other is null)
        {
            return written > 0 ? CallResult.Ok(written) : CallResult.Fail(LinuxErrno.EPIPE);
        }

        // Up to PIPE_BUF bytes go in whole or not at all (pipe(7)).
        bool waits = length <= 4096 && length > pipe.Buffer.Space;
        written += waits ? 0 : pipe.Write(Buffer(length - written, zeros: true));
        return written == length || (written > 0 && pipe.IsNonBlocking) ? CallResult.Ok(written)
            : pipe.IsNonBlocking ? CallResult.Fail(Errno.EAGAIN)
            : null;
    }

    private CallResult WriteRegular(RegularFile file, long length)
    {
        const int Append = 0x400;
        Span<byte> zeros = Buffer(length, zeros: true);
        file.Position = (file.Flags & Append) != 0 ? file.Content.Length : file.Position;
        if (!file.Content.TryWrite(file.Position, zeros))
        {
            return CallResult.Fail(LinuxErrno.EFBIG);
        }

        file.Position += zeros.Length;
        return CallResult.Ok(zeros.Length);
    }

    private PendingCall Send(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(4);
        OpenFile file = File(arguments.Int(0));
        bool isNull = arguments.IsNull(1);
        int length = arguments.Length(2);
        int flags = arguments.Int(3);
        return file is SocketFile socket
            ? SendOn(socket, new SendProgress(length) { Blocks = true, IsUnreadable = isNull }, isNull, flags, null, now)
            : PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
    }

    private PendingCall SendTo(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(6);
        int descriptor = arguments.Int(0);
        OpenFile file = File(descriptor);
        bool isNull = arguments.IsNull(1);
        int length = arguments.Length(2);
        int flags = arguments.Int(3);
        int? family = arguments.IsEllipsis(4) ? null : arguments.Int(4);
        arguments.RequireEllipsis(5);
        if (file is not SocketFile socket)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.ENOTSOCK));
        }

        MessageFlag.ForSend(flags);
        if (family is not { } other)
        {
            machine.Sockets.Connecting(descriptor);
            return SendOn(socket, new SendProgress(length) { Blocks = true, IsUnreadable = isNull }, isNull, flags, machine.ConnectEndpoint, now);
        }

        if (other != 0 || socket.Datagram is not null)
        {
            throw CallException.Unsupported($"sendto {LinuxSymbols.Name("AF_", other)} with address 0");
        }

        // TCP looks at an address only with MSG_FASTOPEN, and then wants one of its own kind.
        if ((flags & (int)MessageFlags.MSG_FASTOPEN) != 0)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(Errno.EOPNOTSUPP));
        }

        return SendOn(socket, new SendProgress(length) { Blocks = true, IsUnreadable = isNull }, isNull, flags, null, now);
    }

    private PendingCall SendOn(SocketFile socket, SendProgress progress, bool isNull, int flags, IpEndpoint? to, Instant now)
    {
        SendCall call = new(socket, progress, isNull, flags, to);
        return new PendingCall
        {
            Deadline = After(now, socket.SendTimeout),
            Expire = call.Expire,
            Attempt = time => call.Attempt(this, time),
        };
    }

    /// <summary>A call that sends, over as many attempts as it needs.</summary>
    private sealed class SendCall(SocketFile socket, SendProgress progress, bool isNull, int flags, IpEndpoint? to)
    {
        private readonly bool _isNonBlocking = socket.IsNonBlocking || (flags & MessageFlag.DontWait) != 0;
        private readonly MessageFlags _flags = MessageFlag.ForSend(flags) & ~MessageFlags.MSG_FASTOPEN;
        private bool _sleeps;
        private bool _opens = (flags & (int)MessageFlags.MSG_FASTOPEN) != 0;
        private bool _connects;

        public CallResult Expire(Instant now)
        {
            socket.Tcp?.EndSend(now, progress);
            return progress.Taken > 0 ? CallResult.Ok(progress.Taken) : CallResult.Fail(_connects ? Errno.EINPROGRESS : Errno.EAGAIN);
        }

        public CallResult? Attempt(ScriptProcess process, Instant now)
        {
            if (socket.Tcp is not { } tcp)
            {
                return SendDatagram(process, now);
            }

            // Space alone does not end the sleep: Linux wakes the sender once a third of the buffer is free.
            if (_sleeps && !socket.SpaceWoken)
            {
                return null;
            }

            socket.SpaceWoken = false;
            if (_opens || tcp.IsConnectDeferred)
            {
                _opens = false;
                CallResult opened = Open(process, tcp, now);
                _connects = !_isNonBlocking && tcp.State is TcpState.SynSent && (opened.Succeeded || opened.Errno is (int)Errno.EINPROGRESS or (int)Errno.EALREADY);
                if (!_connects && (!opened.Succeeded || progress.Taken == progress.Length || _isNonBlocking))
                {
                    tcp.EndSend(now, progress);
                    return opened;
                }
            }

            if (_connects && !TryConnect(tcp, now, out CallResult? connected))
            {
                return connected;
            }

            CallResult result = SendStream(process, tcp, now);
            _sleeps = result.Errno == (int)Errno.EAGAIN && !_isNonBlocking;
            if (_sleeps)
            {
                return null;
            }

            tcp.EndSend(now, progress);
            return !result.Succeeded && progress.Taken > 0 ? CallResult.Ok(progress.Taken) : result;
        }

        /// <summary>The SYN with data, or what stands in its way.</summary>
        private CallResult Open(ScriptProcess process, TcpSocket tcp, Instant now)
        {
            MessageFlags flags = _flags | MessageFlags.MSG_FASTOPEN | (_isNonBlocking ? MessageFlags.MSG_DONTWAIT : MessageFlags.None);
            SocketResult result = tcp.SendTo(now, process.Buffer(progress.Length, zeros: true), to, flags, progress);
            return result.Succeeded ? CallResult.Ok(result.Value) : CallResult.Fail(result.Error);
        }

        /// <summary>A call that blocks sleeps until the handshake is over.</summary>
        /// <param name="tcp">The socket.</param>
        /// <param name="now">The machine's time.</param>
        /// <param name="result">What the call returns; null while it sleeps on.</param>
        /// <returns>True when there is a connection, and more to send.</returns>
        private bool TryConnect(TcpSocket tcp, Instant now, out CallResult? result)
        {
            result = null;
            if (tcp.State is TcpState.SynSent or TcpState.SynReceived)
            {
                return false;
            }

            _connects = false;
            Errno errno = tcp.TakeConnectResult();
            if (errno is Errno.OK && progress.Taken < progress.Length)
            {
                return true;
            }

            tcp.EndSend(now, progress);
            result = errno is Errno.OK ? CallResult.Ok(progress.Taken) : CallResult.Fail(errno);
            return false;
        }

        private CallResult SendStream(ScriptProcess process, TcpSocket tcp, Instant now)
        {
            if (isNull && progress.Length > 0)
            {
                SocketResult probe = tcp.Send(now, default, _flags);
                return probe.Succeeded ? CallResult.Fail(LinuxErrno.EFAULT) : CallResult.From(probe);
            }

            do
            {
                // An error that comes after bytes is left for the next call.
                if (progress.Taken > 0 && tcp.HasPendingError)
                {
                    return CallResult.Ok(progress.Taken);
                }

                SocketResult result = tcp.Send(now, process.Buffer(progress.Length - progress.Taken, zeros: true), _flags, progress);
                if (!result.Succeeded)
                {
                    return CallResult.Fail(result.Error);
                }
            }
            while (progress.Taken < progress.Length);

            return CallResult.Ok(progress.Taken);
        }

        private CallResult SendDatagram(ScriptProcess process, Instant now)
        {
            DatagramSocket datagram = socket.Datagram!;
            if (isNull && progress.Length > 0)
            {
                return CallResult.Fail(LinuxErrno.EFAULT);
            }

            Span<byte> data = process.Buffer(progress.Length, zeros: true);
            if (datagram is PingSocket && data.Length >= 8)
            {
                // Linux takes echo requests only; the tool writes the type for the script.
                PingSocket.WriteRequest(data, datagram.Family, 0, data[8..]);
            }

            return CallResult.From(to is { } destination
                ? datagram.SendTo(now, data, destination, _flags)
                : datagram.Send(now, data, _flags));
        }
    }
}
